"""Texts to typed values, column by column, and which of them are wrong and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.fields import (
    FIELDS,
    INT64_MAX,
    KINDS,
    Field,
    KindOfValue,
    field,
    find_field,
)
from vpcflow_core.formats.base import EVENT_TIME
from vpcflow_core.formats.clock import iso_times, milliseconds, plain_times
from vpcflow_core.formats.spelling import is_address, unquoted, with_one_spelling

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Text of few distinct values. Kept so until it is written: measured, Parquet takes it faster.
WORDS = pa.dictionary(pa.int32(), pa.string())

TEXT_NULLS = ("-", "None")
ALLOWED = {field.name: field.words for field in FIELDS if field.is_closed}
# Their values come percent-encoded.
TAGS = frozenset(f.name for f in FIELDS if f.name.endswith(("_tag", "_tag_2")))
SILENT = ("NODATA", "SKIPDATA")

# A word of a line is never empty and holds no white space; other ways of splitting make such.
ODD_WORD = r"^$|[\x00-\x20\x7f]"

_INT64_DIGITS = len(str(INT64_MAX))


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows of a batch that are no records for one and the same reason.

    Attributes:
        rows: Their places in the batch, ascending.
        kind: The reason without the rows' own values.
        reason: The whole sentence for one of the rows.
    """

    rows: Rows
    kind: str
    reason: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class _Problem:
    mask: Mask
    kind: str
    sentence: str
    out_of_range: bool = False


def typed(texts: pa.Table) -> tuple[pa.Table, list[Fault]]:
    """The rows whose every value is right, with their types; and the faults of the others.

    Args:
        texts: Columns of text by canonical name, null where there is no value. Columns that have
            a type already (Parquet) keep their numbers.
    """
    bad = np.zeros(len(texts), dtype=bool)
    silent = _silent_rows(texts)
    columns: dict[str, pa.Array] = {}
    faults = []
    for name in texts.column_names:
        source = _one_array(texts[name])
        columns[name], problems = _convert(name, source)
        for problem in problems:
            mask = problem.mask & ~silent if problem.out_of_range else problem.mask
            rows = np.flatnonzero(mask & ~bad)
            bad[rows] = True
            if len(rows):
                faults.append(Fault(rows, problem.kind, _sentence(problem.sentence, source)))
    if bad.any():
        columns = {name: array.filter(pa.array(~bad)) for name, array in columns.items()}
    return with_types(columns), faults


def in_order(faults: Iterable[Fault], at_most: int) -> Iterator[tuple[int, Fault]]:
    """The first rows that have faults, in the order of the rows, each with its fault."""
    pairs = [(int(row), fault) for fault in faults for row in fault.rows[:at_most]]
    yield from sorted(pairs, key=lambda pair: pair[0])[:at_most]


def _sentence(sentence: str, source: pa.Array) -> Callable[[int], str]:
    return lambda row: sentence.format(source[row].as_py())


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # what old versions give for no chunk at all
        array = pa.array([], column.type)
    return array


def _silent_rows(texts: pa.Table) -> Mask:
    """Rows without traffic: the range of their traffic fields is not checked."""
    if "log_status" not in texts.column_names:
        return np.zeros(len(texts), dtype=bool)
    status = _one_array(texts["log_status"])
    words = status if status.type == WORDS else _text(status).dictionary_encode()
    silent = pc.is_in(pc.ascii_upper(words.dictionary), pa.array(SILENT))
    return _mask(silent.take(words.indices))


def _mask(flags: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(flags, False))


def _convert(name: str, source: pa.Array) -> tuple[pa.Array, list[_Problem]]:
    if name == EVENT_TIME:
        return typed_times(source), []
    field = find_field(name)
    if field is None or field.kind == "text":
        return _text(source), []
    if field.kind == "texts":
        return _texts(source), []
    if field.kind == "time":
        return _time(field, source)
    if field.is_number:
        return _number(field, source)
    return _address(field, source) if field.kind == "address" else _word(field, source)


