"""Who the Internet is at the far end of a host: by DNS or list, else AWS service, else country."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

import pandas as pd

from vpcflow_core.addresses import is_address
from vpcflow_core.cost.billing import Bill
from vpcflow_core.query.cost import INTERNET, PRIVATE
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window

# Of the far ends of a host those are named that have most, and a twentieth at least.
SHOWN, LEAST_SHARE = 3, 0.05
# What is said of a far end, the best first.
_SAID = ("name", "service", "country")
_WAYS = (("srcaddr", "dstaddr", "dst_"), ("dstaddr", "srcaddr", "src_"))


class Columns(Protocol):
    """What says which columns there are."""

    def columns(self, relation: str = "flows") -> tuple[str, ...]:
        """The columns that some record has or that can be known."""


class AsksFlows(Protocol):
    """What far ends are asked of: `FlowLogs`, a panel's logs."""

    @property
    def engine(self) -> Columns:
        """What answers."""

    def sparse(
        self, query: Query, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """The answer to a question."""


def with_far_ends(
    rows: pd.DataFrame, logs: AsksFlows, found: Bill, filters: Filters = NO_FILTERS
) -> pd.DataFrame:
    """Pairs of `statement.listed`, with who the Internet mostly is as its name.

    Args:
        rows: Those that are shown.
        logs: Answers questions.
        found: What they cost.
        filters: Conditions besides the own ones of the logs.
    """
    is_far = rows["destination"].eq(INTERNET)
    named = far_ends(logs, found, rows.loc[is_far, "source"].unique().tolist(), filters)
    names = rows["source"].map(named).fillna("")
    return rows.assign(destination_name=rows["destination_name"].mask(is_far, names))


def far_ends(
    logs: AsksFlows, found: Bill, hosts: Collection[str], filters: Filters = NO_FILTERS
) -> dict[str, str]:
    """Who the Internet mostly is for each host: `api.example.com (82 %), Germany (11 %)`.

    The shares are those of the bytes that the host's own records have, in both directions.

    Args:
        logs: Answers questions.
        found: What the range cost.
        hosts: Addresses.
        filters: Conditions besides the own ones of the logs.
    """
    both = far_ways(logs, found, hosts, filters, _SAID)
    if both.empty:
        return {}
    if "service" in both:  # what has a name of its own is no part of the Internet
        both = both[~both["service"].isin(_services(found))]
    labels = pd.Series("", index=both.index, dtype="object")
    for name in (n for n in reversed(_SAID) if n in both):
        labels = both[name].astype("object").where(both[name].notna(), labels)
    sums = both.assign(label=labels).groupby(["host", "label"])["bytes"].sum()
    return {str(host): _in_words(part.droplevel(0)) for host, part in sums.groupby(level=0)}


def far_ways(
    logs: AsksFlows,
    found: Bill,
    hosts: Collection[str],
    filters: Filters,
    said: Collection[str],
) -> pd.DataFrame:
    """What hosts exchanged with public addresses, by what is said of these: both directions.

    Args:
        logs: Answers questions.
        found: What the range cost.
        hosts: Addresses; words such as `Internet` are none, and have no rows.
        filters: Conditions besides the own ones of the logs.
        said: Of `name`, `service` and `country`; those that nothing says are left out.

    Returns:
        host, the columns of `said` (null where they are not known) and bytes.
    """
    present = set(logs.engine.columns())
    hosts = list(filter(is_address, hosts))
    if not hosts:
        return pd.DataFrame(columns=["host", *said, "bytes"])
    parts = []
    for own, far, end in _WAYS:
        known = [name for name in said if name == "country" or f"{end}{name}" in present]
        query = Query(
            ("bytes",),
            by=(own, *(f"{end}{name}" for name in known)),
            nulls=tuple(f"{end}{name}" for name in known),
            where=(("action", "ACCEPT"), (own, ", ".join(hosts)), (far, _outside(found))),
        )
        rows = logs.sparse(query, found.window, filters).frame
        parts.append(rows.set_axis(["host", *known, "bytes"], axis="columns"))
    return pd.concat(parts, ignore_index=True)


def _in_words(sums: pd.Series) -> str:
    """The largest far ends with their shares."""
    shares = (sums / max(float(sums.sum()), 1.0)).drop("", errors="ignore")
    first = shares[shares >= LEAST_SHARE].nlargest(SHOWN)
    return ", ".join(f"{label} ({100 * share:.0f} %)" for label, share in first.items())


def _outside(found: Bill) -> str:
    """A filter for addresses of the Internet."""
    query = found.query
    return ", ".join(f"!{block}" for block in (*PRIVATE, *query.inside, *query.own))


def _services(found: Bill) -> set[str]:
    """AWS services whose addresses have a name of their own among the destinations."""
    names: Iterable[str] = (*found.query.named, *found.query.members)
    return {name.rpartition(".")[2].upper() for name in names}
