"""What a bill says: costs by path, owner, pair and more, and what there is to know of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pandas as pd

from vpcflow_core.cost.billing import Bill
from vpcflow_core.cost.charges import INTERNET_ITEM
from vpcflow_core.cost.items import PATHS, RULES, UNATTRIBUTED
from vpcflow_core.cost.prices import GB
from vpcflow_core.cost.unpriced import without_direction
from vpcflow_core.errors import ParameterError, closest

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
