"""What a range cost: asked, attributed, priced, and compared with a month before.

Functions are given `logs`, which answers questions: `FlowLogs` and panels use the same ones.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol

import pandas as pd

from vpcflow_core.cost.attribution import Attributed, attributed
from vpcflow_core.cost.charges import INTERNET_ITEM, less_free
from vpcflow_core.cost.choices import Choices
from vpcflow_core.cost.items import PATHS, RULES, UNATTRIBUTED
from vpcflow_core.cost.network import KnownNetwork, network_of
from vpcflow_core.cost.prices import GB, HOURS, Prices
from vpcflow_core.cost.unpriced import without_direction
from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.query.cost import VOLUMES, PathQuery
from vpcflow_core.query.filters import NO_FILTERS, Filters
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window

MONTH = timedelta(days=30)  # how far back the month before is
# What costs are listed by: columns of charges that make a row.
BY: Final[dict[str, tuple[str, ...]]] = {
    "path": ("path",),
    "owner": ("owner",),
    "account": ("account",),
    "pair": ("source", "destination"),
    "service": ("service",),
    "rule": ("path", "rule"),
}
SUMS = ("bytes", "billed", "dollars")
# What stands for a value that is not known, by column.
NOT_KNOWN = {"owner": "no owner known", "service": "no AWS service", "account": "unknown"}


class CostQueries(Protocol):
    """What costs are asked of."""

    @property
    def prices(self) -> Prices:
        """Prices, with what the settings change."""

    @property
    def price_choices(self) -> Choices:
        """What the settings choose."""

    @property
    def extent(self) -> Window | None:
        """First to last record."""

    @property
    def hidden_blocks(self) -> tuple[str, ...]:
        """Blocks of VPCs that are known and outside of the scope."""

    def known(self, kind: Kind) -> pd.DataFrame:
        """A table of the EC2 snapshots."""

    def aws_addresses(
        self, query: PathQuery, window: Window, filters: Filters
    ) -> dict[str, list[str]]:
        """Addresses of AWS in the records, where its ranges are in place."""

    def ask_collected(self, window: Window | None = None) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """What collecting the flow logs costs, and what to know of it."""

    def ask_paths(
        self, query: PathQuery, window: Window | None = None, filters: Filters | None = None
    ) -> tuple[QueryResult, QueryResult | None]:
        """Records by their way, and what came into transit gateways that are logged."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a range cost.

    Attributes:
        found: Its charges.
        window: The part of the range that there are records of.
        prices: At which prices.
        network: What is known of the network.
        results: What the engine answered: records by their way, and what came into transit gateways
            where one is logged.
        is_cut: Whether the smallest ways are missing, as there were too many.
        query: What was asked.
    """

    found: Attributed
    window: Window
    prices: Prices
    network: KnownNetwork
    results: tuple[QueryResult, ...]
    is_cut: bool = False
    query: PathQuery = PathQuery()  # noqa: RUF009 (frozen)

    @property
    def months(self) -> float:
        """How often the range fits into a month of 730 hours."""
        return timedelta(hours=HOURS) / max(self.window.length, timedelta(minutes=1))


def bill(logs: CostQueries, window: Window, filters: Filters = NO_FILTERS) -> Bill:
    """What a range cost.

    Args:
        logs: Answers questions.
        window: The range.
        filters: Conditions besides its own.

    Raises:
        MissingDataError: No record has addresses, bytes or action.
    """
    choices = logs.price_choices
    network = network_of(logs.known, choices.owner_tags, logs.hidden_blocks)
    named = {name: blocks for name, blocks in network.lists.items() if blocks}
    query = PathQuery(None, network.blocks_v6, tuple(network.publics), named)
    members = logs.aws_addresses(query, window, filters)
    # What EC2 knows of interfaces tells most directions; to infer them takes half of the time.
    query = replace(query, members=members, inferred=not network.holders)
    paths, found = _asked(logs, query, network, window, filters)
    if not query.inferred and found.charges["rule"].eq("no-direction").any():
        query = replace(query, inferred=True)
        paths, found = _asked(logs, query, network, window, filters)
    cut = len(paths[0].frame) == query.limit
    covered = _with_records(window, logs.extent)
    made = Bill(found, covered, logs.prices, found.network, paths, cut, query)
    charges = less_free(found.charges, logs.prices.free_gb / made.months)
    return replace(made, found=replace(found, charges=charges))


def _asked(
    logs: CostQueries, query: PathQuery, network: KnownNetwork, window: Window, filters: Filters
) -> tuple[tuple[QueryResult, ...], Attributed]:
    """What the engine answered, and its charges."""
    paths, transit = logs.ask_paths(query, window, filters)
    frame = None if transit is None else transit.frame
    choices, aws = logs.price_choices, bool(query.members)
    found = attributed(paths.frame, network, logs.prices, choices, frame, aws)
    return tuple(result for result in (paths, transit) if result is not None), found


def _with_records(window: Window, extent: Window | None) -> Window:
    """The part of a range from the first to the last record of all."""
    if extent is None or extent.end <= window.start or extent.start >= window.end:
        return window
    return Window(max(window.start, extent.start), min(window.end, extent.end))


def month_before(logs: CostQueries, window: Window) -> Window | None:
    """The same range 30 days earlier; None where the records do not reach back so far."""
    earlier, extent = window.moved(-MONTH), logs.extent
    if extent is None or extent.start > earlier.start + timedelta(hours=1):
        return None
    return earlier


def before(logs: CostQueries, window: Window, filters: Filters = NO_FILTERS) -> Bill | None:
    """What the range 30 days earlier cost; None where it is not known."""
    earlier = month_before(logs, window)
    return bill(logs, earlier, filters) if earlier else None


def listed(found: Bill, by: str, earlier: Bill | None = None) -> pd.DataFrame:
    """Costs by what they are listed by, the dearest first.

    Args:
        found: What the range cost.
        by: A key of `BY`.
        earlier: The range a month before.

    Returns:
        The columns of `by`, bytes (each once in a path), billed_bytes (each as often as it is
        billed), dollars, dollars_month (at this pace, of 730 hours), dollars_before and change
        (percent) where the month before is known, and rule: why its records count. Of pairs also
        source_name and destination_name after the addresses: that of the host, "" where its
        address is that of several or of none that is known.

    Raises:
        ParameterError: Costs are not listed by that.
    """
    require_by(by)
    keys = list(BY[by])
    charges = _shown(found.found.charges, keys, by)
    rows = charges.groupby(keys)[list(SUMS)].sum()
    if by == "path":
        rows = rows.reindex(PATHS, fill_value=0.0)
    why = charges.groupby(keys, sort=False)["rule"].agg(_reasons)
    rows = rows.assign(dollars_month=rows["dollars"] * found.months)
    if earlier is not None:
        then = _shown(earlier.found.charges, keys, by).groupby(keys)["dollars"].sum()
        rows["dollars_before"] = then.reindex(rows.index).fillna(0.0)
        base = rows["dollars_before"].where(rows["dollars_before"] > 0)
        rows["change"] = 100 * (rows["dollars"] - base) / base
    if "rule" not in keys:
        rows["rule"] = why.reindex(rows.index).fillna("")
    # The last bits of a sum depend on the order it was added in: equal ones stand by their keys.
    rows = rows.sort_values(
        ["dollars", "bytes"], ascending=False, kind="stable", key=lambda sums: sums.round(9)
    ).reset_index()
    rows[["bytes", "billed"]] = rows[["bytes", "billed"]].round().astype("int64")
    if by == "pair":
        for place, end in enumerate(keys):
            names = _names_of(found, end, set(rows[end]))
            rows.insert(len(keys) + place, f"{end}_name", rows[end].map(names))
    return rows.rename(columns={"billed": "billed_bytes"})


def _names_of(found: Bill, end: str, addresses: Collection[str]) -> dict[str, str]:
    """The host at each address; "" where it is not one alone."""
    charges, network = found.found.charges, found.network
    seen = charges.loc[charges[end].isin(addresses), ["vpc_id", end]].drop_duplicates()
    named: dict[str, set[str]] = {}
    for vpc, address in seen.itertuples(index=False):
        holder = network.holder(network.vpc_of(vpc, address), address)
        named.setdefault(address, set()).add(holder.name if holder else "")
    return {address: min(of) if len(of) == 1 else "" for address, of in named.items()}


def require_by(by: str) -> None:
    """Refuse to list costs by what they are not listed by.

    Raises:
        ParameterError: There is no such list.
    """
    if by not in BY:
        raise ParameterError(
            f"Costs are not listed by '{by}'.",
            f"{closest(by, BY)} There are: {', '.join(BY)}.".strip(),
        )


def _shown(charges: pd.DataFrame, keys: list[str], by: str) -> pd.DataFrame:
    """Charges with words for what is not known."""
    words = {key: charges[key].replace("", NOT_KNOWN.get(key, "unknown")) for key in keys}
    shown = charges.assign(**words)
    if by in ("owner", "pair", "service"):
        return shown[shown["dollars"].ne(0) | shown["path"].eq(UNATTRIBUTED)]
    return shown


def _reasons(names: pd.Series) -> str:
    """The rules of a row in words, those of the most charges first."""
    return "; ".join(RULES[name].text for name in names.value_counts().index)


def notes(found: Bill) -> tuple[str, ...]:
    """What to know of a bill: its prices, what was counted once, what is not in it."""
    charges, logged = found.found.charges, found.found.logged
    own = " with the settings' changes" if found.prices.own or found.prices.factor != 1 else ""
    said = [f"List prices of {found.prices.date:%d %b %Y}{own}, in US dollars without tax."]
    unsure = sorted(
        {
            f"{item} in {region or 'an unknown region'}"
            for item, region in charges[["item", "region"]]
            .drop_duplicates()
            .itertuples(index=False)
            if item and not found.prices.is_known(item, region)
        }
    )
    if unsure:
        said.append(
            f"Prices that are not confirmed, or are those of us-east-1: {', '.join(unsure)}."
        )
    if charges["item"].eq(INTERNET_ITEM).any():
        said.append(_said_of_free(found.prices.free_gb))
    if found.found.copies and logged:
        share = 100 * found.found.copies / logged
        said.append(
            f"{share:.0f} % of {logged / GB:,.1f} GB logged is of traffic that another interface "
            "logged too: it counts once."
        )
    said += without_direction(charges, logged)
    if found.is_cut:
        said.append("There are too many pairs of addresses: the smallest are left out.")
    return tuple(said)


def _said_of_free(gb: float) -> str:
    if gb:
        return f"{gb:g} GB a month to the Internet are free (internet_free_gb in the settings)."
    return (
        "The 100 GB a month to the Internet that AWS gives all accounts of a bill together are not "
        "deducted (internet_free_gb in the settings)."
    )


def total(found: Bill) -> float:
    """Dollars of all charges."""
    return float(found.found.charges["dollars"].sum())


def over_time(
    logs: CostQueries, found: Bill, every: timedelta, window: Window, filters: Filters = NO_FILTERS
) -> pd.DataFrame:
    """Dollars and bytes by timeslice and path: `bucket`, path, dollars, bytes.

    Rules look at ways, whenever they were taken: what a way costs is shared among the timeslices by
    their bytes, and no rule runs again.

    Args:
        logs: Answers questions.
        found: What the range cost.
        every: Timeslice.
        window: The range that was asked for.
        filters: As of `found`.
    """
    charges = found.found.charges
    paid = charges[charges["dollars"] > 0]
    of_ways = paid.groupby(["way", "path"], as_index=False)[["dollars", "bytes"]].sum()
    without = _needless(found.results[0].frame)
    answers = logs.ask_paths(replace(found.query, every=every, without=without), window, filters)
    shares = [
        _shares(whole.frame, part.frame, sign)
        for whole, part, sign in zip(found.results, answers, (1, -1), strict=False)
        if part is not None
    ]
    rows = pd.concat(shares).merge(of_ways, on="way")
    for name in ("dollars", "bytes"):
        rows[name] *= rows["share"]
    made = rows.groupby(["bucket", "path"], as_index=False)[["dollars", "bytes"]].sum()
    return made.sort_values(["bucket", "path"]).reset_index(drop=True)


def _needless(ways: pd.DataFrame) -> frozenset[str]:
    """Columns without which the others still tell all ways apart: to group by them takes time."""
    keys = [name for name in ways if name not in VOLUMES]
    needless = set()
    for name in reversed(keys):
        rest = [key for key in keys if key != name and key not in needless]
        if rest and not ways.duplicated(rest).any():
            needless.add(name)
    return frozenset(map(str, needless))


def _shares(whole: pd.DataFrame, parts: pd.DataFrame, sign: int) -> pd.DataFrame:
    """The share of each timeslice in the bytes of a way: `bucket`, `way`, `share`.

    Args:
        whole: Ways of the whole range.
        parts: The same by `bucket`.
        sign: 1: ways of records; -1: of the log of a transit gateway.
    """
    keys = [name for name in parts if name not in ("bucket", *VOLUMES)]
    index = pd.RangeIndex(len(whole))
    ways = whole.assign(way=index if sign > 0 else -1 - index)
    rows = parts[["bucket", *keys, "bytes"]].merge(
        ways[[*keys, "way", "bytes"]], on=keys, suffixes=("", "_of_way")
    )
    share = rows["bytes"].astype("float64") / rows["bytes_of_way"].astype("float64")
    return rows[["bucket", "way"]].assign(share=share)
