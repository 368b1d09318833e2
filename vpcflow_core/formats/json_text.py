"""JSON text to values, one by one."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

_BETWEEN = " \t\r\n,[]"
_skip = re.compile(r"[ \t\r\n,\[\]]*").match
_decode = json.JSONDecoder(parse_float=str).raw_decode
# How far before the end of the text an error may lie that more text could mend: a word or escape.
_UNSURE = 16


class Values:
    """Takes values out of JSON text, fed piece by piece; arrays around them are taken off.

    Floats stay text. Half a surrogate, which no UTF-8 can hold, becomes U+FFFD.
    """

    def __init__(self) -> None:
        self._to_text = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._rest = ""

    @property
    def are_complete(self) -> bool:
        """Whether no value has begun that has not ended."""
        return not self._rest.strip(_BETWEEN)

    def feed(self, piece: bytes, reject: Callable[[str, str], None]) -> Iterator[Any]:
        """The values that end in this piece; lines that hold none go to `reject`."""
        rest = self._rest + self._to_text(piece)
        has_halves = _may_have_halves(rest)
        place = 0
        while True:
            place = _skip(rest, place).end()  # type: ignore[union-attr]
            if place == len(rest):
                break
            try:
                value, place = _decode(rest, place)
            # Beside errors: numbers of thousands of digits, and arrays in arrays without end.
            except (ValueError, RecursionError) as error:
                end = rest.find("\n", place)
                if end < 0 or _is_unfinished(error, rest):
                    break
                reject("not JSON", rest[place:end])
                place = end
                continue
            yield _whole(value) if has_halves else value
        self._rest = rest[place:]


def single(text: str) -> Any:
    """The one value that the text is; None if it is none."""
    try:
        value = json.loads(text, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return _whole(value) if _may_have_halves(text) else value


def _is_unfinished(error: ValueError | RecursionError, text: str) -> bool:
    if not isinstance(error, json.JSONDecodeError):
        return False
    return len(text) - error.pos < _UNSURE or error.msg.startswith("Unterminated")


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
