"""Metrics of a store: its records, how old they are, what failed; and of alerts that wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from vpcflow_core.alerts.outbox import read
from vpcflow_core.errors import VpcflowError
from vpcflow_core.metrics import QUESTIONS, Metric, Sample, exposition
from vpcflow_core.redaction import redacted
from vpcflow_core.store.state import SourceState
from vpcflow_core.store.store import Store


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


# Of each source: name, what it is, and how its number is found; None: there is none.
OF_SOURCES: tuple[tuple[str, str, Callable[[SourceState], float | None]], ...] = (
    ("records", "Records in the store.", lambda s: s.records),
    ("objects", "Log objects that are known.", lambda s: s.objects),
    ("broken_objects", "Objects that could not be read.", lambda s: s.broken),
    ("malformed_lines", "Lines that are no record.", lambda s: s.malformed),
    ("skipped_records", "SKIPDATA records: AWS lost some there.", lambda s: s.skipdata),
    ("sync_failed", "Whether the last sync failed (1) or not (0).", lambda s: bool(s.error)),
    (
        "last_sync_timestamp_seconds",
        "When a sync last ended well.",
        lambda s: _seconds(s.last_sync),
    ),
    (
        "newest_record_timestamp_seconds",
        "End of the newest record.",
        lambda s: _seconds(s.last),
    ),
)  # fmt: skip


def page(store: Store, now: datetime | None = None, watched: Path | None = None) -> str:
    """All metrics as Prometheus reads them.

    Args:
        store: The store.
        now: The present.
        watched: Where the state lies of what `vpcflow watch` watches; None: in the store's folder.
    """
    moment = now or datetime.now(UTC)
    of_store = _of_store(store, moment, watched or store.path)
    return exposition([*_of_sources(store), *of_store, *QUESTIONS.metrics()])


def _of_sources(store: Store) -> list[Metric]:
    sources = store.sources()
    made = []
    for name, about, value_of in OF_SOURCES:
        values = [({"source": redacted(each.url)}, value_of(each)) for each in sources]
        samples = tuple(Sample(float(v), labels) for labels, v in values if v is not None)
        made.append(Metric(f"vpcflow_{name}", "gauge", about, samples))
    return made


def _of_store(store: Store, now: datetime, watched: Path) -> list[Metric]:
    """How old the newest complete data is, and what waits to be sent."""
    settled = store.coverage().settled_until
    lag = () if settled is None else (Sample((now - settled).total_seconds()),)
    made = [Metric("vpcflow_lag_seconds", "gauge", "Age of the newest time that is complete.", lag)]
    try:
        state = read(watched)
    except VpcflowError:  # `vpcflow watch` says so
        return made
    if state.until is None:
        return made
    until = Sample(state.until.timestamp())
    return [
        *made,
        Metric(
            "vpcflow_watched_until_timestamp_seconds",
            "gauge",
            "Up to when vpcflow watch has looked.",
            (until,),
        ),
        Metric(
            "vpcflow_alerts_waiting",
            "gauge",
            "Alerts that were not delivered yet.",
            (Sample(len(state.outbox)),),
        ),
    ]
