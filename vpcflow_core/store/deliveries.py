"""What flow logs delivered, by the ledger: records of each, where to, and in which form."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from vpcflow_core.store.hours import HOUR
from vpcflow_core.store.ledger import Ledger, to_ms
from vpcflow_core.times import Window

_RECORDS = """
    SELECT url, flow_log, sum(records) AS records FROM coverage
    JOIN sources ON source = sources.id WHERE hour >= ? AND hour < ? GROUP BY url, flow_log
"""
_OBJECTS = """
    SELECT url, flow_log_id, account, region, max(hint = 'parquet') AS parquet FROM objects
    JOIN sources ON source = sources.id WHERE state <> 'copy'
    GROUP BY url, flow_log_id, account, region
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a flow log delivered in a range of whole hours.

    Attributes:
        source: URL of the source.
        flow_log: Its id, else account and region of its objects; "" where nothing names it.
        account, region: As its objects are named; "" where they are not.
        is_parquet: Whether it delivers Parquet.
        records: Records of any log-status, without those that were left out.
    """

    source: str
    flow_log: str
    account: str
    region: str
    is_parquet: bool
    records: int


def deliveries(ledger: Ledger, window: Window, sources: Collection[str] | None) -> list[Delivery]:
    """What each flow log delivered in the hours that a window touches.

    Args:
        ledger: The store's ledger, its table of hours complete.
        window: The range.
        sources: URLs; None: all.
    """
    first, last = to_ms(window.start) // HOUR, -(-to_ms(window.end) // HOUR)
    objects = {
        (row["url"], row["flow_log_id"] or f"{row['account']} {row['region']}".strip()): row
        for row in ledger.rows(_OBJECTS)
    }
    found = []
    for row in ledger.rows(_RECORDS, [first, last]):
        if sources is not None and row["url"] not in sources:
            continue
        of = objects.get((row["url"], row["flow_log"]))
        account, region, parquet = (
            (of["account"], of["region"], bool(of["parquet"])) if of else ("", "", False)
        )
        found.append(
            Delivery(row["url"], row["flow_log"], account, region, parquet, int(row["records"]))
        )
    return found
