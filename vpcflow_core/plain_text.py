"""Texts of others as one line that no terminal, browser or spreadsheet obeys."""

from __future__ import annotations

import re
import unicodedata
from typing import TypeVar

T = TypeVar("T")

# Controls (Cc), formats such as bidi overrides and zero widths (Cf), separators of lines and
# paragraphs (Zl, Zp), halves of pairs (Cs) and private characters (Co).
HIDDEN = ("Cc", "Cf", "Zl", "Zp", "Cs", "Co")
# What a spreadsheet takes for the begin of a formula; wide forms where East Asian text is typed.
_CONTROLS = ("\t", "\r", "\n")
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")

# A folder's name may hold blanks and quotes inside of it: `/a /b` are two paths, and so are
# `'/a' '/b'`. What is between a path and a later slash may go with it, never the reverse.
_FOLDER = r"[^\s/'\"](?:[^/\n]*[^\s/'\":])?/"
# An absolute path, or one in a file URL, with the folders before its last name.
_PATH = re.compile(rf"(?<![\w:/])(?:file://)?/(?:{_FOLDER})*([^\s/'\"]*)")


def without_folders(text: str) -> str:
    """The text with the last name alone of every path.

    >>> without_folders("There is no /srv/logs/a.parquet, nor s3://bucket/a/b.")
    'There is no a.parquet, nor s3://bucket/a/b.'
    >>> without_folders("Reading '/srv/Bob's logs/of may/a b.log' was refused, /srv/c.log too.")
    "Reading 'a b.log' was refused, c.log too."
    """
    return _PATH.sub(r"\1", text)


def visible(text: str) -> str:
    r"""The text with what does not show, or moves what does, as escapes.

    >>> print(visible("a\x1b[31m\n\u202eb"), visible("café"))
    a\x1b[31m\n\u202eb café
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in HIDDEN else c for c in text)


def visible_lines(text: str) -> str:
    """`visible` of each line of a text."""
    return "\n".join(map(visible, text.split("\n")))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def defused(text: str) -> str:
    """A cell that a spreadsheet shows and does not run: a `'` stands before what begins a formula.

    >>> defused("=HYPERLINK(1)"), defused("-"), defused("-12.5"), defused("eni-1")
    ("'=HYPERLINK(1)", '-', '-12.5', 'eni-1')
    """
    begins = text.startswith(_CONTROLS) or text.lstrip().startswith(FORMULA)
    return f"'{text}" if begins and text != "-" and not _is_number(text) else text


def defused_value(value: T) -> T | str:
    """`defused` of a text; other values as they are."""
    return defused(value) if isinstance(value, str) else value


def _is_number(text: str) -> bool:
    return text.lstrip("+-").replace(".", "", 1).isdecimal() and text.isascii()
