"""The state of sources and objects of a store."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from vpcflow_core.formats.base import Rejected, Report
from vpcflow_core.store.hours import AHEAD
from vpcflow_core.store.ledger import Ledger, from_ms

# loaded: all its records are in. broken: those before a break are in; tried again at every sync.
# failed: it could not be read; likewise. unread: its format is unknown; tried when one is given.
# copy: another object is the same, or has the same content, and its records count.
# again: a copy whose other object is gone; read at the next sync.
State = Literal["loaded", "broken", "failed", "unread", "copy", "again"]

_SOURCES = f"""
    SELECT url, count(objects.id), total(records), total(nodata), total(skipdata),
        total(malformed), total(size),
        coalesce(
            max(CASE WHEN last <= loaded_at + {AHEAD // timedelta(milliseconds=1)} THEN last END),
            (SELECT max(last) FROM files WHERE files.source = sources.id AND part NOT LIKE '%stray')
        ),
        last_sync, max(time),
        total(state NOT IN ('loaded', 'copy')), last_error, total(internal), total(dropped),
        total(outside), total(state = 'copy'),
        (SELECT total(rows) FROM files WHERE files.source = sources.id),
        (SELECT min(first) FROM files WHERE files.source = sources.id AND part NOT LIKE '%stray'),
        (SELECT total(rows) FROM files WHERE files.source = sources.id AND part LIKE '%stray')
    FROM sources LEFT JOIN objects ON source = sources.id GROUP BY sources.id ORDER BY url
"""  # noqa: S608 (a number of our own)
# NOT INDEXED: from the newest on, where the index would read all objects of the source.
_PLACES = """
    SELECT DISTINCT account, region FROM (
        SELECT account, region FROM objects NOT INDEXED
        WHERE source = (SELECT id FROM sources WHERE url = ?) ORDER BY id DESC LIMIT 100000
    ) ORDER BY account, region
"""
_REPORTS = """
    SELECT url, uri, state, records, malformed, report
    FROM objects JOIN sources ON source = sources.id
    WHERE report IS NOT NULL AND (? IS NULL OR url = ?)
    ORDER BY state = 'copy', objects.id DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the store holds of one source.

    Attributes:
        url: Its name.
        objects: Objects known, those that could not be read among them.
        records: Records in the store.
        nodata, skipdata: How many records of the loaded objects have that log-status.
        malformed: Lines that are no record.
        bytes: Their size as stored at the source.
        first, last: Earliest start and latest end of the records in the store, UTC.
        last_sync: When a sync of it last ended well, UTC.
        newest: Time of the newest object, UTC.
        broken: Objects that are incomplete, unreadable or of unknown format.
        copies: Objects that are the same as others, or have the same content: counted once.
        error: Why the last sync failed, one sentence; "" if it did not.
        internal: Records left out because both of their ends lie in blocks to leave out.
        dropped: Records left out while loading or deleted later because they are too old (`keep`).
        outside: Records of these objects that start outside of the spans loaded; a sync of a wider
            span loads them.
        stray: Records that start before 2010 or later than they arrived; they move no range.
    """

    url: str
    objects: int
    records: int
    nodata: int
    skipdata: int
    malformed: int
    bytes: int
    first: datetime | None
    last: datetime | None
    last_sync: datetime | None
    newest: datetime | None
    broken: int
    error: str
    internal: int = 0
    dropped: int = 0
    outside: int = 0
    stray: int = 0
    copies: int = 0


@dataclass(frozen=True, slots=True)
class ObjectReport:
    """One object of which not every line was loaded, or that a person should know more about.

    Attributes:
        source, uri: Where it lies.
        state: What became of it.
        records, malformed: Records loaded, and lines that were not.
        counts: Malformed lines by reason.
        reasons: The first malformed lines.
        problem: Why it is broken, failed or unread; "" if it is loaded.
        notes: What else there is to know.
    """

    source: str
    uri: str
    state: State
    records: int
    malformed: int
    counts: Counter[str] = field(default_factory=Counter)
    reasons: tuple[Rejected, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()


def sources(ledger: Ledger) -> list[SourceState]:
    """What the store holds of each source, by URL."""
    return [_source_state(row) for row in ledger.rows(_SOURCES)]


def places(ledger: Ledger, source: str) -> list[tuple[str, str]]:
    """Accounts and regions that a source's newest objects are named after; see `Store.places`."""
    return [(row["account"], row["region"]) for row in ledger.rows(_PLACES, [source])]


def reports(ledger: Ledger, source: str | None, limit: int) -> list[ObjectReport]:
    """The objects that a person should look at; see `Store.reports`."""
    return [_read_report(*row) for row in ledger.rows(_REPORTS, [source, source, limit])]


def report_json(report: Report, problem: str) -> str | None:
    """The part of a report that the ledger keeps; None if there is nothing to report."""
    if not (problem or report.malformed or report.notes or report.unknown_fields):
        return None
    notes = notes_of(report)
    reasons = [[r.line, r.reason, r.text] for r in report.reasons]
    return json.dumps(
        {"counts": report.counts, "reasons": reasons, "problem": problem, "notes": notes}
    )


def notes_of(report: Report) -> list[str]:
    """What else there is to know of an object."""
    unknown = ", ".join(report.unknown_fields)
    return [*report.notes, *([f"Unknown fields, kept as text: {unknown}"] if unknown else [])]


def _read_report(
    source: str, uri: str, state: State, records: int, malformed: int, text: str
) -> ObjectReport:
    """An object's report from the ledger's row."""
    kept = json.loads(text)
    return ObjectReport(
        source,
        uri,
        state,
        records,
        malformed,
        Counter(kept["counts"]),
        tuple(Rejected(*reason) for reason in kept["reasons"]),
        kept["problem"],
        tuple(kept["notes"]),
    )


def _source_state(row: Any) -> SourceState:
    url, objects, *counts, last, last_sync, newest = row[:10]
    broken, error, internal, dropped, outside, copies, rows, first, stray = row[10:]
    loaded, nodata, skipdata, malformed, size = map(int, counts)
    return SourceState(
        url,
        objects,
        records=int(rows),
        nodata=nodata,
        skipdata=skipdata,
        malformed=malformed,
        bytes=size,
        first=_moment(first),
        last=_moment(last) if rows else None,
        last_sync=_moment(last_sync),
        newest=_moment(newest),
        broken=int(broken),
        error=error,
        internal=int(internal),
        # Whole files leave the store as they grow old; their objects stay as they were loaded.
        dropped=loaded + int(dropped) - int(rows),
        outside=int(outside),
        stray=int(stray),
        copies=int(copies),
    )


def _moment(value: int | None) -> datetime | None:
    return None if value is None else from_ms(value)
