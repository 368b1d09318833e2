"""Texts of others in Markdown; knows no Streamlit.

A link, a log, a file's name, a tag or an error may hold an image of another host, a link to a
false log-in, or what looks like a sentence of ours. `inert` and `code` show such text as it is.
Secrets in it are left out.
Escapes by backslash would not do: addresses and `:icons:` are looked for after Markdown was read.
"""

from __future__ import annotations

import re

from vpcflow_core.errors import VpcflowError
from vpcflow_core.plain_text import visible
from vpcflow_core.redaction import redacted

# Words that mean nothing in Markdown, nor to what looks for addresses, icons and formulas after it.
SAFE = re.compile(r"[\w.,;:!?()'\"/%+=\N{HORIZONTAL ELLIPSIS}\N{MIDDLE DOT}-]*")
UNSAFE = re.compile(
    r"_|://|www\.|:\d*[a-z]|:(100|1234|[+-]1):|\A[-+=.)\d]*[-+=.)]\Z", re.IGNORECASE
)

# At the end of a sentence; the first of a text it would be a list's.
NUMBER = re.compile(r"\d+(\.\d+)?(\.|\)[.,;:]?)")
# A time as our own sentences write it.
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z[,.;:]?")

# What a message says for the command line: its options and commands, between brackets.
ON_COMMAND_LINE = re.compile(r" \((?:vpcflow |--?[a-z])[^)]*\)")


def code(text: str) -> str:
    r"""A value of others as Markdown that shows it as it is, on one line.

    >>> code("s3://a_b_c"), code("![x](http://y)`"), code("")
    ('`s3://a_b_c`', "`![x](http://y)'`", '')
    >>> print(code("a\n\n![x](http://y)"))
    `a\n\n![x](http://y)`
    """
    return f"`{visible(redacted(text)).replace('`', chr(39))}`" if text else ""


def inert(text: str) -> str:
    r"""A sentence that may quote others as Markdown: plain words as they are, all others as code.

    What stands between backticks is code, as our own sentences mean it.

    >>> inert("Threshold: ![x](http://y) is no number.")
    'Threshold: `![x](http://y)` is no number.'
    >>> inert("Compared up to 2026-11-25T23:29Z, with the day before.")
    'Compared up to 2026-11-25T23:29Z, with the day before.'
    >>> inert("Set `add_sources` in vpcflow.toml.")
    'Set `add_sources` in vpcflow.toml.'
    >>> inert("They stay (some_word in the settings).")
    'They stay (`some_word` in the settings).'
    >>> inert("Stop before 20. Or go on (version 2), with 2.5."), inert("1. One")
    ('Stop before 20. Or go on (version 2), with 2.5.', '`1`. One')
    >>> inert("Only gateways have it (version 6).")
    'Only gateways have it (version 6).'
    >>> inert("It holds no files.\nGive another.")
    'It holds no files. Give another.'
    """
    parts = redacted(text).split("`")
    return "".join(code(part) if odd % 2 else _words(part) for odd, part in enumerate(parts))


def error_text(error: VpcflowError) -> str:
    r"""An error and its next step, without options of the command line, which pages do not have.

    >>> from vpcflow_core.errors import ParameterError
    >>> error_text(ParameterError("Too many.", "Take a longer timeslice (--every 1h)."))
    'Too many.\n\nTake a longer timeslice.'
    """
    what, next_step = (ON_COMMAND_LINE.sub("", text) for text in (error.what, error.next_step))
    return f"{inert(what)}\n\n{inert(next_step)}"


def _words(text: str) -> str:
    words = re.sub(r"\n *", " ", text).split(" ")
    first = next((at for at, word in enumerate(words) if word), 0)
    return " ".join(
        word if not word or _is_safe(word, inside=at > first) else _marked(word)
        for at, word in enumerate(words)
    )


def _marked(word: str) -> str:
    """A word as code; a bracket before it and what ends a sentence or a part stand outside."""
    stem = word.rstrip(".,;").removeprefix("(")
    if not stem or ")" in stem:
        return code(word)
    before, _, after = word.partition(stem)
    return f"{before}{code(stem)}{after}"


def _is_safe(word: str, *, inside: bool) -> bool:
    if INSTANT.fullmatch(word) or (inside and NUMBER.fullmatch(word)):
        return True
    return bool(SAFE.fullmatch(word)) and not UNSAFE.search(word)
