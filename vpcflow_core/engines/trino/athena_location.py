"""Where Amazon Athena has the tables: `athena://catalog.database?workgroup=...&output=s3://...`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from vpcflow_core.errors import SettingsError
from vpcflow_core.times import parse_duration

EXAMPLE = "athena://AwsDataCatalog.flowlogs?workgroup=vpcflow&output=s3://bucket/results/"
# Text that lies in S3 is read whole for each question: what is older has to be asked for.
SINCE = timedelta(days=8)
REFRESH = timedelta(minutes=10)
# What Athena costs in US East (N. Virginia), USD a TB; other regions differ.
PRICE = 5.0
_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_KNOWN = (
    "workgroup", "output", "region", "profile", "endpoint", "since", "refresh", "day", "page",
    "price", "unlimited",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AthenaLocation:
    """A database with the relations, at Athena.

    Attributes:
        catalog, database: Of Glue.
        workgroup: Whose limits hold.
        output: Folder in S3 for results; "" for the workgroup's own.
        region, profile: Of AWS; "" for those of the AWS configuration.
        endpoint: Address of Athena, such as that of a VPC endpoint; "" for AWS's own.
        since: Only records of that most recent time count.
        refresh: How often it is looked whether there are new records; answers are reused as long.
        day: Most bytes that this process may have scanned in a UTC day; None: no limit.
        page: Most bytes that the panels of a page may have scanned, as it is shown; None: no limit.
        price: USD a TB.
        unlimited: Whether a workgroup without a limit for each query may be used.
    """

    catalog: str
    database: str
    workgroup: str = "primary"
    output: str = ""
    region: str = ""
    profile: str = ""
    endpoint: str = ""
    since: timedelta = SINCE
    refresh: timedelta = REFRESH
    day: int | None = None
    page: int | None = None
    price: float = PRICE
    unlimited: bool = False

    @property
    def url(self) -> str:
        """The URL with what another client of the same needs."""
        group = f"?workgroup={self.workgroup}"
        return f"athena://{self.catalog}.{self.database}{group}" + (
            f"&region={self.region}" if self.region else ""
        )

    @staticmethod
    def parse(url: str) -> AthenaLocation:
        """Read a URL.

        Raises:
            SettingsError: It lacks a part, or has one that is unknown.
        """
        parts = urlsplit(url)
        catalog, dot, database = parts.netloc.rpartition(".")
        if not (catalog and dot and database) or parts.path.strip("/"):
            raise _wrong(url, "it needs a catalog and a database")
        given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := sorted(given.keys() - set(_KNOWN)):
            raise _wrong(url, f"'{unknown[0]}' is no parameter, known are {', '.join(_KNOWN)}")
        return AthenaLocation(
            catalog.lower(),
            database.lower(),
            workgroup=given.get("workgroup", "primary"),
            output=given.get("output", ""),
            region=given.get("region", ""),
            profile=given.get("profile", ""),
            endpoint=given.get("endpoint", ""),
            since=parse_duration(given["since"]) if "since" in given else SINCE,
            refresh=parse_duration(given["refresh"]) if "refresh" in given else REFRESH,
            day=_bytes(url, given["day"]) if "day" in given else None,
            page=_bytes(url, given["page"]) if "page" in given else None,
            price=_price(url, given),
            unlimited=given.get("unlimited") == "yes",
        )


def _bytes(url: str, text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([MGT]B)", text)
    if not found:
        raise _wrong(url, f"'{text}' is no size such as 500GB")
    return int(float(found[1]) * _UNITS[found[2]])


def _price(url: str, given: Mapping[str, str]) -> float:
    try:
        return float(given.get("price", PRICE))
    except ValueError:
        raise _wrong(url, f"'{given['price']}' is no price in USD a TB") from None


def _wrong(url: str, why: str) -> SettingsError:
    return SettingsError(f"'{url}' names nothing of Athena: {why}.", f"Write it as {EXAMPLE}")
