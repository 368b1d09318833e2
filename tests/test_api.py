"""`FlowLogs`, from log files to pandas answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import vpcflow_core
from tests.store import doubles
from vpcflow_core import FlowLogs
from vpcflow_core.errors import (
    FilterError,
    MissingDataError,
    ParameterError,
    SettingsError,
    SourceError,
    StoreError,
    TimeError,
)
from vpcflow_core.flow_logs.notes import COPIED, EMPTY_STORE, ONLY_TRANSIT
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import sync
from vpcflow_core.times import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status\n"
)


def line(minute: int, source: str = "10.0.0.1", size: int = 100, action: str = "ACCEPT") -> str:
    at = int(START.timestamp()) + 60 * minute
    return f"2 1 eni-1 {source} 10.9.9.9 50000 443 6 2 {size} {at} {at + 60} {action} OK\n"


@pytest.fixture(autouse=True)
def api_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vpcflow.toml").write_text("")
    monkeypatch.setenv("VPCFLOW_CONFIG", str(tmp_path / "vpcflow.toml"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "logs"
    path.mkdir()
    lines = [line(minute, f"10.0.0.{minute % 3}", 2**40) for minute in range(120)]
    lines += [line(150, "192.0.2.1", 7, "REJECT"), line(151, "192.0.2.1", 8, "REJECT")]
    (path / "a.log").write_text(HEADER + "".join(lines))
    return path


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> list[Store]:
    """Every store that is opened from now on."""
    opened: list[Store] = []
    really = Store.open

    def note(path: Path, *, create: bool = True) -> Store:
        opened.append(really(path, create=create))
        return opened[-1]

    monkeypatch.setattr(Store, "open", staticmethod(note))
    return opened


def is_closed(store: Store) -> bool:
    try:
        store.generation()
    except StoreError:
        return True
    return False


@pytest.fixture
def folder_flows(folder: Path) -> Iterator[FlowLogs]:
    with FlowLogs.open(folder) as opened:
        yield opened


def test_open_loads_once_and_answers(folder: Path, folder_flows: FlowLogs, tmp_path: Path) -> None:
    assert folder_flows.synced is not None
    assert folder_flows.synced.records == 122
    assert folder_flows.extent == Window(START, START + timedelta(minutes=151, milliseconds=1))
    with FlowLogs.open(str(folder)) as again:
        assert again.store.path == folder_flows.store.path
        assert again.synced is not None
        assert again.synced.records == 0
        assert again.top("srcaddr").equals(folder_flows.top("srcaddr"))


def test_open_takes_a_file_a_store_and_a_format(folder: Path, tmp_path: Path) -> None:
    with FlowLogs.open(folder / "a.log", store=tmp_path / "mine") as flows:
        expected = flows.top("srcaddr")
    with FlowLogs.open(tmp_path / "mine") as store:
        assert store.synced is None
        assert store.top("srcaddr").equals(expected)


def test_open_answers_from_its_source_alone(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.log").write_text(HEADER + line(0, "10.5.5.5"))
    FlowLogs.open(folder, store=tmp_path / "mine").close()
    with FlowLogs.open(other, store=tmp_path / "mine") as flows:
        assert flows.top("srcaddr")["srcaddr"].tolist() == ["10.5.5.5"]
    with FlowLogs.open(tmp_path / "mine") as both:
        assert len(both.top("srcaddr", n=None)) == 5


def test_a_file_of_a_folder_that_was_loaded_says_where_its_records_count(
    folder: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    FlowLogs.open(folder, store=store).close()
    (file,) = (path for path in folder.rglob("*") if path.is_file())
    with FlowLogs.open(file, store=store) as flows:
        assert flows.notes == (COPIED,)
        assert flows.top("srcaddr").empty
    with FlowLogs.open(store) as flows:
        assert flows.notes == ()
        assert not flows.top("srcaddr").empty


def test_open_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        FlowLogs.open(tmp_path / "nowhere")


def test_top_shows_the_measure_then_the_other_volumes(folder_flows: FlowLogs) -> None:
    frame = folder_flows.top("srcaddr", by="bytes", n=2)
    assert list(frame.columns) == ["srcaddr", "bytes", "flows", "packets"]
    assert frame.values.tolist() == [
        ["10.0.0.0", 40 * 2**40, 40, 80],
        ["10.0.0.1", 40 * 2**40, 40, 80],
    ]
    assert list(folder_flows.top("srcaddr,dstport").columns) == [
        "srcaddr",
        "dstport",
        "flows",
        "bytes",
        "packets",
    ]
    assert folder_flows.top(["srcaddr", "dstport"]).equals(folder_flows.top("srcaddr, dstport"))
    assert list(folder_flows.top("action", by="sources").columns)[:2] == ["action", "sources"]
    assert len(folder_flows.top("srcaddr", n=None)) == 4


def test_series_have_bucket_and_value(folder_flows: FlowLogs) -> None:
    frame = folder_flows.series("bytes", every="1h")
    assert list(frame.columns) == ["bucket", "value", "complete"]
    assert frame["bucket"].tolist() == [
        pd.Timestamp(START + n * timedelta(hours=1)) for n in range(3)
    ]
    assert frame["value"].tolist() == [60 * 2**40, 60 * 2**40, 15]
    many = folder_flows.series(["flows", "packets"], every=timedelta(hours=1), by="action")
    assert frame["complete"].tolist() == [True, True, False]
    assert list(many.columns) == ["bucket", "action", "flows", "packets", "complete"]
    assert len(many) == 6
    assert len(folder_flows.series("flows")) == 152
    assert folder_flows.series("flows", every="1h", by="srcaddr", n=1)[
        "srcaddr"
    ].unique().tolist() == ["10.0.0.0"]


MINUTES_RATE = 10 * 2**20


@pytest.fixture(scope="module")
def ten_minutes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    """Six hours of five interfaces at 10 MB a minute each, in records of about ten minutes."""
    folder, rng, lines = tmp_path_factory.mktemp("ten-minutes"), random.Random(8), [HEADER]
    begin = int(START.timestamp())
    for eni in range(5):
        start = begin + rng.randrange(600)
        while start < begin + 6 * 3600:
            length = 600 + rng.randrange(-3, 20)
            lines.append(
                f"2 123456789012 eni-{eni} 10.0.0.{eni + 1} 10.9.0.1 40000 443 6 {length} "
                f"{MINUTES_RATE * length // 60} {start} {start + length - 1} ACCEPT OK\n"
            )
            start += length
    (folder / "logs.log").write_text("".join(lines))
    with FlowLogs.open(folder, store=folder / "store") as flows:
        yield flows


@pytest.mark.slow
def test_steady_traffic_in_ten_minute_records_is_a_line(ten_minutes: FlowLogs) -> None:
    inside = ten_minutes.between(START + timedelta(minutes=30), START + timedelta(hours=5))
    spread = inside.series("bytes", every="1m", place="spread")["value"]
    assert spread.tolist() == pytest.approx([5 * MINUTES_RATE] * len(spread), rel=1e-6)
    assert not inside.outliers("bytes")["violation"].any()
    assert inside.outliers("bytes", place="start")["violation"].any()
    at_start = inside.series("bytes", every="1m")["value"]
    assert (at_start == 0).mean() > 0.5
    for slug in ("traffic/bytes-outliers", "accepts/bytes-compared", "traffic/bytes-trend"):
        value = inside.panel(slug).frame["value"].dropna().astype("float64")
        assert value.tolist() == pytest.approx([5 * MINUTES_RATE] * len(value), rel=1e-6)


@pytest.mark.slow
def test_all_bytes_are_in_a_series_of_everything(ten_minutes: FlowLogs) -> None:
    total = ten_minutes.series("bytes", every="1m")["value"].sum()
    spread = ten_minutes.series("bytes", every="1m", place="spread")["value"]
    assert spread.sum() == pytest.approx(total, rel=1e-9)
    groups = ten_minutes.series(["flows", "bytes"], every="5m", by="srcaddr", place="spread")
    assert groups["bytes"].sum() == pytest.approx(total, rel=1e-9)
    assert groups["flows"].sum() == ten_minutes.series("flows")["value"].sum()


def test_a_place_that_is_none_is_refused(ten_minutes: FlowLogs) -> None:
    with pytest.raises(ParameterError, match="'end' is no place of bytes"):
        ten_minutes.series("bytes", place="end")  # type: ignore[arg-type]


def test_series_stand_beside_their_past(folder_flows: FlowLogs) -> None:
    hours = folder_flows.between("2026-11-01T01:00Z", "2026-11-01T03:00Z")
    frame = hours.series("flows", every="1h", compare=["1h", "2h", "7d"])
    assert frame.drop(columns="bucket").to_dict("list") == {
        "value": [60, 2],
        "complete": [True, False],
        "value_1h": [60, 60],
        "value_2h": [None, 60],
        "change_1h": [0.0, None],
        "change_2h": [None, None],
    }
    assert [note.split(":")[0] for note in frame.attrs["notes"]] == [
        "The comparison with 2h before is partial",
        "The comparison with 7d before is left out",
    ]
    several = hours.series(["flows", "bytes"], every="1h", compare="1h")
    assert list(several.columns)[4:] == [
        "flows_1h", "bytes_1h", "flows_change_1h", "bytes_change_1h",
    ]  # fmt: skip


def test_groups_that_are_busy_now_are_compared_even_if_they_were_not_then(
    folder_flows: FlowLogs,
) -> None:
    last = folder_flows.between("2026-11-01T02:00Z", "2026-11-01T03:00Z")
    frame = last.series("flows", every="1h", by="srcaddr", n=1, compare="1h,2h")
    assert frame[["srcaddr", "value", "value_1h", "value_2h"]].values.tolist() == [
        ["192.0.2.1", 2, 0, 0]
    ]
    refused = last.where(action="REJECT").series("flows", every="1h", by="srcaddr", compare="1h")
    assert refused["value_1h"].tolist() == [0]


def test_times_are_shown_over_time_but_not_calculated_with(folder_flows: FlowLogs) -> None:
    hours = folder_flows.between("2026-11-01T01:00Z", "2026-11-01T04:00Z")
    frame = hours.series("last", every="1h", by="srcaddr", n=2)
    assert frame["srcaddr"].tolist() == ["192.0.2.1", "10.0.0.2"] * 3  # the latest first
    assert frame["value"].isna().tolist() == [True, False, False, True, True, True]
    assert frame["value"].dropna().tolist() == [
        START + timedelta(minutes=120),
        START + timedelta(minutes=152),
    ]
    for ask in (
        lambda: hours.series("last", every="1h", compare="1h"),
        lambda: hours.series(["flows", "first"], every="1h", compare="1h"),
        lambda: hours.outliers("first"),
        lambda: hours.forecast("last"),
    ):
        with pytest.raises(ParameterError, match=r"is a time.*\n.*flows, bytes, packets"):
            ask()


def test_quantiles_are_missing_where_nothing_was(folder_flows: FlowLogs) -> None:
    hours = folder_flows.where(action="REJECT").between("2026-11-01T01:00Z", "2026-11-01T03:00Z")
    frame = hours.series("packets_median", every="1h", compare="1h")
    assert frame["value"].tolist() == [pytest.approx(float("nan"), nan_ok=True), 2.0]
    assert frame["value_1h"].isna().all()
    judged = hours.outliers("packets_max", every="1m")
    assert judged["value"].count() == 2
    assert not judged["violation"].any()
    with pytest.raises(ParameterError, match="value in every bucket"):
        hours.forecast("packets_median", every="10m")
    gapless = folder_flows.between("2026-11-01T00:00Z", "2026-11-01T02:00Z")
    assert gapless.forecast("packets_median", every="10m", periods=1)["predicted"].iloc[-1] == 2.0


@pytest.mark.parametrize("every", ["1s", timedelta(milliseconds=1), timedelta(seconds=-60)])
def test_timeslices_that_make_no_series_are_refused(
    folder_flows: FlowLogs, every: str | timedelta
) -> None:
    with pytest.raises(ParameterError):
        folder_flows.between("2020-01-01", "2026-11-02").series("flows", every=every)


def test_a_band_of_more_history_than_there_is_takes_what_there_is(folder_flows: FlowLogs) -> None:
    last = folder_flows.between("2026-11-01T01:00Z", "2026-11-01T03:00Z")
    endless, all_ = (last.outliers("bytes", window=window) for window in (10**12, 180))
    assert endless.equals(all_)


def test_outliers_judge_only_what_the_data_covers(folder_flows: FlowLogs) -> None:
    around = folder_flows.between("2026-10-31T22:00Z", "2026-11-01T06:00Z")
    frame = around.outliers("flows", every="1m")
    assert len(frame) == 8 * 60
    # One flow a minute from midnight on: neither its beginning nor the end of the data is a fault.
    assert not frame["violation"].any()
    steps = folder_flows.outliers("bytes", every=timedelta(minutes=1), method="trailing")
    assert steps.loc[steps["violation"], "bucket"].tolist() == [
        pd.Timestamp(START + timedelta(hours=2))
    ]
    with pytest.raises(ParameterError, match="not one measure"):
        folder_flows.outliers("flows,bytes")


def test_forecasts_begin_where_the_data_does(folder_flows: FlowLogs) -> None:
    around = folder_flows.between("2026-10-31T22:00Z", "2026-11-01T02:00Z")
    frame = around.forecast("flows", every="10m", periods=3, model="linear")
    assert frame["bucket"].iloc[0] == pd.Timestamp(START)
    assert frame["predicted"].tolist() == [10.0] * 15
    assert frame["value"].tolist() == [10] * 12 + [pd.NA] * 3


def test_narrowing_gives_new_logs(folder_flows: FlowLogs) -> None:
    refused = folder_flows.where(action="REJECT", srcaddr="!10.0.0.0/8")
    assert refused.top("srcaddr")["flows"].tolist() == [2]
    assert refused.where(dstport=[22, 80]).top("srcaddr").empty
    assert len(folder_flows.top("srcaddr")) == 4
    assert folder_flows.filters == Filters()
    with pytest.raises(FilterError):
        folder_flows.where(dstport="htps")


def test_last_is_relative_to_the_end_of_old_data_and_says_so(folder_flows: FlowLogs) -> None:
    last = folder_flows.last("1h")
    assert str(last.window) == "2026-11-01T01:32Z/2026-11-01T02:32Z"
    assert last.top("action")["flows"].tolist() == [28, 2]
    assert last.notes == ("The data ends 2026-11-01T02:32Z: these are its last 1h.",)
    assert folder_flows.notes == ()


def test_between_takes_text_and_datetimes(folder_flows: FlowLogs) -> None:
    half = timedelta(minutes=30)
    first = folder_flows.between("2026-11-01T00:00Z", "2026-11-01T00:30:00Z")
    assert first.window == folder_flows.between(START, START + half).window
    assert first.ask(Query(("flows",))).frame["flows"][0] == 30
    with pytest.raises(ParameterError, match="no zone"):
        folder_flows.between(datetime(2026, 1, 1), START)
    with pytest.raises(TimeError):
        folder_flows.between(START, START)


def test_sql_sees_what_the_narrowed_logs_hold(folder_flows: FlowLogs) -> None:
    count = "SELECT count(*) AS n FROM flows"
    assert folder_flows.sql(count)["n"][0] == 122
    assert folder_flows.last("1h").where(action="accept").sql(count)["n"][0] == 28
    assert folder_flows.only("file:///elsewhere").sql(count)["n"][0] == 0
    assert len(folder_flows.sql("FROM flows", max_rows=5)) == 5
    with pytest.raises(MissingDataError):
        folder_flows.where(vpc_id="vpc-1").sql(count)


def test_the_sql_of_an_answer_gives_the_answer_again(folder_flows: FlowLogs) -> None:
    result = folder_flows.where(srcaddr="10.0.0.0/30").ask(
        Query(("bytes",), by=("srcaddr",), top=3)
    )
    assert folder_flows.sql(result.sql).equals(result.frame)


def test_a_version_2_format_answers_what_it_can(folder_flows: FlowLogs) -> None:
    with pytest.raises(MissingDataError, match="vpc-id"):
        folder_flows.top("vpc_id")
    with pytest.raises(MissingDataError, match="security groups"):
        folder_flows.top("security_group_id")
    assert folder_flows.top("interface_id")["flows"].tolist() == [122]


def test_a_format_without_bytes_still_ranks(tmp_path: Path) -> None:
    path = tmp_path / "few.log"
    path.write_text("srcaddr start end log-status\n10.0.0.1 1793491200 1793491260 OK\n")
    with FlowLogs.open(path) as flows:
        assert flows.top("srcaddr").to_dict("records") == [{"srcaddr": "10.0.0.1", "flows": 1}]
        with pytest.raises(MissingDataError, match="bytes"):
            flows.top("srcaddr", by="bytes")


def test_an_empty_store_answers_with_nothing_and_a_note(tmp_path: Path) -> None:
    with FlowLogs(Store.open(tmp_path / "empty")) as flows:
        assert flows.top("vpc_id", by="bytes").empty
        series = flows.last("1h").series("bytes", every="5m")
        assert series["value"].sum() == 0
        assert len(series) in (12, 13)
        assert flows.series("flows", by="action").empty
        assert flows.sql("SELECT * FROM flows").empty
        assert not flows.last("1h").outliers("bytes")["indicator"].any()
        assert flows.forecast("bytes").empty
        assert "value_1d" not in flows.series("flows", compare="1d")
        assert flows.notes == (EMPTY_STORE,)
        assert flows.extent is None


def test_transit_gateway_records_are_asked_by_sql(tmp_path: Path) -> None:
    path = tmp_path / "transit.log"
    path.write_text(
        "version tgw-id srcaddr dstaddr bytes start end log-status\n"
        "6 tgw-1 10.0.0.1 10.0.0.2 5 1793491200 1793491260 OK\n"
        "6 tgw-2 10.0.0.1 10.0.0.2 7 1793491200 1793491260 OK\n"
    )
    with FlowLogs.open(path) as flows:
        assert flows.notes == (ONLY_TRANSIT,)
        total = "SELECT sum(bytes) AS b FROM transit_flows"
        assert flows.sql(total)["b"].tolist() == [12]
        assert flows.where(tgw_id="tgw-2").sql(total)["b"].tolist() == [7]


def test_the_package_exports_what_it_names() -> None:
    assert all(getattr(vpcflow_core, name) for name in vpcflow_core.__all__)
    with pytest.raises(AttributeError):
        vpcflow_core.nothing  # noqa: B018


def test_a_load_that_fails_leaves_no_store_open(tmp_path: Path, stores: list[Store]) -> None:
    (tmp_path / "odd.log").write_text("what is this\n")
    for source in (tmp_path / "nowhere", tmp_path / "odd.log"):
        with pytest.raises(SourceError):
            FlowLogs.open(source)
    assert [is_closed(store) for store in stores] == [True, True]


def test_an_engine_that_cannot_start_leaves_no_store_open(
    folder: Path, tmp_path: Path, stores: list[Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    FlowLogs.open(folder, store=tmp_path / "s").close()
    monkeypatch.setenv("VPCFLOW_MEMORY_LIMIT", "much")
    for source, store in ((folder, tmp_path / "t"), (tmp_path / "s", None)):
        with pytest.raises(SettingsError):
            FlowLogs.open(source, store=store)
    assert [is_closed(store) for store in stores] == [True, True, True]


def test_a_wrong_length_of_time_opens_no_store(folder: Path, stores: list[Store]) -> None:
    with pytest.raises(TimeError):
        FlowLogs.open(folder, since="soon")
    assert stores == []


def test_the_store_is_closed_even_where_the_engine_cannot_be(
    folder_flows: FlowLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(type(folder_flows.engine), "close", fail)
        with pytest.raises(ZeroDivisionError):
            folder_flows.close()
    assert is_closed(folder_flows.store)


@pytest.mark.parametrize("hours", [4, 31])
def test_a_record_of_the_future_does_not_empty_the_last_day(tmp_path: Path, hours: int) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    end = now - timedelta(days=3)
    source = doubles.Memory()
    source.put(
        "old.log", doubles.log([doubles.line(n, end - timedelta(minutes=n)) for n in range(1, 8)])
    )
    source.put("new.log", doubles.log([doubles.line(99, now + timedelta(hours=hours))]))
    with Store.open(tmp_path / "store") as store:
        sync(store, source)
    with FlowLogs.open(tmp_path / "store") as flows:
        day = flows.last("24h")
        assert day.top("srcaddr")["bytes"].sum() == sum(range(1, 8))
        assert "lie in the future" in day.notes[-1]
        assert flows.top("srcaddr")["bytes"].sum() == sum(range(1, 8))
        assert len(flows.sql("SELECT * FROM records")) == 8
        assert [source.stray for source in flows.catalogue.sources()] == [1]
