"""Bytes to blocks of whole lines, unpacked on the way; memory stays bounded.

Unpacking by isal is three times as fast as by zlib and lets other threads run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from isal import isal_zlib

from vpcflow_core.formats.bounds import MOST_LINE, marked, without_long_lines

GZIP = b"\x1f\x8b"
BLOCK = 16 * 2**20
# What is unpacked at once: most objects are smaller, and are then never put together again.
_PIECE = 2 * 2**20
# Of a member behind another: what follows a member's end is copied, and there may be many members.
_PART = 16 * 2**10
_GZIP_WINDOW = 31  # zlib's number for a gzip header and the largest window


class Unpacked:
    """The content of `data`, gzip members (several, or gzip in gzip) taken off.

    Args:
        data: What to unpack.
        most: Bytes of content at most; what holds more ends there, broken. None: no limit.

    Attributes:
        broken: After the iteration: why the content ended before its end, or "".
        is_cut: After the iteration: whether it ended because of `most`.
    """

    def __init__(self, data: bytes, most: int | None = None) -> None:
        self.broken = ""
        self.is_cut = False
        self._data = data
        self._most = most

    def __iter__(self) -> Iterator[bytes]:
        """Pieces of at most `BLOCK` bytes."""
        length = 0
        for piece in self._pieces():
            length += len(piece)
            if self._most is not None and length > self._most:
                self.is_cut = True
                self.broken = f"it unpacks to more than {self._most // 2**20} MB"
                return
            yield piece

    def _pieces(self) -> Iterator[bytes]:
        pieces: Iterable[bytes] = _slices(self._data, BLOCK)
        if not self._data.startswith(GZIP):
            yield from pieces
            return
        yield from self._unpack(_slices(self._data, _PIECE), depth=1)

    def _unpack(self, packed: Iterable[bytes], depth: int) -> Iterator[bytes]:
        pieces = self._gunzip(packed)
        first = next(pieces, b"")
        if first.startswith(GZIP) and depth < 3:
            yield from self._unpack(_chain(first, pieces), depth + 1)
        else:
            yield first
            yield from pieces

    def _gunzip(self, packed: Iterable[bytes]) -> Iterator[bytes]:
        member = isal_zlib.decompressobj(_GZIP_WINDOW)
        members, fed, size = 0, False, _PIECE
        for piece in packed:
            start = 0
            while start < len(piece):
                part = piece[start : start + size]
                if not fed and members and not part.startswith(GZIP[: len(part)]):
                    rest = part.lstrip(b"\0")  # padding of tapes and block devices
                    start += len(part) - len(rest)
                    if not rest:
                        continue
                    if not rest.startswith(GZIP[:1]):
                        self.broken = f"bytes that are no gzip follow gzip member {members}"
                        return
                    part = rest
                try:
                    out = member.decompress(part, BLOCK)
                except isal_zlib.error as error:  # type: ignore[misc]
                    self.broken = f"gzip content is damaged ({error})"
                    return
                fed = True
                if out:
                    yield out
                if member.eof:
                    start += len(part) - len(member.unused_data)
                    member, members, fed = isal_zlib.decompressobj(_GZIP_WINDOW), members + 1, False
                    size = _PART
                else:
                    start += len(part) - len(member.unconsumed_tail)
                    size = min(2 * size, _PIECE)
        if fed or not members:
            self.broken = "gzip content is cut short"


def _slices(data: bytes, size: int) -> Iterator[bytes]:
    view = memoryview(data)
    for start in range(0, len(data), size):
        yield bytes(view[start : start + size])


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def slices(block: bytes, size: int) -> Iterator[bytes]:
    """The block in parts of whole lines, of `size` bytes at most unless a line is longer."""
    start = 0
    while start < len(block):
        end = block.rfind(b"\n", start, start + size) + 1 or block.find(b"\n", start) + 1
        end = end or len(block)
        yield block[start:end]
        start = end


def whole_lines(pieces: Iterable[bytes], size: int = BLOCK) -> Iterator[bytes]:
    """Blocks of about `size` bytes that end with a line; the last one may lack its newline.

    A line that is too long comes as a mark (`bounds`), and is not held.
    """
    waiting: list[bytes] = []
    length, is_long = 0, False
    for piece in pieces:
        if is_long:
            end = piece.find(b"\n")
            if end < 0:
                continue
            piece, is_long = piece[end:], False
        waiting.append(piece)
        length += len(piece)
        if length < size:
            continue
        block = b"".join(waiting)
        cut = block.rfind(b"\n") + 1
        if cut:
            yield without_long_lines(block[:cut])
        rest = block[cut:]
        is_long = len(rest) > MOST_LINE
        waiting = [marked(rest) if is_long else rest]
        length = len(waiting[0])
    if rest := b"".join(waiting):
        yield without_long_lines(rest)
