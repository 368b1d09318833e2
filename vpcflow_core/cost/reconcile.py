"""Our sums beside those of AWS's bill, by usage type, with the share that records explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from vpcflow_core.cost.billing import Bill, CostQueries, bill
from vpcflow_core.cost.items import RULES
from vpcflow_core.cost.prices import GB
from vpcflow_core.cost.usage_report import UsageReport
from vpcflow_core.cost.usage_types import ITEMS, usage_type_of
from vpcflow_core.errors import TimeError
from vpcflow_core.times import Window

COLUMNS = (
    "usage_type", "region", "unit", "billed", "logged", "explained", "billed_dollars", "dollars",
    "reason",
)  # fmt: skip
REASONS = {
    "": "",
    "hours": "hours are in no record",
    "not modelled": "not modelled",
    "collection": "what collecting logs costs: --by collection",
    "another service": "sent by a service outside the VPCs",
}
NAMED = 3  # usage types of a row that are spelled out
GOOD = 90.0  # percent; less has a reason to look for


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Our sums beside the bill's.

    Attributes:
        rows: `COLUMNS`, the dearest on the bill first.
        window: The range that both have.
        notes: What to know of it.
    """

    rows: pd.DataFrame
    window: Window
    notes: tuple[str, ...]


def reconciled(logs: CostQueries, report: UsageReport, window: Window) -> Reconciled:
    """Set a report beside what records show of the same time.

    Args:
        logs: Answers questions.
        report: AWS's Cost and Usage Report.
        window: The range to compare; what the report or the records lack of it is left out.

    Raises:
        TimeError: The report has no whole line in the range.
    """
    known = _known(logs, window)
    common = report.common(known) if known else None
    if common is None:
        raise TimeError(
            f"The report goes from {_said(report.window)}, the records from "
            f"{_said(known) if known else 'no time of this range'}: no whole line is in both.",
            "Choose a range or a report of the same days; one with a line an hour fits best.",
        )
    found = bill(logs, common)
    lines = _lines(report.usage(common))
    rows = _rows(lines, _ours(found))
    return Reconciled(rows, common, (*_summary(rows, common), *_accounts(lines, found)))


def _known(logs: CostQueries, window: Window) -> Window | None:
    """The part of a range that there are records of."""
    extent = logs.extent
    if extent is None or extent.end <= window.start or extent.start >= window.end:
        return None
    return Window(max(window.start, extent.start), min(window.end, extent.end))


def _said(window: Window) -> str:
    return f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M}"


def _lines(usage: pd.DataFrame) -> pd.DataFrame:
    """Usage with item, kind, and region: the report's own, else by the usage type's code."""
    types = [
        usage_type_of(*pair) for pair in zip(usage["usage_type"], usage["product"], strict=True)
    ]
    coded = pd.Series([t.region if t else "" for t in types], usage.index, dtype="object")
    return usage.assign(
        item=[t.item if t else "" for t in types],
        kind=[t.kind if t else "" for t in types],
        region=usage["region"].where(usage["region"].ne(""), coded),
    )


def _ours(found: Bill) -> pd.DataFrame:
    """GB and dollars by item and region."""
    charges = found.found.charges
    items = charges["rule"].map({name: rule.item for name, rule in RULES.items()})
    paid = charges.assign(item=items)[items.ne("")]
    sums = paid.groupby(["item", "region"])[["billed", "dollars"]].sum()
    return sums.assign(logged=sums["billed"] / GB).drop(columns="billed")


def _rows(lines: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """A row an item and region; what no record shows has a row a usage type."""
    shown = lines["item"].ne("")
    keys = lines["usage_type"].where(~shown, lines["item"])
    groups = lines.assign(key=keys).groupby(["key", "item", "kind", "region"])
    billed = groups.agg(
        usage_type=("usage_type", _named),
        billed=("amount", "sum"),
        billed_dollars=("dollars", "sum"),
    )
    rows = billed.reset_index().merge(
        ours.reset_index(), "outer", on=["item", "region"], suffixes=("", "_ours")
    )
    rows = rows.fillna({"billed": 0.0, "billed_dollars": 0.0, "kind": ""})
    mine = rows["item"].ne("")
    for name in ("logged", "dollars"):
        rows[name] = rows[name].fillna(0.0).where(mine)
    typical = rows["item"].map({item: name for name, item in reversed(ITEMS.items())})
    rows["usage_type"] = rows["usage_type"].fillna(typical)
    base = rows["billed"].where(mine & rows["billed"].gt(0))
    rows["explained"] = (100 * rows["logged"] / base).replace([np.inf, -np.inf], np.nan)
    rows["unit"] = np.where(rows["kind"].eq("hours"), "hours", "GB")
    rows["reason"] = rows["kind"].map(REASONS).fillna("")
    rows["reason"] = rows["reason"].mask(mine & rows["billed"].eq(0), "not on the bill")
    rows = rows.sort_values(["billed_dollars", "dollars"], ascending=False, kind="stable")
    return rows[list(COLUMNS)].reset_index(drop=True)


def _named(names: pd.Series) -> str:
    """Usage types, the first few by name."""
    several = sorted(set(names))
    more = f" and {len(several) - NAMED} more" if len(several) > NAMED else ""
    return ", ".join(several[:NAMED]) + more


def _summary(rows: pd.DataFrame, window: Window) -> tuple[str, ...]:
    """What of the bill is explained, at which prices, and where to look for the rest."""
    billed = float(rows["billed_dollars"].sum())
    share = (rows["explained"].fillna(0) / 100).clip(upper=1)
    explained = float((rows["billed_dollars"] * share).sum())
    said = [f"Compared: {_said(window)} UTC, usage on the bill without credits and taxes."]
    if billed > 0:
        hours = float(rows.loc[rows["unit"].eq("hours"), "billed_dollars"].sum())
        said.append(
            f"Records explain {explained:,.2f} of {billed:,.2f} dollars of network on the bill "
            f"({100 * explained / billed:.0f} %); {hours:,.2f} are hours, which are in no record."
        )
    both = rows[rows["billed"].gt(0) & rows["logged"].gt(0)]
    listed = float((both["dollars"] / both["logged"] * both["billed"]).sum())
    paid = float(both["billed_dollars"].sum())
    if listed > 0 and abs(paid / listed - 1) > 0.01:
        said.append(
            f"The bill's prices are {paid / listed:.2f} of those used here: set factor in [cost]."
        )
    low = rows[rows["explained"].lt(GOOD)]
    if len(low):
        said.append(
            "Less than the bill: look for interfaces without flow log, SKIPDATA, records that came "
            "late, zones that are not known, and other accounts."
        )
    return tuple(said)


def _accounts(lines: pd.DataFrame, found: Bill) -> tuple[str, ...]:
    """Accounts on the bill that no record is of."""
    ours = set(found.found.charges["account"])
    other = lines[lines["item"].ne("") & ~lines["account"].isin({*ours, ""})]
    sums = other.groupby("account")["amount"].sum().sort_values(ascending=False)
    if sums.empty:
        return ()
    first = ", ".join(f"{account} ({gb:,.1f} GB)" for account, gb in sums.head(NAMED).items())
    more = f" and {len(sums) - NAMED} more" if len(sums) > NAMED else ""
    return (f"On the bill, but without records: account {first}{more}.",)
