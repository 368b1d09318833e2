"""What collecting flow logs costs: bytes a day by flow log and destination, and what would save.

AWS bills the text of the records, wherever they go (docs/decisions/cost.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import pandas as pd

from vpcflow_core.cost.prices import GB, HOME, HOURS, Prices
from vpcflow_core.fields import FIELDS
from vpcflow_core.times import Window

CLOUDWATCH, S3, PARQUET = "CloudWatch Logs", "S3", "S3, Parquet"
# Items of the price table that a destination's GB of text are billed by.
ITEMS = {
    CLOUDWATCH: ("logs-cloudwatch-gb",),
    S3: ("logs-s3-gb",),
    PARQUET: ("logs-s3-gb", "logs-parquet-gb"),
}
# Dollars a month elsewhere, by column.
ELSEWHERE = {
    "dollars_month_s3": S3,
    "dollars_month_parquet": PARQUET,
    "dollars_month_cloudwatch": CLOUDWATCH,
}
DEFAULT_FIELDS = frozenset(
    f.name for f in FIELDS if f.version in (1, 2) and f.relation != "transit"
)
COLUMNS = (
    "flow_log", "destination", "source_url", "account_id", "region", "records_day", "line_bytes",
    "bytes_day", "dollars_month", "dollars_month_default", *ELSEWHERE,
)  # fmt: skip
DAY = timedelta(days=1)
MONTH = timedelta(hours=HOURS)
LONGEST = 5  # fields whose share of the bytes is named


class Delivered(Protocol):
    """What a flow log delivered in a range; see `store.deliveries`."""

    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def flow_log(self) -> str: ...  # noqa: D102
    @property
    def account(self) -> str: ...  # noqa: D102
    @property
    def region(self) -> str: ...  # noqa: D102
    @property
    def is_parquet(self) -> bool: ...  # noqa: D102
    @property
    def records(self) -> int: ...  # noqa: D102


def collected(
    deliveries: Sequence[Delivered],
    lengths: Mapping[str, Mapping[str, float]],
    window: Window,
    prices: Prices,
) -> pd.DataFrame:
    """What the flow logs of a range cost, at its pace.

    Args:
        deliveries: Records of each flow log in the range.
        lengths: By source: mean characters of each field, with the space after it.
        window: The range.
        prices: Dollars.

    Returns:
        `COLUMNS`, the dearest first: records, bytes of a line, bytes of text a day, dollars a month
        of 730 hours; the same with the 14 fields of AWS's default format, and with the same fields
        delivered elsewhere. Each GB is billed at the tier of all flow logs of its account and
        region.
    """
    rows = pd.DataFrame([_row(one, lengths.get(one.source, {}), window) for one in deliveries])
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    month = rows["bytes_day"] * (MONTH / DAY) / GB
    short = month * rows.pop("short")
    payer = rows["account_id"] + " " + rows["region"] + " " + rows["destination"]
    rows["dollars_month"] = _dollars(rows, month, rows["destination"], payer, prices)
    rows["dollars_month_default"] = _dollars(rows, short, rows["destination"], payer, prices)
    for name, destination in ELSEWHERE.items():
        there = pd.Series(destination, rows.index)
        rows[name] = _dollars(rows, month, there, payer, prices)
    return rows[list(COLUMNS)].sort_values("dollars_month", ascending=False, ignore_index=True)


def _row(one: Delivered, lengths: Mapping[str, float], window: Window) -> dict[str, object]:
    line = sum(lengths.values())
    default = sum(length for name, length in lengths.items() if name in DEFAULT_FIELDS)
    records = one.records * (DAY / window.length)
    scheme = one.source.partition("://")[0]
    destination = CLOUDWATCH if scheme == "cloudwatch" else PARQUET if one.is_parquet else S3
    region = one.region or (one.source.split("/")[2] if scheme == "cloudwatch" else "")
    return {
        "flow_log": one.flow_log or one.source,
        "destination": destination,
        "source_url": one.source,
        "account_id": one.account,
        "region": region,
        "records_day": records,
        "line_bytes": line,
        "bytes_day": records * line,
        "short": default / line if line else 1.0,
    }


def _dollars(
    rows: pd.DataFrame, gb: pd.Series, destination: pd.Series, payer: pd.Series, prices: Prices
) -> pd.Series:
    """Dollars a month of each row, at the mean price of all of its payer's GB."""
    sums = gb.groupby(payer).transform("sum")
    rates = [
        sum(
            prices.price(item, region or HOME).of(whole) / whole if whole else 0.0
            for item in ITEMS[place]
        )
        for place, region, whole in zip(destination, rows["region"], sums, strict=True)
    ]
    return gb * pd.Series(rates, rows.index, dtype="float64") * prices.factor


def notes_of(
    rows: pd.DataFrame, lengths: Mapping[str, Mapping[str, float]], prices: Prices
) -> tuple[str, ...]:
    """What to know of the rows: where the bytes are, how sure they are."""
    said = [
        f"List prices of {prices.date:%d %b %Y}, in US dollars; AWS bills the text of records, "
        "also of those delivered as Parquet. Storage and reading are not in it."
    ]
    means: dict[str, float] = {}
    for of in lengths.values():
        for name, length in of.items():
            means[name] = means.get(name, 0.0) + length / len(lengths)
    whole = sum(means.values())
    extra = sorted((n for n in means if n not in DEFAULT_FIELDS), key=lambda n: -means[n])
    if extra:
        named = ", ".join(
            f"{n.replace('_', '-')} {100 * means[n] / whole:.0f} %" for n in extra[:LONGEST]
        )
        said.append(f"Of each line, fields that the default format lacks take: {named}.")
    if (rows["destination"].eq(S3) & ~rows["source_url"].str.startswith("s3://")).any():
        said.append("Files of a folder count as delivered to S3.")
    return tuple(said)
