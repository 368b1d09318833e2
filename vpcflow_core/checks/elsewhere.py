"""What a check finds of an engine beyond this machine: reached, tables, columns, newest record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from vpcflow_core.checks.base import Finding, refused
from vpcflow_core.engines.base import Catalogue, HasCosts, StoredTable
from vpcflow_core.engines.open import open_catalogue
from vpcflow_core.errors import AccessError, VpcflowError
from vpcflow_core.fields import DEFAULT_VPC_FORMAT
from vpcflow_core.times import format_duration, format_instant
from vpcflow_core.units import number_of

# Records are there minutes after their traffic; an hour without any is worth a look.
LATE = timedelta(hours=1)
# Of a page with many panels, which share them: docs/engines.md has those of each page.
QUESTIONS = 9
_TRANSIT = "transit gateways log nothing there, or have no views yet"


def check_elsewhere(url: str) -> Iterator[Finding]:
    """Everything that questions to the engine depend on, one finding after the other.

    Args:
        url: Where it is.

    Raises:
        SettingsError: The URL lacks a part.
    """
    catalogue = open_catalogue(url)
    try:
        for part, subject, look in _looks(catalogue, url):
            try:
                yield from look()
            except VpcflowError as error:
                yield refused(part, subject, error)
                # Another right may lack as well; what is not reached is not looked at further.
                if not isinstance(error, AccessError):
                    return
    finally:
        catalogue.close()


Look = tuple[str, str, Callable[[], Iterable[Finding]]]


def _looks(catalogue: Catalogue, url: str) -> Iterator[Look]:
    """What is looked at, by part and subject, each after what it needs."""
    costs = getattr(catalogue, "costs", None)
    if isinstance(costs, HasCosts):
        yield "limit", url, lambda: [_limit(costs, url)]
        yield "tables", url, lambda: [_stored(table) for table in costs.stored()]
    yield "engine", url, lambda: _relations(catalogue, url)
    yield "logs", "records", lambda: [_newest(catalogue)]


def _relations(catalogue: Catalogue, url: str) -> Iterator[Finding]:
    present = catalogue.columns("records")
    yield Finding("engine", url, "ok", "It answers.")
    yield Finding("tables", "flows, records", "ok", f"They have {len(present)} columns.")
    if not catalogue.columns("transit_records"):
        yield Finding("tables", "transit_flows", "ok", f"Not there: {_TRANSIT}.")
    own = {name.replace("-", "_") for name in DEFAULT_VPC_FORMAT} - {"start", "end"}
    lacking = sorted((own | {"start_time", "end_time"}) - set(present))
    if lacking:
        names = ", ".join(lacking)
        yield Finding("fields", "records", "warning", f"Columns that pages will miss: {names}.")


def _limit(costs: HasCosts, url: str) -> Finding:
    limit = costs.limit()
    said = "A query has no limit." if limit is None else f"A query may scan {_size(limit)}."
    remedy = "" if limit else "Set the workgroup's BytesScannedCutoffPerQuery."
    return Finding("limit", url, "ok" if limit else "warning", said, remedy)


def _stored(table: StoredTable) -> Finding:
    """A table and what a page costs; nothing is asked of the records for it."""
    by = f"by {', '.join(table.partitions)}" if table.partitions else "without partitions"
    when = f" on {table.day}" if table.day else ""
    found = f"{table.form}, {by}: {_size(table.size)}{when}."
    if table.cost is not None:
        found += (
            f" A question about a day costs at most {table.cost:,.4f} USD, "
            f"a page of {QUESTIONS} questions {QUESTIONS * table.cost:,.2f} USD."
        )
    if table.size and table.partitions:
        return Finding("tables", table.name, "ok", found)
    remedy = "Do flow logs deliver there?" if table.partitions else "Each question reads all of it."
    return Finding("tables", table.name, "warning", found, remedy)


def _size(count: int) -> str:
    return f"{count / 10**6:,.1f} MB" if count < 10**9 else f"{count / 10**9:,.1f} GB"


def _newest(catalogue: Catalogue) -> Finding:
    extent = catalogue.coverage().extent
    if extent is None:
        remedy = "Does the URL's since reach back to the newest records?"
        return Finding("logs", "records", "warning", "There are no records.", remedy)
    age = datetime.now(UTC) - extent.end
    (state,) = catalogue.sources()
    found = (
        f"{number_of(state.records, 'records')} from {format_instant(extent.start)} on; the newest "
        f"started {format_instant(extent.end)}."
    )
    if age > LATE:
        late = f"{found} That is over {format_duration(LATE)} ago."
        return Finding("logs", "records", "warning", late, "Do the flow logs still deliver?")
    return Finding("logs", "records", "ok", found)
