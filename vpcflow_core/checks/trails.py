"""Whether CloudTrail's log files can be read, and whether they have changes of networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from vpcflow_core.changes.reading import trail_options
from vpcflow_core.changes.records import read
from vpcflow_core.checks.base import Finding, refused
from vpcflow_core.errors import VpcflowError
from vpcflow_core.source_settings import TrailSetting
from vpcflow_core.sources.trails import Trail, TrailFile, open_trail
from vpcflow_core.units import number_of

PART = "CloudTrail"
# CloudTrail delivers about every five minutes; a day without a file is odd.
RECENT = timedelta(days=1)


def check_trails(trails: Mapping[str, TrailSetting]) -> Iterator[Finding]:
    """List the places of each trail (s3:ListBucket) and read a newest file (s3:GetObject).

    None of it keeps flow logs from being read.
    """
    for name, setting in trails.items():
        try:
            yield from _trail(name, open_trail(setting.url, trail_options(setting)))
        except VpcflowError as error:
            yield refused(PART, name, error, needed=False)


def _trail(name: str, trail: Trail) -> Iterator[Finding]:
    places = trail.places()
    yield Finding(PART, name, "ok", f"folders of accounts and regions: {len(places):,}")
    newest = _newest(trail, places)
    if newest is None:
        yield Finding(
            PART,
            name,
            "warning",
            "No file of the last day.",
            "Is the trail logging? See its status.",
        )
        return
    found = read(trail.read(newest))
    said = (
        f"{number_of(found.records, 'records')} in the newest file, "
        f"{number_of(len(found.changes), 'network changes')}"
    )
    if found.malformed:
        reasons = "; ".join(found.malformed)
        yield Finding(PART, name, "warning", f"{said}; {reasons}")
    else:
        yield Finding(PART, name, "ok", said)


def _newest(trail: Trail, places: list[str]) -> TrailFile | None:
    since = datetime.now(UTC) - RECENT
    for place in places:
        last = None
        for last in trail.files(place, since):  # noqa: B007 - its last one is wanted
            pass
        if last and not last.archived:
            return last
    return None
