"""Charges: bytes of an item, whose account pays, and by which rule they count."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vpcflow_core.cost.items import INTERNET_OUT, RULES
from vpcflow_core.cost.prices import GB, Prices
from vpcflow_core.query.cost import INTERNET

INTERNET_ITEM = "internet-out-gb"
GLOBAL = "global"  # the region of CloudFront and the like in AWS's ranges
COLUMNS = (
    "path", "item", "rule", "account", "owner", "region", "source", "source_id", "destination",
    "service", "vpc_id", "az", "far_az", "far_region",
    "gateway", "way", "bytes", "billed", "packets",
)  # fmt: skip


def charge(rows: pd.DataFrame, rule: str, *, ends: Any = 1, **columns: Any) -> pd.DataFrame:
    """Rows as charges of a rule.

    Args:
        rows: Which.
        rule: Name of a row of `RULES`.
        ends: How often each byte is billed.
        columns: What differs from the record: `account`, `owner`, `source`, `bytes`, ...
    """
    values = {
        "path": RULES[rule].path,
        "item": RULES[rule].item,
        "rule": rule,
        "account": rows["account_id"],
        "owner": rows["owner"],
        "region": rows["region"],
        "source": rows["real_near"],
        "source_id": rows["interface_id"],
        "destination": rows["real_far"],
        "service": rows["service"],
        "vpc_id": rows["vpc_id"],
        "az": rows["az_id"],
        "far_az": "",
        "far_region": "",
        "gateway": "",
        "way": rows.index,
        "bytes": rows["bytes"],
        "packets": rows["packets"],
    } | columns
    made = pd.DataFrame(values, index=rows.index)
    made["billed"] = rows["bytes"] * ends if rule else 0
    return made


def other_end(charges: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """The same bytes, billed to the account of the other end too; the path counts them once."""
    return charges.assign(**columns, bytes=0.0, packets=0)


def sent_out(rows: pd.DataFrame, to: pd.Series, services: pd.Series, **columns: Any) -> list[Any]:
    """Charges of what leaves for the Internet or for AWS, by where it goes.

    Args:
        rows: Which.
        to: Class of the destination: AWS's name of a range, or `Internet`.
        services: `pkt-dst-aws-service`, "" where it is not known.
        columns: As of `charge`.
    """
    region = aws_region(to)
    own = region.eq(rows["region"]) | (region.eq("") & services.ne(""))
    is_aws = to.ne(INTERNET) | services.ne("")
    everywhere = services.str.startswith("CLOUDFRONT") | region.eq(GLOBAL)
    is_free = is_aws & (own | everywhere)
    ec2 = is_free & (services.eq("EC2") | to.str.endswith(".ec2"))
    parts = {
        "public-inside": ec2,
        "aws-free": is_free & ~ec2,
        "region": is_aws & ~is_free,
        "internet": ~is_aws,
    }
    return [
        charge(rows[which], rule, **_of(columns, which))
        for rule, which in parts.items()
        if which.any()
    ]


def aws_region(names: pd.Series) -> pd.Series:
    """The region in the name of AWS's ranges, `com.amazonaws.REGION.SERVICE`; "" without one."""
    return names.str.extract(r"^com\.amazonaws\.([a-z0-9-]+)\.", expand=False).fillna("")


def service_of(names: pd.Series) -> pd.Series:
    """The service in the name of AWS's ranges, in capitals; "" without one."""
    found = names.str.extract(r"^com\.amazonaws\.[a-z0-9-]+\.(\w+)$", expand=False)
    return found.fillna("").str.upper()


def _of(columns: dict[str, Any], which: pd.Series) -> dict[str, Any]:
    return {n: v[which] if isinstance(v, pd.Series) else v for n, v in columns.items()}


def priced(charges: pd.DataFrame, prices: Prices) -> pd.DataFrame:
    """The charges with `dollars`."""
    keys = charges[["item", "region"]].drop_duplicates()
    each = {
        (item, region): prices.dollars(item, region) if item else 0.0
        for item, region in keys.itertuples(index=False)
    }
    per_gb = pd.Series(
        [each[key] for key in zip(charges["item"], charges["region"], strict=True)],
        index=charges.index,
        dtype="float64",
    )
    return charges.assign(dollars=charges["billed"] / GB * per_gb)


def less_free(charges: pd.DataFrame, gb: float) -> pd.DataFrame:
    """The charges with some GB to the Internet free: each of them pays that much less.

    Args:
        charges: With `dollars`.
        gb: How many GB of all of them together.
    """
    out = charges["item"].eq(INTERNET_ITEM)
    billed = float(charges.loc[out, "billed"].sum()) / GB
    if not (gb and billed):
        return charges
    paid = max(1 - gb / billed, 0.0)
    return charges.assign(dollars=charges["dollars"].where(~out, charges["dollars"] * paid))


__all__ = [
    "COLUMNS",
    "INTERNET_ITEM",
    "INTERNET_OUT",
    "aws_region",
    "charge",
    "less_free",
    "other_end",
    "priced",
    "sent_out",
    "service_of",
]
