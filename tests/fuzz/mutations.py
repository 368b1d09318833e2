"""What is done to a file: each mutation takes bytes and a seeded generator, and gives bytes."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.fuzz.forms import FORMS

MB = 2**20
_NUMBER = re.compile(rb"\d+")
_NUMBERS = (
    b"9" * 30, b"9" * 5000, b"-1", b"-0", b"1e999", b"1e-5", b"NaN", b"Infinity", b"0x1F", b"1_000",
    b"00000000007", b"4294967296", b"18446744073709551616", b"99999999999999", b"253402300800",
    b"\xd9\xa3", b"1.5", b"+5", b"",
)  # fmt: skip
_CONTROLS = (
    b"\0", b"\1", b"\0\1", b"\r", b"\r\n", b"\x0b", b"\x0c", b"\x1b[2J", b"\x7f", b"\x85", b"\xc2\x85",
    b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\t", b"  ",
)  # fmt: skip
_TOKENS = (
    b'"', b'""', b"'", b",", b",,,,", b"\n", b"\n\n\n", b"{", b"}", b"[", b"]", b"[]", b"{}", b"\\",
    b"\\ud800", b"\\u0000", b"null", b"true", b":", b" - ", b"OK", b"NODATA", b"SKIPDATA", b"EVENTS\t",
    b"RESULTS\t", b"2026-02-30T25:61:61Z ", b"PAR1", b"\x1f\x8b", b"version ", b'{"message":',
    b'{"events":', b'{"Records":[{"data":"', b'"logEvents":', b"255.255.255.256", b"::ffff:1.2.3.4",
)  # fmt: skip

Mutation = Callable[[bytes, Random], bytes]


def _place(data: bytes, random: Random) -> int:
    return random.randrange(len(data) + 1)


def _span(data: bytes, random: Random, most: int = 4096) -> tuple[int, int]:
    start = _place(data, random)
    return start, min(len(data), start + random.randint(1, most))


def _inserted(data: bytes, random: Random, new: bytes) -> bytes:
    place = _place(data, random)
    return data[:place] + new + data[place:]


def flip_bits(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 8) if data else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut(data: bytes, random: Random) -> bytes:
    place = _place(data, random)
    return data[:place] if random.random() < 0.8 else data[place:]


def remove(data: bytes, random: Random) -> bytes:
    start, end = _span(data, random, 200)
    return data[:start] + data[end:]


def splice(data: bytes, random: Random) -> bytes:
    other = random.choice(FORMS[random.choice(list(FORMS))])
    return data[: _place(data, random)] + other[_place(other, random) :]


def repeat(data: bytes, random: Random) -> bytes:
    start, end = _span(data, random)
    times = min(random.choice((2, 3, 50, 2000)), 2 * MB // max(1, end - start))
    return data[:end] + data[start:end] * times + data[end:]


def number(data: bytes, random: Random) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    match = random.choice(found)
    return data[: match.start()] + random.choice(_NUMBERS) + data[match.end() :]


def control(data: bytes, random: Random) -> bytes:
    return _inserted(data, random, random.choice(_CONTROLS))


def token(data: bytes, random: Random) -> bytes:
    return _inserted(data, random, random.choice(_TOKENS))


def many_tokens(data: bytes, random: Random) -> bytes:
    new = random.choice(_TOKENS + _CONTROLS)
    return _inserted(data, random, new * random.choice((10, 1000, MB // max(1, len(new)))))


def nest(data: bytes, random: Random) -> bytes:
    begin = random.choice((b"[", b'{"a":', b'[{"message":', b'{"events":[', b'{"unmapped":{"a":'))
    return _inserted(data, random, begin * random.choice((5, 500, 50_000)))


def long_line(data: bytes, random: Random) -> bytes:
    unit = random.choice((b"x", b"1 ", b"a,", b'"', b'""', b"\\", b"\xff", b'{"a":1},', b"[1],"))
    return _inserted(data, random, unit * (random.choice((70_000, MB, 2 * MB)) // len(unit)))


def many_columns(data: bytes, random: Random) -> bytes:
    blank = random.choice((b" ", b","))
    more = b"".join(b"%cc%d" % (blank[0], n) for n in range(random.choice((3, 460, 600, 20_000))))
    lines = data.split(b"\n")
    places = range(len(lines)) if random.random() < 0.5 else range(1)
    for place in places if len(lines) * len(more) < 4 * MB else range(1):
        lines[place] += more
    return b"\n".join(lines)


def many_keys(data: bytes, random: Random) -> bytes:
    keys = b"".join(b'"k%d":1,' % n for n in range(random.choice((5, 600, 20_000))))
    return data.replace(b"{", b"{" + keys, random.choice((1, 3)))


def line_ends(data: bytes, random: Random) -> bytes:
    return data.replace(b"\n", random.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b" \n", b"\0\n")))


def encoding(data: bytes, random: Random) -> bytes:
    code = random.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-7"))
    return data.decode("latin-1").encode(code)


def shuffle_lines(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    random.shuffle(lines)
    return b"\n".join(lines)


def in_gzip(data: bytes, random: Random) -> bytes:
    return gzip.compress(data, 1, mtime=0) * random.choice((1, 1, 2))


def bomb(data: bytes, random: Random) -> bytes:
    """Several megabytes in a few kilobytes."""
    unit = random.choice(
        (b"\n", b" ", b"[", b"1 ", b",\n", b"x", b'"', b"-\n", b"{}\n", b'{"a":1}\n')
    )
    size = (4 if unit.startswith(b"{") else 10) * MB
    return gzip.compress(data, 1) + gzip.compress(unit * (size // len(unit)), 1)


# How often each is chosen; those that make files of megabytes cost most of the time.
WEIGHTS: dict[Mutation, int] = {
    flip_bits: 12, cut: 8, remove: 8, splice: 10, repeat: 5, number: 12, control: 12, token: 12,
    many_tokens: 2, nest: 3, long_line: 1, many_columns: 2, many_keys: 2, line_ends: 5, encoding: 3,
    shuffle_lines: 4, in_gzip: 4,
}  # fmt: skip
_MOST = 8 * MB


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutated file: of which format it was, what was done to it, and its bytes."""

    form: str
    steps: tuple[str, ...]
    data: bytes


def mutant(seed: int, *, most: int = _MOST) -> Mutant:
    """The mutated file of a number, of `most` bytes: equal numbers give equal files."""
    random = Random(seed)
    forms = list(FORMS)
    form = forms[seed % len(forms)]
    data, steps = random.choice(FORMS[form]), []
    for _ in range(random.choice((1, 1, 2, 3, 4))):
        step = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        data = step(data, random)[:most]
        steps.append(step.__name__)
    if most == _MOST and random.random() < 0.004:
        data = bomb(data, random)
        steps.append("bomb")
    return Mutant(form, tuple(steps), data)
