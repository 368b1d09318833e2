"""`vpcflow outliers`, `vpcflow forecast` and `vpcflow series --compare`, as people and cron run them."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_ask import ask_settings, rows
from tests.commands import Run
from vpcflow_core.api import FlowLogs
from vpcflow_core.flow_logs.notes import EMPTY_STORE
from vpcflow_core.store.store import Store

__all__ = ["ask_settings"]

START = 1793491200  # 2026-11-01T00:00Z
FIELDS = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
JUMP = 90


@pytest.fixture
def judge_store(tmp_path: Path) -> Path:
    """Two hours and a minute of 10 packets a minute, and one minute with a thousand."""
    lines = [FIELDS]
    for minute in range(121):
        at, packets = START + 60 * minute, 1_000 if minute == JUMP else 10
        lines.append(
            f"2 1 eni-1 10.0.0.1 10.0.0.2 1 443 6 {packets} {2**53 + 1} {at} {at + 60} ACCEPT OK"
        )
    (tmp_path / "a.log").write_text("\n".join(lines) + "\n")
    FlowLogs.open(tmp_path / "a.log", store=tmp_path / "store").close()
    return tmp_path / "store"


def answered(vpcflow: Run, *arguments: object, expected: int = 0) -> list[dict[str, Any]]:
    code, out, err = vpcflow(*arguments, "--output", "json")
    assert code == expected, err
    answer: list[dict[str, Any]] = json.loads(out)
    return answer


def test_outliers_exits_3_with_the_answer_when_there_is_a_violation(
    vpcflow: Run, judge_store: Path
) -> None:
    found = answered(vpcflow, "outliers", "packets", "--store", judge_store, expected=3)
    assert list(found[0]) == [
        "bucket", "value", "complete", "mean", "deviation", "lower", "upper", "error", "indicator",
        "violation",
    ]  # fmt: skip
    [bad] = [row for row in found if row["violation"]]
    assert bad == {
        "bucket": "2026-11-01T01:30:00Z", "value": 1000, "mean": 10.0, "deviation": 0.0,
        "lower": 7.0, "upper": 13.0, "error": 990.0, "indicator": True, "violation": True,
        "complete": True,
    }  # fmt: skip


@pytest.mark.slow
def test_outliers_exits_0_when_all_is_usual(vpcflow: Run, judge_store: Path) -> None:
    for calm in (
        ["packets", "--consecutive", 2],
        ["packets", "--watch", "down"],
        ["packets", "--threshold", 1000],
        ["flows"],
        ["packets", "--where", "action=REJECT"],
        ["packets", "--from", "2026-11-01T00:00Z", "--to", "2026-11-01T01:30Z"],
    ):
        found = answered(vpcflow, "outliers", *calm)
        assert not any(row["violation"] for row in found)


def delivered_logs(lasts: int, falls: bool) -> str:
    """Eight hours of 20 interfaces, each record a fixed rate, as far as they were delivered.

    Files for five minutes come three to eight minutes late, so the newest minutes are not whole.

    Args:
        lasts: Aggregation interval in seconds.
        falls: Whether the traffic falls to a tenth 40 minutes before the end.
    """
    chance, now = random.Random(lasts), START + 8 * 3600
    lines = [FIELDS]
    for interface in range(20):
        for start in range(START + chance.randrange(lasts), now, lasts):
            end = start + lasts - 1
            arrives = (end // 300 + 1) * 300 + chance.randrange(180, 480)
            size = 1_000 * lasts // (10 if falls and start >= now - 2400 else 1)
            if arrives <= now:
                lines.append(
                    f"2 1 eni-{interface} 10.0.{interface}.9 10.9.0.1 {4000 + interface} 443 6 9"
                    f" {size} {start} {end} ACCEPT OK"
                )
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("falls", [False, True])
@pytest.mark.parametrize("lasts", [60, 600])
def test_minutes_that_are_not_delivered_yet_are_no_fall_and_a_fall_before_them_is(
    vpcflow: Run, tmp_path: Path, lasts: int, falls: bool
) -> None:
    (tmp_path / "a.log").write_text(delivered_logs(lasts, falls))
    FlowLogs.open(tmp_path / "a.log", store=tmp_path / "store").close()
    asked = ["outliers", "bytes", "--last", "30m", "--threshold", 4]
    found = answered(vpcflow, *asked, "--store", tmp_path / "store", expected=3 if falls else 0)
    late = [row for row in found if not row["complete"]]
    assert len(late) >= lasts / 60
    assert not any(row["violation"] for row in late)
    assert found[0]["complete"]


def test_forecast_gives_history_and_future(vpcflow: Run, judge_store: Path) -> None:
    found = answered(vpcflow, "forecast", "flows", "--every", "10m", "--periods", 2)
    assert list(found[0]) == ["bucket", "value", "predicted", "lower", "upper", "complete"]
    assert [row["complete"] for row in found] == [True] * 11 + [False] * 4
    assert [row["value"] for row in found] == [10] * 12 + [1, None, None]
    assert {row["predicted"] for row in found} == {10.0}
    assert found[-1]["bucket"] == "2026-11-01T02:20:00Z"


def test_forecast_says_which_model_had_to_do(vpcflow: Run, judge_store: Path) -> None:
    code, _, err = vpcflow("forecast", "packets", "--every", "10m", "--model", "seasonal")
    assert (code, err.count("Less than two days of data")) == (0, 1)


def test_numbers_beside_missing_ones_stay_exact_in_every_form(
    vpcflow: Run, judge_store: Path
) -> None:
    arguments = ["forecast", "bytes", "--every", "1m", "--periods", 1]
    assert rows(vpcflow, *arguments)[0]["value"] == 2**53 + 1
    code, out, _ = vpcflow(*arguments, "--output", "csv")
    told = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert (told[0]["value"], told[-1]["value"]) == (str(2**53 + 1), "")


def test_series_beside_earlier_ones(vpcflow: Run, judge_store: Path) -> None:
    window = ["--from", "2026-11-01T01:00Z", "--to", "2026-11-01T02:00Z", "--every", "30m"]
    code, out, err = vpcflow(
        "series", "packets", *window, "--compare", "30m,1h,90m,1d", "--output", "json"
    )
    assert code == 0
    assert json.loads(out) == [
        {"bucket": "2026-11-01T01:00:00Z", "value": 300, "complete": True, "value_30m": 300, "value_1h": 300, "value_90m": None},
        {"bucket": "2026-11-01T01:30:00Z", "value": 1290, "complete": False, "value_30m": 300, "value_1h": 300, "value_90m": 300},
    ]  # fmt: skip
    assert "The comparison with 1d before is left out: the data begins 2026-11-01T00:00Z." in err
    assert "The comparison with 90m before is partial" in err


def test_times_over_time_by_group(vpcflow: Run, judge_store: Path) -> None:
    window = ["--from", "2026-11-01T01:00Z", "--to", "2026-11-01T02:00Z", "--every", "1h"]
    [row] = rows(vpcflow, "series", "last", *window, "--by", "srcaddr")
    assert (row["srcaddr"], row["value"]) == ("10.0.0.1", "2026-11-01T02:00:00Z")


def test_medians_beside_earlier_ones(vpcflow: Run, judge_store: Path) -> None:
    window = ["--from", "2026-11-01T01:00Z", "--to", "2026-11-01T02:00Z", "--every", "1h"]
    [row] = rows(vpcflow, "series", "packets_median", *window, "--compare", "1h")
    assert (row["value"], row["value_1h"]) == (10.0, 10.0)


def test_groups_beside_themselves(vpcflow: Run, judge_store: Path) -> None:
    window = ["--from", "2026-11-01T01:00Z", "--to", "2026-11-01T02:00Z", "--every", "1h"]
    [row] = rows(vpcflow, "series", "packets", *window, "--by", "srcaddr", "--compare", "1h")
    assert (row["srcaddr"], row["value"], row["value_1h"]) == ("10.0.0.1", 1590, 600)


def test_an_empty_store_has_nothing_to_judge(vpcflow: Run, tmp_path: Path) -> None:
    Store.open(tmp_path / "none").close()
    for command in ("outliers", "forecast"):
        code, out, err = vpcflow(command, "flows", "--store", tmp_path / "none", "--output", "csv")
        assert code == 0
        assert out.startswith("bucket,value,")
        assert EMPTY_STORE in err


@pytest.mark.parametrize(("arguments", "words"), [
    (["outliers", "pakets"], "Did you mean 'packets'"),
    (["outliers", "packets", "--window", "1"], "2 or more"),
    (["outliers", "packets", "--threshold", "0"], "more than 0"),
    (["outliers", "packets", "--consecutive", "0"], "1 or more"),
    (["outliers", "packets", "--watch", "sideways"], "sideways"),
    (["outliers", "packets,bytes"], "not one measure"),
    (["forecast", "packets", "--periods", "0"], "Give 1 to"),
    (["forecast", "packets", "--model", "magic"], "magic"),
    (["forecast", "packets", "--every", "1d"], "needs 3 whole buckets"),
    (["series", "packets", "--every", "1h", "--compare", "90m"], "whole number of timeslices"),
    (["series", "packets", "--compare", "yesterday"], "not a length of time"),
    (["series", "last", "--every", "30m", "--compare", "1h"], "'last' is a time"),
    (["outliers", "first"], "Ask for a number: flows, bytes"),
    (["forecast", "last"], "'last' is a time"),
])  # fmt: skip
def test_misuse_exits_2_with_a_sentence(
    vpcflow: Run, judge_store: Path, arguments: list[str], words: str
) -> None:
    code, out, err = vpcflow(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


def test_methods_and_values_by_themselves(vpcflow: Run, judge_store: Path) -> None:
    for method in ("seasonal", "robust", "trailing"):
        found = answered(vpcflow, "outliers", "packets", "--method", method, expected=3)
        assert [row["bucket"] for row in found if row["violation"]] == ["2026-11-01T01:30:00Z"]
    found = answered(vpcflow, "outliers", "packets", "--by", "srcaddr", "-n", 3, expected=3)
    assert {row["srcaddr"] for row in found} == {"10.0.0.1"}
    assert list(found[0])[:3] == ["bucket", "srcaddr", "value"]
