"""JSON text to values, one by one."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vpcflow_core.formats.bounds import LONG_LINE, LONG_VALUE, MOST_LINE, MOST_VALUE
from vpcflow_core.formats.recognition import NO_OBJECT

_SHOWN = 500
_FIRST_KEYS = 4096  # characters
_CONTAINER = re.compile(r'"(?:logEvents|messageType|awslogs|[Rr]ecords|events|results)"\s*:')
_WINDOW = 2048  # characters
_BETWEEN = " \t\r\n,[]"
_scalars = re.compile(r"(?:(?:-?\d[\d.eE+-]{0,40}|true|false|null)[ \t,\n]+){2,10000}").match
_others = re.compile(
    r"(?:(?![\s,\[\]{\"]|-?\d|true|false|null|NaN|-?Infinity)[^\n]*\n){1,10000}"
).match
NOT_JSON = "not JSON"
# What nearly always stands between two values.
_NO_BRACKET = ("", "\n", ",", "\r\n", ",\n", " ", ", ")
_skip = re.compile(r"[ \t\r\n,\[\]]*").match
_decode = json.JSONDecoder(parse_float=str).raw_decode
# How far before the end of the text an error may lie that more text could mend: a word or escape.
_UNSURE = 16


@dataclass(frozen=True, slots=True)
class Several:
    """Values or lines one after the other that hold no record, for the same reason.

    Decoding each alone would take microseconds for a byte or two.
    """

    reason: str
    count: int
    length: int
    text: str


def _several(text: str, place: int) -> Several | None:
    """What begins there, if it is numbers, truth values and nulls, or lines that are no JSON."""
    if (run := _scalars(text, place)) is not None:
        count, reason = len(run[0].replace(",", " ").split()), NO_OBJECT
    elif (run := _others(text, place)) is not None:
        count, reason = run[0].count("\n"), NOT_JSON
    else:
        return None
    return Several(reason, count, len(run[0]), run[0][:_SHOWN].partition("\n")[0])


class Values:
    """Takes values out of JSON text, fed piece by piece; arrays around them are taken off.

    Floats stay text. Half a surrogate, which no UTF-8 can hold, becomes U+FFFD. A value that is too
    long (`bounds`) goes, up to the end of its line, without being held.

    Attributes:
        open: How many arrays have begun that have not ended.
    """

    def __init__(self) -> None:
        self.open = 0
        self._is_long = False
        self._to_text = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._rest = ""

    @property
    def are_complete(self) -> bool:
        """Whether no value has begun that has not ended."""
        return not self._is_long and not self.rest

    @property
    def rest(self) -> str:
        """The beginning of a value that has not ended."""
        return self._rest.strip(_BETWEEN)

    def feed(self, piece: bytes, reject: Callable[[str, str], None]) -> Iterator[Any]:
        """The values that end in this piece; lines that hold none go to `reject`."""
        if self._is_long:
            end = piece.find(b"\n")
            if end < 0:
                return
            piece, self._is_long = piece[end:], False
        rest = self._rest + self._to_text(piece)
        has_halves = _may_have_halves(rest)
        place = 0
        while True:
            before, place = place, _skip(rest, place).end()  # type: ignore[union-attr]
            if rest[before:place] not in _NO_BRACKET:
                self.open += rest.count("[", before, place) - rest.count("]", before, place)
            if place == len(rest):
                break
            if (several := _several(rest, place)) is not None:
                place += several.length
                yield several
                continue
            try:
                begin, (value, place) = place, _next(rest, place)
            # Beside errors: numbers of thousands of digits, and arrays in arrays without end.
            except (ValueError, RecursionError) as error:
                end = rest.find("\n", place)
                if end < 0 or _is_unfinished(error):
                    break
                reject(NOT_JSON, rest[place:end])
                place = end
                continue
            if place - begin > MOST_LINE and not _may_hold_lines(rest, begin):
                reject(LONG_LINE, rest[begin : begin + _SHOWN])
            else:
                yield _whole(value) if has_halves else value
        self._rest = rest[place:]
        most = MOST_VALUE if _may_hold_lines(self._rest, 0) else MOST_LINE
        if len(self._rest) > most:
            reject(LONG_VALUE if most == MOST_VALUE else LONG_LINE, self._rest[:_SHOWN])
            self._rest, self._is_long = "", True


def _next(text: str, place: int) -> tuple[Any, int]:
    """The value that begins there, and where it ends.

    Looks at a little of the text, and at more where that is not enough: Python counts the lines of
    all of it for each error.

    Raises:
        JSONDecodeError, RecursionError: There is none, or it has not ended.
    """
    size = _WINDOW
    while place + size < len(text):
        window = text[place : place + size]
        try:
            value, end = _decode(window)
        except ValueError as error:
            if not _is_unfinished(error):
                raise
        else:
            if end < size - _UNSURE:  # else a number may go on
                return value, place + end
        size *= 8
    value, end = _decode(text[place:])
    return value, place + end


def _may_hold_lines(text: str, begin: int) -> bool:
    """Whether the value that begins there may be one of many lines, by its first keys."""
    return _CONTAINER.search(text, begin, begin + _FIRST_KEYS) is not None


def single(text: str) -> Any:
    """The one value that the text is; None if it is none."""
    try:
        value = json.loads(text, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return _whole(value) if _may_have_halves(text) else value


def _is_unfinished(error: ValueError | RecursionError) -> bool:
    if not isinstance(error, json.JSONDecodeError):
        return False
    return len(error.doc) - error.pos < _UNSURE or error.msg.startswith("Unterminated")


def _may_have_halves(text: str) -> bool:
    return "\\ud" in text or "\\uD" in text


def _whole(value: Any) -> Any:
    """The value with U+FFFD for each half of a surrogate pair in its texts."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