def column_type(name: str) -> pa.DataType:
    """Type of a column of `Records.table`: the field table's, texts dictionary-encoded."""
    field = find_field(name)
    if field is None or field.arrow == pa.string():
        return WORDS
    return field.arrow


def with_types(columns: dict[str, pa.Array]) -> pa.Table:
    """The columns as a table with the types of `column_type`."""
    return pa.table(
        {
            name: array.dictionary_encode() if array.type == pa.string() else array
            for name, array in columns.items()
        }
    )


def _text(source: pa.Array) -> pa.Array:
    return source if source.type in (pa.string(), WORDS) else source.cast(pa.string())


def _texts(source: pa.Array) -> pa.Array:
    """Lists of words; a text is taken apart at commas and blanks, brackets and quotes left out."""
    if pa.types.is_list(source.type):
        return source.cast(pa.list_(pa.string()))
    bare = pc.replace_substring_regex(_text(source), r"[\[\]\"'(){}]", "")
    words = pc.split_pattern_regex(pc.utf8_trim(bare, " ,;"), r"[\s,;]+")
    return pc.if_else(pc.equal(bare, ""), pa.scalar([], pa.list_(pa.string())), words)


def _word(field: Field, source: pa.Array) -> tuple[pa.Array, list[_Problem]]:
    text = _text(source)
    if field.name in TAGS:
        return unquoted(text if text.type == WORDS else text.dictionary_encode()), []
    if field.name not in ALLOWED:
        return text, []
    text = text if text.type == WORDS else text.dictionary_encode()
    upper = pc.ascii_upper(text.dictionary)
    right = pc.is_in(upper, pa.array(ALLOWED[field.name]))
    plain = text if upper.equals(text.dictionary) else upper.take(text.indices).dictionary_encode()
    if pc.all(right).as_py() is not False:
        return plain, []
    wrong = _mask(pc.invert(right).take(text.indices)) & _mask(pc.is_valid(text))
    sentence = _none_of(field.words)
    kind = f"{field.aws} {sentence}"
    return plain, [_Problem(wrong, kind, f"{field.aws}: '{{}}' {sentence}")]


def _none_of(words: Sequence[str]) -> str:
    *others, last = words
    if len(others) == 1:
        return f"is neither {others[0]} nor {last}"
    return f"is none of {', '.join(others)} and {last}"


def _address(field: Field, source: pa.Array) -> tuple[pa.Array, list[_Problem]]:
    words = _text(source)
    words = words if words.type == WORDS else words.dictionary_encode()
    wrong_words = pc.invert(is_address(words.dictionary))
    wrong = _mask(wrong_words.take(words.indices))
    sentence = "is not an IP address"
    kind = f"{field.aws} {sentence}"
    return with_one_spelling(words), [_Problem(wrong, kind, f"{field.aws}: '{{}}' {sentence}")]


def _number(field: Field, source: pa.Array) -> tuple[pa.Array, list[_Problem]]:
    numbers, problems = _whole_numbers(field, source)
    limits = KINDS[field.kind]
    if _is_within(numbers, limits):
        return numbers.cast(field.arrow), problems
    above = _mask(pc.greater(numbers, limits.highest))
    below = _mask(pc.less(numbers, limits.lowest))
    problems += _range_problems(field, above, below)
    highest = np.iinfo(field.arrow.to_pandas_dtype()).max
    # Even in a row without traffic a number has to fit its column.
    too_large = _mask(pc.greater(numbers, highest))
    problems.append(_Problem(too_large, *_words_of_range(field, "above", limits.highest)))
    fits = pc.if_else(pa.array(too_large | below), None, numbers)
    return fits.cast(field.arrow), problems


def _is_within(numbers: pa.Array, limits: KindOfValue) -> bool:
    """Whether all numbers are what they may be, which nearly always they are."""
    ends = pc.min_max(numbers).as_py()
    if ends["min"] is None:
        return True
    return bool(ends["min"] >= limits.lowest and ends["max"] <= limits.highest)


def _range_problems(field: Field, above: Mask, below: Mask) -> list[_Problem]:
    limits = KINDS[field.kind]
    return [
        _Problem(above, *_words_of_range(field, "above", limits.highest), out_of_range=True),
        _Problem(below, *_words_of_range(field, "below", limits.lowest)),
    ]


