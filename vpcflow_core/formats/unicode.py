"""Text in any encoding of Unicode to UTF-8, known by its first bytes."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

# The longer mark first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_LOOK = 64


def as_utf8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same text in UTF-8 without a mark in front; what is none stays as it is."""
    first = next(pieces, b"")
    mark, encoding = _encoding(first)
    if encoding == "utf-8":
        yield first.removeprefix(mark)
        yield from pieces
        return
    decode = codecs.getincrementaldecoder(encoding)(errors="replace").decode
    yield decode(first.removeprefix(mark)).encode(errors="replace")
    for piece in pieces:
        yield decode(piece).encode(errors="replace")
    if rest := decode(b"", final=True):
        yield rest.encode(errors="replace")


def _encoding(start: bytes) -> tuple[bytes, str]:
    """The mark in front and the encoding; without a mark by the zeros beside ASCII letters."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return mark, encoding
    look = start[:_LOOK]
    if len(look) == _LOOK and not any(look[1::2]) and all(look[::2]):
        return b"", "utf-16-le"
    if len(look) == _LOOK and not any(look[::2]) and all(look[1::2]):
        return b"", "utf-16-be"
    return b"", "utf-8"
