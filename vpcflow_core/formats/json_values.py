"""JSON to records: wrapped lines, flat objects, and CloudWatch Logs messages in every wrapping."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from vpcflow_core.errors import FormatError
from vpcflow_core.fields import find_field
from vpcflow_core.formats import flat, json_keys, ocsf
from vpcflow_core.formats.base import EXAMPLES_KEPT, Records, Report
from vpcflow_core.formats.blocks import BLOCK, Unpacked
from vpcflow_core.formats.bounds import MOST_COLUMNS
from vpcflow_core.formats.header import are_keys
from vpcflow_core.formats.json_batch import BATCH, Batch
from vpcflow_core.formats.json_keys import BESIDE, LINE_KEYS, column_of
from vpcflow_core.formats.json_lines import JsonLines, Objects, Wrapped, blocks
from vpcflow_core.formats.json_text import Several, Values, single
from vpcflow_core.formats.lines import LineReader
from vpcflow_core.formats.raw_lines import STREAM, Lines
from vpcflow_core.formats.recognition import (
    CUT_SHORT,
    DAMAGED,
    FOREIGN,
    NO_FIELDS,
    NO_MESSAGE,
    NO_OBJECT,
    NO_PAYLOAD,
    NO_VALUES,
    by_names,
)
from vpcflow_core.units import number_of

_ASKED = 64
_LONGEST_KEY = 256
# What has none of these keys is neither an envelope nor an OCSF event.
_OF_WRAPPINGS = frozenset({*json_keys.CONTAINERS, *LINE_KEYS, *ocsf.EVENT_KEYS})
_TOO_MANY = f"Of more than {MOST_COLUMNS} keys the first ones are kept."
# What is beside a line without anything beside it: one for all.
_NOTHING: dict[str, Any] = {}
# Of `get-query-results`: the id of an event, as other answers call it.
_RESULT_NAMES = {"@ptr": "eventId"}
# AWS packs a few megabytes at most into one message; more is a trap for whoever unpacks it.
MOST_PACKED = 64 * 2**20
MOST_IN_ONE = 2_000_000


def read(
    pieces: Iterable[bytes], report: Report, reader: LineReader, size: int = BLOCK
) -> Iterator[Records]:
    """Records of JSON text: arrays, one value a line, or values one after the other.

    Blocks of one object a line are read as columns (`json_lines`), others value by value.
    """
    source, values, lines = _Source(report, reader), Values(), JsonLines()
    for block in blocks(pieces, size):
        found = lines.read(block) if values.are_complete else None
        if found is not None:
            yield from source.flush()
            yield from source.give(found)
            continue
        for count, value in enumerate(values.feed(block, source.reject)):
            source.take(value)
            # Asked now and then: most of what is wrong is very many small values.
            if (count % _ASKED == 0 or len(source.batch.lines) > BATCH) and source.batch.is_full:
                yield from source.flush()
    yield from source.flush()
    source.end(values)


class _Source:
    """Takes values apart, and numbers what is in them from 1."""

    def __init__(self, report: Report, reader: LineReader) -> None:
        self.batch = Batch()
        self._report = report
        self._reader = reader
        self._number = 0
        self._control = 0
        self._keys: set[str] = set()
        self._streams: dict[str, dict[str, Any]] = {}

    def next_number(self) -> int:
        self._number += 1
        self._report.lines += 1
        return self._number

    def take(self, value: Any, time: Any = None) -> None:
        """Take in a value; `time` is that of the event it came in."""
        if isinstance(value, dict) and _is_plain(keys := tuple(value)):
            self._take_flat(value, keys, time)
        elif isinstance(value, str) and " " in value.strip():
            self._take_line(value, None, None, _NOTHING)
        elif isinstance(value, Several):
            self._reject_several(value)
        elif not isinstance(value, dict):
            self.reject(NO_OBJECT, value)
        elif "logEvents" in value and "messageType" in value:
            self._take_message(value)
        elif isinstance(value.get("awslogs"), dict):
            self._take_packed(value["awslogs"].get("data"), value)
        elif isinstance(found := value.get("Records", value.get("records")), list):
            for record in found:
                self._take_stream_record(record)
        elif isinstance(value.get("events"), list):
            self._report.kind = "events"
            self._take_events(value["events"], _NOTHING)
        elif isinstance(value.get("results"), list):
            self._take_results(value["results"])
        elif ocsf.is_event(value):
            self._take_ocsf(value)
        else:
            self._take_object(value, time)

    def reject(self, reason: str, value: Any) -> None:
        if reason in FOREIGN and not self._report.looks_like:
            self._report.looks_like = _looks_like(value)
        number = self.next_number()
        self._report.count(reason, 1)
        if len(self._report.reasons) < EXAMPLES_KEPT:
            text = value if isinstance(value, str) else json.dumps(value)
            self._report.example(number, reason, text)

    def _reject_several(self, values: Several) -> None:
        self.reject(values.reason, values.text)
        more = values.count - 1
        self._number += more
        self._report.lines += more
        self._report.count(values.reason, more)

    def end(self, values: Values) -> None:
        """Report a value that has not ended."""
        if not values.are_complete or values.open > 0:
            self._report.broken = self._report.broken or "JSON content is cut short or damaged"
        if values.open > 0 and not self._number:
            self.reject(NO_VALUES, "[")
        elif values.rest:
            self.reject(CUT_SHORT, values.rest)

    def _take_message(self, message: dict[str, Any]) -> None:
        self._report.kind = "events"
        if message["messageType"] == "CONTROL_MESSAGE":
            self._control += 1
            self._report.lines += 1
            self._report.around += 1
        else:
            self._take_events(message["logEvents"], _place_of(message))

    def _take_events(self, events: Any, place: dict[str, Any]) -> None:
        """Take in events; `place` is the log group and stream of all of them."""
        for event in events if isinstance(events, list) else [None]:
            if isinstance(event, dict) and isinstance(event.get("message"), str):
                ident = event.get("id", event.get("eventId"))
                beside = self._place(event["logStreamName"]) if "logStreamName" in event else place
                self._take_line(event["message"], event.get("timestamp"), ident, beside)
            else:
                self.reject(NO_MESSAGE, event)

    def _place(self, stream: Any) -> dict[str, Any]:
        # One dictionary a stream: columns are made of each once.
        return self._streams.setdefault(str(stream), {STREAM: stream})

    def _take_results(self, rows: list[Any]) -> None:
        """Rows of `aws logs get-query-results`: lists of names and values."""
        for row in rows:
            pairs = row if isinstance(row, list) else []
            if pairs and all(isinstance(pair, dict) and "field" in pair for pair in pairs):
                value = {str(pair["field"]): pair.get("value") for pair in pairs}
                self.take({_RESULT_NAMES.get(name, name): v for name, v in value.items()})
            else:
                self.reject(NO_FIELDS, row)

    def _take_ocsf(self, event: dict[str, Any]) -> None:
        if foreign := ocsf.foreign(event):
            self._report.looks_like = self._report.looks_like or foreign
            self.reject(NO_FIELDS, event)
        else:
            self.batch.ocsf.append(event)
            self.batch.ocsf_numbers.append(self.next_number())

    def _take_stream_record(self, record: Any) -> None:
        """A record of a Kinesis event, or of a Firehose transformation."""
        inner = record.get("kinesis", record) if isinstance(record, dict) else {}
        self._take_packed(inner.get("data") if isinstance(inner, dict) else None, record)

    def _take_packed(self, data: Any, value: Any) -> None:
        try:
            content = base64.b64decode(data, validate=True)
        except (TypeError, ValueError, binascii.Error):
            self.reject(NO_PAYLOAD, value)
            return
        self._report.kind = "events"
        unpacked = Unpacked(content, MOST_PACKED)
        text = b"".join(unpacked)
        if unpacked.broken:
            # What is before the damage counts, but for the piece of a line at its end.
            self._report.notes.append(f"Event {self._number + 1}: {unpacked.broken}")
            self.reject(DAMAGED, value)
            text = text[: text.rfind(b"\n") + 1] if text.lstrip()[:1] not in (b"{", b"[") else text
        if text.lstrip()[:1] in (b"{", b"["):
            values = Values()
            for inner in values.feed(text, self.reject):
                self.take(inner)
            self.end(values)
        else:
            for line in text.decode(errors="replace").split("\n"):
                if line.strip():
                    self._take_line(line, None, None, _NOTHING)

    def _take_object(self, value: dict[str, Any], event_time: Any) -> None:
        key = _line_key(value)
        if key is not None:
            beside = {name: v for k, v in value.items() if (name := column_of(k)) in BESIDE}
            time = value.get("timestamp", value.get("@timestamp"))
            self._take_line(value[key], time, value.get("id", value.get("eventId")), beside)
        else:
            self._take_flat(value, tuple(value), event_time)

    def _take_flat(self, value: dict[str, Any], keys: tuple[str, ...], event_time: Any) -> None:
        if _is_flat(keys):
            self.batch.rows.append(self._few_keys(value))
            self.batch.row_numbers.append(self.next_number())
            self.batch.row_times.append(None if event_time is None else str(event_time))
        else:
            self.reject(NO_FIELDS, value)

    def _few_keys(self, value: dict[str, Any]) -> dict[str, Any]:
        """The value without keys that are too long, or too many for one file."""
        keys = self._keys
        if not keys.issuperset(value):
            keys.update(key for key in value if find_field(key) is not None)
            others = [key for key in value if key not in keys and len(key) <= _LONGEST_KEY]
            keys.update(others[: max(0, MOST_COLUMNS - len(keys))])
        self.batch.keys.update(keys.intersection(value))
        if keys.issuperset(value):
            return value
        if _TOO_MANY not in self._report.notes:
            self._report.notes.append(_TOO_MANY)
        return {key: item for key, item in value.items() if key in keys}

    def _take_line(self, line: str, time: Any, ident: Any, beside: dict[str, Any]) -> None:
        inner = _object_in(line)
        if inner is not None:  # a collector's object inside of another's
            envelope = {"timestamp": time, "id": ident} if _line_key(inner) else {}
            self.take(envelope | beside | inner, time)
            return
        batch = self.batch
        if len(batch) >= MOST_IN_ONE:
            raise FormatError(f"One JSON value holds more than {MOST_IN_ONE:,} lines.")
        batch.lines.append(line)
        batch.numbers.append(self.next_number())
        batch.times.append(None if time is None else str(time))
        batch.ids.append(None if ident is None else str(ident))
        batch.beside.append(beside)

    def give(self, found: Objects | Wrapped) -> Iterator[Records]:
        """Records of a block that was read as columns."""
        numbers = np.arange(len(found), dtype=np.int64) + self._number + 1
        self._number += len(found)
        self._report.lines += len(found)
        if isinstance(found, Wrapped):
            if found.are_events:
                self._report.kind = "events"
            yield from self._reader.read_wrapped(Lines(found.text, numbers, found.beside))
        else:
            self._report.fields_from = "file"
            yield from flat.records(self._report, found.columns, numbers, found.show)

    def flush(self) -> Iterator[Records]:
        """Records of what has been taken so far."""
        batch, self.batch = self.batch, Batch()
        if batch.lines:
            yield from self._reader.read(batch.as_lines())
        if batch.rows:
            yield from self._flat(batch.as_columns(), batch.row_numbers, batch.rows)
        if batch.ocsf:
            yield from self._flat(ocsf.of_objects(batch.ocsf), batch.ocsf_numbers, batch.ocsf)
        if self._control:
            self._report.notes = [n for n in self._report.notes if "control message" not in n]
            self._report.notes.append(
                f"{number_of(self._control, 'control messages')} without records."
            )

    def _flat(
        self, columns: pa.Table, numbers: Sequence[int], shown: Sequence[dict[str, Any]]
    ) -> Iterator[Records]:
        """Records of objects that are one each; `shown` are these, for the report."""
        self._report.fields_from = "file"
        at = np.array(numbers, dtype=np.int64)
        yield from flat.records(self._report, columns, at, lambda row: json.dumps(shown[row]))


def _place_of(message: dict[str, Any]) -> dict[str, Any]:
    names = {"log_group": message.get("logGroup"), STREAM: message.get("logStream")}
    return {name: value for name, value in names.items() if isinstance(value, str)}


def _looks_like(value: Any) -> str:
    if isinstance(value, dict):
        return by_names(value, "keys")
    return f"JSON that holds {'lists' if isinstance(value, list) else 'single values'}"


def _line_key(value: dict[str, Any]) -> str | None:
    return next((key for key in LINE_KEYS if isinstance(value.get(key), str)), None)


def _object_in(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    value = single(line)
    return value if isinstance(value, dict) else None


@lru_cache(maxsize=4096)
def _is_plain(keys: tuple[str, ...]) -> bool:
    """Whether an object of these keys can be nothing but a record of its own, or none."""
    return _OF_WRAPPINGS.isdisjoint(keys)


@lru_cache(maxsize=4096)
def _is_flat(keys: tuple[str, ...]) -> bool:
    """Whether an object of these keys is a record, by the rule for headers.

    Totals that somebody keeps beside the logs have `bytes` and `packets` too.
    """
    return are_keys(keys)