def _words_of_range(field: Field, side: str, limit: int | None) -> tuple[str, str]:
    return f"{field.aws} is {side} {limit}", f"{field.aws}: {{}} is {side} {limit}"


def _whole_numbers(field: Field, source: pa.Array) -> tuple[pa.Array, list[_Problem]]:
    """The values as int64, null where they are none."""
    if pa.types.is_integer(source.type):
        return source.cast(pa.int64()), []
    if (numbers := _plain_numbers(source)) is not None:
        return numbers, []
    text = pc.utf8_trim_whitespace(_text(source))
    wrong = ~_mask(pc.match_substring_regex(text, r"^-?[0-9]+$")) & _mask(pc.is_valid(text))
    huge = _mask(_is_huge(text)) & ~wrong
    numbers = pc.if_else(pa.array(wrong | huge), None, text).cast(pa.int64())
    sentence = "is not a whole number"
    limit = KINDS[field.kind].highest
    return numbers, [
        _Problem(wrong, f"{field.aws} {sentence}", f"{field.aws}: '{{}}' {sentence}"),
        _Problem(huge, *_words_of_range(field, "above", limit)),
    ]


def _plain_numbers(source: pa.Array) -> pa.Array | None:
    """The texts as int64 if all are whole numbers, which nearly always they are; else None."""
    text = _text(source)
    if any(pc.any(pc.match_substring(text, x)).as_py() for x in "xX"):
        return None  # Arrow takes hexadecimal numbers
    try:
        return text.cast(pa.int64())
    except pa.ArrowInvalid:
        return None


def _is_huge(text: pa.Array) -> pa.Array:
    """Whether the digits are a number that int64 cannot hold."""
    digits = pc.ascii_ltrim(text, "-0")
    length = pc.binary_length(digits)
    longest = pc.and_(pc.equal(length, _INT64_DIGITS), pc.greater(digits, str(INT64_MAX)))
    return pc.or_(pc.greater(length, _INT64_DIGITS), longest)


def _time(field: Field, source: pa.Array) -> tuple[pa.Array, list[_Problem]]:
    if pa.types.is_timestamp(source.type) or pa.types.is_date(source.type):
        return plain_times(source), []
    if not pa.types.is_integer(source.type):
        iso, is_iso = iso_times(pc.utf8_trim_whitespace(_text(source)))
        if iso is not None:
            epochs, problems = _epochs(field, pc.if_else(is_iso, None, _text(source)))
            invalid = _mask(pc.and_(is_iso, pc.is_null(iso)))
            problems.append(_Problem(invalid, *_words_of_invalid(field)))
            return pc.if_else(is_iso, iso, epochs), problems
    return _epochs(field, source)


def _words_of_invalid(field: Field) -> tuple[str, str]:
    sentence = "is not a valid time"
    return f"{field.aws} {sentence}", f"{field.aws}: '{{}}' {sentence}"


def _epochs(field: Field, source: pa.Array) -> tuple[pa.Array, list[_Problem]]:
    numbers, problems = _whole_numbers(field, source)
    limits = KINDS[field.kind]
    if _is_within(numbers, limits):
        return milliseconds(numbers), problems
    above = _mask(pc.greater(numbers, limits.highest))
    below = _mask(pc.less(numbers, limits.lowest))
    problems += [
        _Problem(above, *_words_of_range(field, "above", limits.highest)),
        _Problem(below, *_words_of_range(field, "below", limits.lowest)),
    ]
    return milliseconds(pc.if_else(pa.array(above | below), None, numbers)), problems


def typed_times(text: pa.Array) -> pa.Array:
    """Texts as times (epochs or ISO 8601), null for what is neither."""
    if pa.types.is_timestamp(text.type):
        return plain_times(text)
    times, problems = _time(field("start"), text)
    if not problems:
        return times
    wrong = np.logical_or.reduce([problem.mask for problem in problems])
    return pc.if_else(pa.array(wrong), None, times)
