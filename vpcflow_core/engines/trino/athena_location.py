"""Where Amazon Athena has the tables: `athena://catalog.database?workgroup=...&output=s3://...`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from vpcflow_core.engines.trino.parameters import Parameters

EXAMPLE = "athena://AwsDataCatalog.flowlogs?workgroup=vpcflow&output=s3://bucket/results/"
# Text that lies in S3 is read whole for each question: what is older has to be asked for.
SINCE = timedelta(days=8)
REFRESH = timedelta(minutes=10)
# What Athena costs in US East (N. Virginia), USD a TB; other regions differ.
PRICE = 5.0
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
        group = f"?workgroup={quote(self.workgroup)}"
        return f"athena://{self.catalog}.{self.database}{group}" + (
            f"&region={self.region}" if self.region else ""
        )

    @staticmethod
    def parse(url: str) -> AthenaLocation:
        """Read a URL.

        Raises:
            SettingsError: It lacks a part, or has one that is unknown.
        """
        wrong = f"'{url}' names nothing of Athena", EXAMPLE
        parts, read = Parameters.split(url, _KNOWN, wrong)
        catalog, dot, database = parts.netloc.rpartition(".")
        if not (catalog and dot and database) or parts.path.strip("/"):
            raise read.error("it needs a catalog and a database")
        output = read.text("output")
        if output and not re.match(r"s3://[^/]+", output):
            raise read.error(f"output is no folder in S3: '{output}'")
        return AthenaLocation(
            catalog.lower(),
            database.lower(),
            workgroup=read.text("workgroup", "primary"),
            output=output,
            region=read.text("region"),
            profile=read.text("profile"),
            endpoint=read.text("endpoint"),
            since=read.length("since") or SINCE,
            refresh=read.length("refresh") or REFRESH,
            day=read.size("day"),
            page=read.size("page"),
            price=read.price("price", PRICE),
            unlimited=read.choice("unlimited", "yes", "no", False),
        )
