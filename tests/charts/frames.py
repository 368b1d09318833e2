"""Frames as the analyses give them, for any panel; small, but with all that may be in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from vpcflow_core.cost.remedy import Remedy, rows_of
from vpcflow_core.panels.catalogue import PANELS, Headline, Panel, PanelAnswer

EVERY = timedelta(hours=1)
START = datetime(2026, 11, 1, 22, tzinfo=UTC)
HUGE = 2**53 + 12_345
VALUES: dict[str, list[object]] = {
    "srcaddr": ["10.0.0.1", "2001:db8:85a3:1111:2222:8a2e:370:7334", "52.1.2.3"],
    "dstaddr": ["10.0.0.9", "2001:db8:85a3:1111:2222:8a2e:370:9999", "52.9.2.3"],
    "srcport": [443, 51_422, 0],
    "dstport": [443, 22, 0],
    "protocol": [6, 17, 58],
    "interface_id": ["eni-0b5a9fb1e7797da2b", "eni-0b5affffffffffff0", "eni-1"],
    "vpc_id": ["vpc-0cd5cc9de15f527c5", "vpc-06fdb6ccab05761ec", "vpc-1"],
    "subnet_id": ["subnet-0cd5cc9de15f527c5", "subnet-06fdb6ccab05761ec", "subnet-1"],
    "security_group_id": ["sg-0309cf2e1e40e89d5", "sg-03ee382a93975a378", "sg-1"],
    "account_id": ["123456789012", "210987654321"],
    "region": ["eu-central-1", "us-east-1"],
    "action": ["ACCEPT", "REJECT"],
    "direction": ["inbound", "outbound", "internal"],
    "log_status": ["OK", "NODATA", "SKIPDATA"],
    "reject_reason": ["BPA", "EC"],
    "path": ["NAT processing", "cross-AZ", "unattributed"],
    "owner": ["shop", "no owner known"],
    "service": ["S3", "no AWS service"],
    "source": ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
    "destination": ["Internet", "10.0.0.9", "10.0.0.8"],
    "traffic_path": [1, 8, 9],
    "next_hop_interface_type": ["nat_gateway", "vpc_endpoint", "transit_gateway"],
    "dst_service": ["S3", "DYNAMODB", "EC2"],
    "src_service": ["S3", "DYNAMODB", "EC2"],
    "tgw_id": ["tgw-1", "tgw-2", "tgw-3"],
    "tgw_attachment_id": ["tgw-attach-1", "tgw-attach-2", "tgw-attach-3"],
    "flow_log": ["fl-052b2a381d4392253", "fl-09b60fb0a8f06366b", "fl-1"],
}
# Two ids may have one name.
NAMES = {
    field: dict.fromkeys(VALUES[field][:2], "prod-web")
    for field in ("interface_id", "vpc_id", "subnet_id", "security_group_id")
}


def buckets(count: int, every: timedelta = EVERY) -> pd.Series:
    return pd.Series(pd.date_range(START, periods=count, freq=every), name="bucket")


def answer(frame: pd.DataFrame, every: timedelta | None = None, **more: object) -> PanelAnswer:
    """An answer of data that ends in the middle of the third hour."""
    given = PanelAnswer(frame, "select", 0.1, (), every, START + 2.5 * EVERY, names=NAMES)
    return replace(given, **more)


def usual(panel: Panel) -> PanelAnswer:
    """An answer of that panel."""
    return MAKERS[panel.chart](panel)


def _groups(panel: Panel) -> PanelAnswer:
    """Two rows a group of the first field where there is a second one; the last has no part."""
    first, *others = panel.query.by
    frame = pd.DataFrame({first: VALUES[first]})
    for place, field in enumerate(others):
        values = pd.Series(VALUES[field]).convert_dtypes()
        frame[field] = values.reindex([(row + place) % 4 for row in range(len(frame))]).array
    return answer(_measured(panel, frame))


def _over_time(panel: Panel) -> PanelAnswer:
    times = buckets(4)
    if not panel.query.by:
        return answer(_measured(panel, pd.DataFrame({"bucket": times})), EVERY)
    (field,) = panel.query.by
    kinds = pd.DataFrame({field: pd.Series([*VALUES[field], None]).convert_dtypes()})
    return answer(_measured(panel, times.to_frame().merge(kinds, how="cross")), EVERY)


def _band(panel: Panel) -> PanelAnswer:
    values = pd.Series([5, 0, 90, 3])
    frame = pd.DataFrame({"bucket": buckets(4), "value": values, "mean": 4.5})
    frame = frame.assign(deviation=1.5, lower=-0.5, upper=9.5, error=values - 4.5)
    return answer(frame.assign(indicator=values > 9, violation=values > 9), EVERY)


def _lines(panel: Panel) -> PanelAnswer:
    past = {
        "value_1d": pd.array([1, 2, None, 4], "Int64"),
        "value_7d": pd.array([None] * 4, "Int64"),
    }
    return answer(pd.DataFrame({"bucket": buckets(4), "value": [5, 0, 9, 3], **past}), EVERY)


def _trend(panel: Panel) -> PanelAnswer:
    values = pd.array([5, 0, 9, None, None], "Int64")
    frame = pd.DataFrame({"bucket": buckets(5), "value": values, "predicted": 4.25})
    return answer(frame.assign(lower=-1.0, upper=8.0), EVERY)


def _number(panel: Panel) -> PanelAnswer:
    lines = [Headline("", 1_234, panel.value, 1_000), Headline("Bytes", HUGE, "bytes")]
    frame = pd.DataFrame({panel.query.by[0]: ["a"]}) if panel.query.by else None
    shown = pd.DataFrame({"bucket": buckets(4), panel.value: [1, 0, 3, 2]})
    return answer(shown if frame is None else frame, EVERY, headlines=tuple(lines))


def _box(panel: Panel) -> PanelAnswer:
    names = ("packets_min", "packets_q1", "packets_median", "packets_q3", "packets_max")
    rows = np.array([[1, 2, 3, 4, 500], [np.nan] * 5, [1, 1, 1, 1, 1], [2, 3, 4, 5, 6]])
    return answer(pd.DataFrame(rows, columns=list(names)).assign(bucket=buckets(4), flows=1), EVERY)


def _map(panel: Panel) -> PanelAnswer:
    frame = pd.DataFrame(
        {
            "country": ["US", "DE"], "country_name": ["United States", "Germany"],
            "city": [None, "Berlin"], "latitude": [39.0, 52.5], "longitude": [-98.0, 13.4],
            "flows": [400, 100], "bytes": [1, 2], "addresses": [3, 4],
        }
    )  # fmt: skip
    return answer(frame)


def _table(panel: Panel) -> PanelAnswer:
    if panel.slug == "outliers/episodes":
        return _episodes()
    if panel.slug == "cost/remedies":
        return _remedies()
    if panel.slug != "outliers/violations":
        return _groups(panel)
    frame = pd.DataFrame(
        {
            "bucket": buckets(2), "panel": ["outliers/bytes", "outliers/packets"],
            "measure": ["bytes", "packets"], "value": [3 * 1024**2, 1_500],
            "lower": [-5.0, 10.0], "upper": [1024.0, 900.0], "error": [2.0, 3.0],
            "deviations": [12.34, 3.1], "title": ["Bytes", "Packets"],
        }
    )  # fmt: skip
    return answer(frame, EVERY)


def _remedies() -> PanelAnswer:
    found = [
        Remedy("S3 by a gateway endpoint", 24.6, "342 GB", "a", 1.0, 7.2, "eni-1", template="x"),
        Remedy("Delete the NAT gateway spare", 36.5, "idle"),
    ]
    return answer(rows_of(found))


def _episodes() -> PanelAnswer:
    start = buckets(2)
    frame = pd.DataFrame(
        {
            "start": start, "end": start + EVERY, "what": ["Bytes, Packets", "Rejected flows"],
            "measure": ["bytes", "flows"], "value": [3 * 1024**2, 1_500.0], "lower": [-5.0, 0.0],
            "upper": [1024.0, 9.0], "deviations": [12.34, 3.1], "change": [1e6, 1e3],
            "score": [30.0, 4.0], "panel": ["outliers/bytes", "outliers/rejected"],
            "field": ["", ""], "of": ["", ""], "made_by": ["source address 10.0.0.1 (+3 MB)", ""],
            "filters": [(("srcaddr", "10.0.0.1"),), ()],
        }
    )  # fmt: skip
    return answer(frame, EVERY)


def _measured(panel: Panel, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with the panel's measures, the largest first."""
    counts = range(len(frame), 0, -1)
    times = {"first": START, "last": START + EVERY}
    columns = {name: times.get(name, [n * 1_000 for n in counts]) for name in panel.query.measures}
    return frame.assign(**columns)


MAKERS = {
    "map": _map, "bars": _groups, "split": _groups, "donut": _groups, "columns": _over_time,
    "stacked": _over_time, "area": _over_time, "band": _band, "lines": _lines, "trend": _trend,
    "number": _number, "box": _box, "table": _table,
}  # fmt: skip
assert {panel.chart for panel in PANELS.values()} <= set(MAKERS)
