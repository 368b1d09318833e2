"""A Cost and Usage Report beside our sums: right values by hand, every form that AWS delivers."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.cost.prices import GB
from vpcflow_core.cost.usage_report import opened_report
from vpcflow_core.errors import FormatError, MissingError, MisuseError, TimeError, VpcflowError

HOUR = 1_795_132_800  # 2026-11-20 00:00 UTC
FIELDS = (
    "version account-id interface-id srcaddr dstaddr bytes packets start end action log-status "
    "region flow-direction"
)
LEGACY = {
    "usage_type": "lineItem/UsageType", "amount": "lineItem/UsageAmount",
    "dollars": "lineItem/UnblendedCost", "start": "lineItem/UsageStartDate",
    "end": "lineItem/UsageEndDate", "line_type": "lineItem/LineItemType",
    "account": "lineItem/UsageAccountId", "product": "lineItem/ProductCode",
}  # fmt: skip
CUR_2 = {
    "usage_type": "line_item_usage_type", "amount": "line_item_usage_amount",
    "dollars": "line_item_unblended_cost", "start": "line_item_usage_start_date",
    "end": "line_item_usage_end_date", "line_type": "line_item_line_item_type",
    "account": "line_item_usage_account_id", "product": "line_item_product_code",
}  # fmt: skip


@pytest.fixture(scope="module")
def sent_abroad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    """Four hours in which one host sends 3 GB an hour to the Internet."""
    folder = tmp_path_factory.mktemp("sent_abroad")
    lines = [
        f"5 111111111111 eni-1 10.0.0.5 203.0.113.9 {3 * GB} 9 {at} {at + 3600} ACCEPT OK "
        "us-east-1 egress"
        for at in range(HOUR, HOUR + 4 * 3600, 3600)
    ]
    (folder / "a.log").write_text("\n".join([FIELDS, *lines]) + "\n")
    with FlowLogs.open(folder / "a.log", store=folder / "store") as flows:
        yield flows


def line(usage_type: str, amount: float, dollars: float, hour: int, **more: str) -> dict[str, Any]:
    start = pd.Timestamp(HOUR + 3600 * hour, unit="s", tz="UTC")
    return {
        "usage_type": usage_type, "amount": amount, "dollars": dollars, "start": start,
        "end": start + pd.Timedelta(hours=1), "line_type": "Usage", "account": "111111111111",
        "product": "AmazonEC2",
    } | more  # fmt: skip


LINES = [
    # Before the records, within them, and two of them with discounts of a tenth.
    line("DataTransfer-Out-Bytes", 50, 4.5, -1),
    line("DataTransfer-Out-Bytes", 4, 0.324, 0),
    line("USE1-DataTransfer-Out-Bytes", 2, 0.162, 1),
    line("DataTransfer-Out-Bytes", 4, 0.324, 2, account="222222222222"),
    line("NatGateway-Hours", 1, 0.045, 0),
    line("NatGateway-Hours", 1, 0.045, 1),
    line("EUC1-NatGateway-Bytes", 7, 0.364, 1),
    line("DataTransfer-Out-Bytes", 90, 8.1, 1, product="AmazonS3"),
    line("DataTransfer-Out-Bytes", 9, -0.5, 1, line_type="Credit"),
    line("BoxUsage:m5.large", 1, 0.1, 1),
]


def written(folder: Path, names: dict[str, str], form: str) -> Path:
    frame = pd.DataFrame(LINES).rename(columns=names)
    frame["resource/\ntags"] = 'a "quoted", text\nof two lines'
    path = folder / f"cur.{form}"
    if form == "parquet":
        frame.to_parquet(path)
        return path
    text = frame.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%SZ").encode()
    path.write_bytes(gzip.compress(text) if form.endswith("gz") else text)
    return path


@pytest.mark.parametrize("names", [LEGACY, CUR_2], ids=["legacy", "CUR 2.0"])
@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet"])
def test_a_bill_stands_beside_our_sums_by_usage_type(
    names: dict[str, str], form: str, sent_abroad: FlowLogs, tmp_path: Path
) -> None:
    found = sent_abroad.reconcile(written(tmp_path, names, form))
    rows = {(r.usage_type, r.reason): r for r in found.itertuples()}
    out = rows["DataTransfer-Out-Bytes, USE1-DataTransfer-Out-Bytes", ""]
    # Hours 0 to 2 are on the bill: 10 GB, of which the records of three hours show 9.
    assert (out.billed, out.logged, out.explained) == (10, 9, pytest.approx(90))
    assert (out.billed_dollars, out.dollars) == (pytest.approx(0.81), pytest.approx(0.81))
    assert (out.region, out.unit) == ("us-east-1", "GB")
    hours = rows["NatGateway-Hours", "hours are in no record"]
    assert (hours.billed, hours.billed_dollars) == (2, pytest.approx(0.09))
    assert pd.isna(hours.explained)
    nat = rows["EUC1-NatGateway-Bytes", ""]
    assert (nat.region, nat.billed, nat.logged, nat.explained) == ("eu-central-1", 7, 0, 0)
    assert rows["DataTransfer-Out-Bytes", "sent by a service outside the VPCs"].billed == 90
    assert len(rows) == 4
    said = " ".join(notes_of(found))
    assert "2026-11-20 00:00 to 2026-11-20 03:00" in said
    assert "explain 0.73 of 9.36 dollars" in said  # 90 % of 0.81
    assert "are 0.90 of those used here" in said
    assert "without records: account 222222222222 (4.0 GB)" in said


def test_the_command_prints_it(sent_abroad: FlowLogs, tmp_path: Path) -> None:
    report = written(tmp_path, CUR_2, "csv.gz")
    assert sent_abroad.store
    words = ["cost", "--reconcile", str(report), "--store", str(sent_abroad.store.path)]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0
    assert '"explained": 90.0' in done.stdout
    refused = CliRunner().invoke(app, [*words, "--remedies"]).exception
    assert isinstance(refused, MisuseError)


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("a.csv", b"a,b\n1,2\n", FormatError, "no column lineItem/UsageType"),
        ("a.csv", b"", FormatError, "cannot be read"),
        ("a.json", b'{"reportKeys": []}', FormatError, "is JSON"),
        ("a.zip", b"PK\x03\x04", FormatError, "is a ZIP"),
        (
            "a.csv.gz",
            gzip.compress(b"lineItem/UsageType," * 900, mtime=0)[:60],
            VpcflowError,
            "a.csv.gz",
        ),
        ("a.parquet", b"PAR1 and nothing else", FormatError, "cannot be read"),
        ("a.csv", None, MissingError, "does not exist"),
    ],
)
def test_a_file_that_is_no_report_is_refused_in_a_sentence(
    name: str, content: bytes | None, error: type[VpcflowError], words: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error) as refused:
        opened_report(path)
    assert words in refused.value.what
    assert refused.value.next_step


def test_a_folder_is_read_whole_and_one_without_reports_is_refused(tmp_path: Path) -> None:
    for part, lines in enumerate((LINES[:2], LINES[2:])):
        frame = pd.DataFrame(lines).rename(columns=CUR_2)
        frame.to_csv(tmp_path / f"part-{part}.csv", index=False)
    report = opened_report(tmp_path)
    assert report.window.length == pd.Timedelta(hours=4)
    assert report.usage(report.window)["amount"].sum() == 50 + 4 + 2 + 4 + 2 + 7 + 90
    (tmp_path / "none").mkdir()
    with pytest.raises(MissingError):
        opened_report(tmp_path / "none")


def test_a_number_that_is_none_is_named(tmp_path: Path) -> None:
    frame = pd.DataFrame(LINES).rename(columns=CUR_2).astype({CUR_2["amount"]: "object"})
    frame.loc[1, CUR_2["amount"]] = "1.234,5"
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(FormatError, match=r"'1\.234,5' as line_item_usage_amount"):
        opened_report(tmp_path / "a.csv")


def test_a_report_of_another_month_is_refused_with_both_times(
    sent_abroad: FlowLogs, tmp_path: Path
) -> None:
    frame = pd.DataFrame([line("DataTransfer-Out-Bytes", 1, 1, -800)]).rename(columns=CUR_2)
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(TimeError, match="2026-10-17 16:00 to 2026-10-17 17:00"):
        sent_abroad.reconcile(tmp_path / "a.csv")


def test_lines_of_a_month_fit_a_range_that_holds_the_month_alone(
    sent_abroad: FlowLogs, tmp_path: Path
) -> None:
    month = line("DataTransfer-Out-Bytes", 1, 1, -72) | {"end": pd.Timestamp("2026-12-01T00:00Z")}
    pd.DataFrame([month]).rename(columns=CUR_2).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(TimeError, match="no whole line"):
        sent_abroad.reconcile(tmp_path / "a.parquet")
