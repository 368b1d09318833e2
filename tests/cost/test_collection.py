"""What collecting logs costs: by the length of the lines that were delivered, and price by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.cost.collection import collected
from vpcflow_core.cost.prices import GB, shipped
from vpcflow_core.ranges import parse_range
from vpcflow_core.store.deliveries import Delivery

START = 1_795_132_800  # 2026-11-20 00:00 UTC
HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status vpc-id pkt-srcaddr"
)
DEFAULT = 14  # fields of AWS's default format


def lines_of() -> list[str]:
    made = []
    for n in range(48):
        at = START + 1800 * n
        who = f"5 123456789012 eni-{n % 3} 10.0.0.{n} 192.0.2.9"
        rest = f"{1024 + n} 443 6 {n} {n * n * 100} {at} {at + 600} ACCEPT OK vpc-1 10.0.9.{n}"
        made.append(f"{who} {rest}")
    made.append(f"5 123456789012 eni-9 - - - - - - - {START} {START + 60} - NODATA vpc-1 -")
    return made


@pytest.fixture(scope="module")
def delivered_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("delivered")
    name = "123456789012_vpcflowlogs_eu-west-1_fl-0aa_20261127T0000Z_ab.log"
    (folder / name).write_text("\n".join([HEADER, *lines_of()]) + "\n")
    return folder


def test_the_text_of_a_day_is_the_length_of_its_lines(delivered_logs: Path, tmp_path: Path) -> None:
    with FlowLogs.open(delivered_logs, store=tmp_path / "store") as flows:
        found = flows.collection()
        assert flows.extent
        days = flows.extent.length / pd.Timedelta(days=1)
    (row,) = found.to_dict("records")
    lines = lines_of()
    text = sum(len(line) + 1 for line in lines)
    short = sum(len(" ".join(line.split()[:DEFAULT])) + 1 for line in lines)
    assert row["flow_log"] == "fl-0aa"
    assert (row["account_id"], row["region"], row["destination"]) == (
        "123456789012",
        "eu-west-1",
        "S3",
    )
    assert row["line_bytes"] == pytest.approx(text / len(lines))
    assert row["records_day"] == pytest.approx(len(lines) / days)
    assert row["bytes_day"] == pytest.approx(text / days)
    gb_month = text / days * (730 / 24) / GB
    assert row["dollars_month"] == pytest.approx(gb_month * 0.285)
    assert row["dollars_month_default"] == pytest.approx(gb_month * short / text * 0.285)
    assert row["dollars_month_cloudwatch"] == pytest.approx(gb_month * 0.57)
    assert row["dollars_month_parquet"] == pytest.approx(gb_month * (0.285 + 0.035))
    assert "pkt-srcaddr" in " ".join(notes_of(found))


def test_a_billion_records_of_300_bytes_cost_what_aws_would_bill() -> None:
    window = parse_range("2026-11-01T00:00Z/2026-12-01T10:00Z").fixed
    assert window  # 730 hours
    one = ("a", "1", "us-east-1", False, 10**9)
    rows = collected(
        [Delivery("s3://b", *one), Delivery("cloudwatch://us-east-1/g", "", "", "", False, 10**9)],
        {"s3://b": {"srcaddr": 300.0}, "cloudwatch://us-east-1/g": {"srcaddr": 300.0}},
        window,
        shipped(),
    ).set_index("destination")
    # 279.4 GB: the dollars that docs/decisions/cost.md's prices give.
    assert rows["dollars_month"].round(2).to_dict() == {"S3": 69.85, "CloudWatch Logs": 139.70}
    assert rows["dollars_month_parquet"].round(2).tolist() == [79.63, 79.63]
    assert rows["region"].tolist() == ["us-east-1", "us-east-1"]


def test_flow_logs_of_an_account_reach_cheaper_tiers_together() -> None:
    window = parse_range("2026-11-01T00:00Z/2026-12-01T10:00Z").fixed
    assert window
    half = Delivery("s3://b", "fl-1", "1", "us-east-1", False, 8 * 1024**4)
    other = Delivery("s3://b", "fl-2", "1", "us-east-1", False, 8 * 1024**4)
    rows = collected([half, other], {"s3://b": {"srcaddr": 1.0}}, window, shipped())
    # 16 TB: 10 at 0.25, 6 at 0.15.
    assert rows["dollars_month"].sum() == pytest.approx(10240 * 0.25 + 6144 * 0.15)


def test_the_command_lists_flow_logs(delivered_logs: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    FlowLogs.open(delivered_logs, store=store).close()
    done = CliRunner().invoke(app, ["cost", "--by", "collection", "--store", store])
    assert done.exit_code == 0
    assert "fl-0aa" in done.stdout
