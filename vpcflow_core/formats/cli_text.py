"""Lines as the AWS CLI prints answers with `--output text`, without what is around the records."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.formats.base import EVENT_ID, EVENT_TIME
from vpcflow_core.formats.raw_lines import STREAM, Lines, beside_too
from vpcflow_core.formats.values import typed_times

_BEGIN = ("EVENTS\t", "RESULTS\t")
# Columns come in the order of the alphabet: eventId, ingestionTime, logStreamName, message,
# timestamp; get-log-events has neither the first nor the third.
_EVENT = (
    r"^EVENTS\t(?:(?P<id>[^\t]*)\t[0-9]*\t(?P<stream>[^\t]*)|[0-9]*)\t(?P<line>[^\t]*)"
    r"\t(?P<time>[0-9]+)$"
)
_RESULT = r"^RESULTS\t@message\t(?P<line>.*)$"
# Lines of the answer that hold no record: tokens, statistics, other fields.
_AROUND = (
    r"^(?:RESULTS|SEARCHEDLOGSTREAMS|STATISTICS|NEXTTOKEN)\t|^[bf]/[0-9]+(?:/s)?(?:\t|$)"
    r"|^(?:None|Complete|Running)$"
)


def without_answer(lines: Lines) -> Lines:
    """Lines of events and results as they were logged; others as they are, those around empty."""
    begins = [pc.starts_with(lines.text, begin) for begin in _BEGIN]
    if not any(pc.any(mask).as_py() for mask in begins):
        return lines
    text = pc.utf8_rtrim(lines.text, "\r")
    events = pc.extract_regex(text, _EVENT)
    results = pc.extract_regex(text, _RESULT)
    around = pc.if_else(pc.match_substring_regex(text, _AROUND), "", text)
    logged = pc.coalesce(pc.struct_field(events, "line"), pc.struct_field(results, "line"), around)
    beside = beside_too(lines, EVENT_TIME, typed_times(_filled(pc.struct_field(events, "time"))))
    found = Lines(logged, lines.numbers, beside)
    for name, part in ((EVENT_ID, "id"), (STREAM, "stream")):
        values = _filled(pc.struct_field(events, part))
        if values.null_count < len(values):
            column = values.dictionary_encode() if name == STREAM else values
            found = Lines(logged, lines.numbers, beside_too(found, name, column))
    return found


def _filled(words: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(words, ""), None, words)
