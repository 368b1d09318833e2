"""Accepts, Rejects, Traffic and Outliers show what a slow, obvious computation finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from tests.soundness.cases import (
    DAY,
    FILTERS,
    WINDOWS,
    asked,
    inside,
    over_time,
    reaching,
    shown,
)
from vpcflow_core.api import FlowLogs
from vpcflow_core.panels.catalogue import PANELS, Parameters
from vpcflow_core.panels.outliers import BANDS, WATCHED
from vpcflow_core.query.filters import Filters
from vpcflow_core.times import Window

ACTIONS = {"accepts": "ACCEPT", "rejects": "REJECT"}
# Page, panel, fields, and how many rows it shows.
TOPS = [
    (page, slug, by)
    for page in ACTIONS
    for slug, by in (
        ("interfaces", ["interface-id"]),
        ("protocols", ["protocol"]),
        ("destinations", ["dstaddr"]),
        ("sources", ["srcaddr"]),
        ("source-ports", ["srcaddr", "srcport"]),
        ("destination-ports", ["dstaddr", "dstport"]),
    )
]


def found(records: pd.DataFrame, window: Window, case: str, slug: str) -> pd.DataFrame:
    """The records a panel is about."""
    frame = inside(records, window, case)
    action = ACTIONS.get(slug.split("/")[0])
    return frame if action is None else frame[frame["action"] == action]


def volumes(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    groups = frame.dropna(subset=by).groupby(by)
    return pd.DataFrame(
        {"flows": groups.size(), "bytes": groups["bytes"].sum(), "packets": groups["packets"].sum()}
    )


@pytest.mark.parametrize(("page", "slug", "by"), TOPS)
def test_top_ten_lists_of_a_decision_are_exact(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str,
    page: str, slug: str, by: list[str],
) -> None:  # fmt: skip
    expected = volumes(found(records, window, case, page), by)
    frame = shown(flows, f"{page}/{slug}", window, case)
    assert list(frame["flows"]) == sorted(expected["flows"], reverse=True)[:10]
    fields = [name.replace("-", "_") for name in by]
    for row in frame.to_dict("records"):
        key = tuple(row[name] for name in fields)
        of = expected.loc[key if len(key) > 1 else key[0]]
        assert (row["flows"], row["bytes"], row["packets"]) == tuple(of)


def test_every_pair_of_interface_and_destination_is_listed(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str
) -> None:
    expected = volumes(found(records, window, case, "rejects"), ["interface-id", "dstaddr"])
    frame = shown(flows, "rejects/interface-destinations", window, case)
    assert frame.set_index(["interface_id", "dstaddr"])["flows"].to_dict() == (
        expected["flows"].to_dict()
    )


def test_rejects_by_source_add_up_to_all_rejects(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str
) -> None:
    answer = asked(flows, "rejects/sources-over-time", window, case)
    assert answer.every is not None
    rejects = found(records, window.snapped(answer.every), case, "rejects")
    by_bucket = rejects.groupby(rejects["start"].dt.floor(answer.every)).size()
    drawn = answer.frame.groupby("bucket")["flows"].sum()
    assert drawn[drawn > 0].to_dict() == by_bucket.to_dict()
    top = rejects["srcaddr"].value_counts()
    named = answer.frame.dropna(subset="srcaddr").groupby("srcaddr")["flows"].sum()
    assert sorted(named, reverse=True) == sorted(top, reverse=True)[:10]
    assert named.to_dict() == top[named.index].to_dict()


def test_reasons_of_rejects_add_up(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str
) -> None:
    rejects = found(records, window, case, "rejects")
    frame = shown(flows, "rejects/reasons", window, case)
    assert frame["flows"].sum() == len(rejects)
    known = rejects["reject-reason"].value_counts().to_dict()
    seen = dict(zip(frame["reason"], frame["flows"], strict=True))
    assert seen.get("VPC Block Public Access", 0) == known.get("BPA", 0)


@pytest.mark.parametrize("measure", ["sources", "destinations"])
def test_unique_addresses_are_counted_exactly(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str, measure: str
) -> None:
    field = {"sources": "srcaddr", "destinations": "dstaddr"}[measure]
    answer = asked(flows, f"traffic/{measure}", window, case)
    (headline,) = answer.headlines
    assert headline.value == inside(records, window, case)[field].nunique()
    if window.start - DAY >= records["start"].min():
        part = settled(flows, window)
        assert headline.earlier == inside(records, part.moved(-DAY), case)[field].nunique()
    else:
        assert headline.earlier is None
        assert "before" in answer.notes[0]


@pytest.mark.parametrize(("slug", "action"), [("accepted", "ACCEPT"), ("rejected", "REJECT")])
def test_accepted_and_rejected_are_exact_and_beside_the_day_before(
    flows: FlowLogs, records: pd.DataFrame, case: str, slug: str, action: str
) -> None:
    window = WINDOWS["a day"]
    part = settled(flows, window)
    now, whole, then = (
        frame[frame["action"] == action]
        for frame in (inside(records, w, case) for w in (window, part, part.moved(-DAY)))
    )
    many, volume = asked(flows, f"traffic/{slug}", window, case).headlines
    assert (many.value, many.earlier) == (len(now), len(then))
    assert (volume.value, volume.earlier) == (now["bytes"].sum(), then["bytes"].sum())
    if len(then):
        assert many.change == pytest.approx(100 * (len(whole) - len(then)) / len(then))


def settled(flows: FlowLogs, window: Window) -> Window:
    """The part of a window that numbers compare: no record of it can still arrive."""
    assert flows.coverage.settled_until is not None
    until = pd.Timestamp(flows.coverage.settled_until).floor("min").to_pydatetime()
    return Window(window.start, min(window.end, until))


@pytest.mark.parametrize(
    ("slug", "field"), [("ports", "dstport"), ("protocols", "protocol"),
                        ("interfaces", "interface-id")],
)  # fmt: skip
def test_bars_by_decision_are_the_largest_and_add_up(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str, slug: str, field: str
) -> None:
    day = inside(records, window, case)
    frame = shown(flows, f"traffic/{slug}-by-action", window, case)
    totals = frame.groupby(field.replace("-", "_"))["flows"].sum()
    if field == "dstport":  # ICMP has none: its 0 is not a port
        day = day[day["protocol"].isin([6, 17])]
    expected = day.groupby(field).size()
    assert sorted(totals, reverse=True) == sorted(expected, reverse=True)[:10]
    pairs = frame.set_index([field.replace("-", "_"), "action"])["flows"].to_dict()
    by_hand = day.groupby([field, "action"]).size().to_dict()
    assert pairs == {key: by_hand[key] for key in pairs}


def test_packets_per_flow_are_pandas_quantiles(
    flows: FlowLogs, records: pd.DataFrame, window: Window, case: str
) -> None:
    answer = asked(flows, "traffic/packets-per-flow", window, case)
    assert answer.every is not None
    day = inside(records, window.snapped(answer.every), case)
    packets = day["packets"].astype("float64").groupby(day["start"].dt.floor(answer.every))
    frame = answer.frame.set_index("bucket")
    shares = {"min": 0.0, "q1": 0.25, "median": 0.5, "q3": 0.75, "max": 1.0}
    for name, share in shares.items():
        expected = packets.quantile(share)
        given = frame[f"packets_{name}"].dropna().astype("float64")
        assert list(given.index) == list(expected.index)
        assert np.allclose(given, expected)


Lived = dict[tuple[object, ...], list[dict[str, object]]]


@pytest.fixture(scope="module")
def lived_within(records: pd.DataFrame) -> Callable[[Window], Lived]:
    """Connections within a window; the loops that find them run once a window."""
    return cache(lambda window: lived(inside(records, window, "none")))


def lived(records: pd.DataFrame) -> Lived:
    """Connections by interface and ends, by a loop over the records in order of time."""
    found: dict[tuple[object, ...], list[dict[str, object]]] = {}
    longest: dict[tuple[object, ...], float] = {}
    names = ["interface-id", "protocol", "srcaddr", "srcport", "dstaddr", "dstport", "start", "end",
             "bytes", "tcp-flags"]  # fmt: skip
    flags = pd.to_numeric(records["tcp-flags"]).astype("Int64")
    rows = records.assign(**{"tcp-flags": flags})[names]
    rows = rows.assign(opens=(flags.fillna(0).astype(int) & 18) == 2)
    rows = rows.sort_values(["start", "opens"], ascending=[True, False])
    listed = list(rows.itertuples(index=False, name=None))

    def key(row: tuple[object, ...]) -> tuple[object, ...]:
        return row[0], int(row[1]), frozenset({(row[2], int(row[3])), (row[4], int(row[5]))})  # type: ignore[call-overload]

    for row in listed:
        length = (row[7] - row[6]).total_seconds()
        longest[key(row)] = max(longest.get(key(row), 0), length)
    for row in listed:
        *_, start, end, size, bits, opens = row
        known = found.setdefault(key(row), [])
        tcp, flagged = row[1] == 6, not pd.isna(bits)
        idle = 7200 if tcp else max(350, 2 * longest[key(row)])
        silence = (start - known[-1]["last"]).total_seconds() if known else 0
        rests = tcp and flagged and not bits & 2
        ended = silence > idle and not rests
        again = silence > 0 and opens and any(c["closed"] for c in known)
        if not known or ended or again:
            known.append({"first": start, "last": end, "flows": 0, "bytes": 0, "closed": False})
        one = known[-1]
        one["last"] = max(one["last"], end)
        one["flows"] += 1
        one["bytes"] += size
        one["closed"] |= flagged and bool(bits & 5)
    return found


def test_longest_flows_are_connections_as_they_lived(
    flows: FlowLogs,
    records: pd.DataFrame,
    lived_within: Callable[[Window], Lived],
    window: Window,
    case: str,
) -> None:
    ends = ["srcaddr", "srcport", "dstaddr", "dstport", "protocol"]
    frame = shown(flows, "traffic/longest-flows", window, case)
    assert len(frame) == 25
    known = lived_within(Window(window.start - DAY, window.end))
    meets = inside(records, window, case)
    met = {
        (r[0], int(r[1]), frozenset({(r[2], int(r[3])), (r[4], int(r[5]))}))
        for r in meets[["interface-id", "protocol", *ends[:4]]].itertuples(index=False, name=None)
    }
    durations = []
    for row in frame.to_dict("records"):
        both = frozenset({(row["srcaddr"], row["srcport"]), (row["dstaddr"], row["dstport"])})
        key = row["interface_id"], row["protocol"], both
        assert key in met
        (one,) = [c for c in known[key] if c["first"] <= row["first"] <= c["last"]]
        assert one["last"] == row["last"]
        assert (one["flows"], one["bytes"]) == (row["flows"], row["bytes"])
        assert one["first"] == row["first"]
        assert row["duration"] == (row["last"] - row["first"]).total_seconds() >= row["busy"]
        durations.append(row["duration"])
    assert durations == sorted(durations, reverse=True)
    if case == "none":
        keys = ["protocol", *ends[:4]]
        drawn = {
            (protocol, frozenset({(a, p), (b, q)}))
            for protocol, a, p, b, q in frame[keys].itertuples(index=False, name=None)
        }
        within = lived_within(window)
        longer = {
            (protocol, both)
            for (_, protocol, both), connections in within.items()
            if any((c["last"] - c["first"]).total_seconds() > durations[-1] for c in connections)
        }
        assert longer <= drawn


def slow_band(values: list[float], window: int, threshold: float, unit: float) -> list[bool]:
    """The definition, one bucket at a time."""
    marked = []
    for place, value in enumerate(values):
        before = values[max(place - window, 0) : place]
        if len(before) < 2:
            marked.append(False)
            continue
        mean, deviation = float(np.mean(before)), float(np.std(before, ddof=1))
        half = threshold * max(deviation, unit, 0.01 * abs(mean))
        marked.append(abs(value - mean) > half)
    return marked


@pytest.mark.parametrize(
    ("slug", "measure", "action"),
    [
        ("traffic/flows-outliers", "flows", None), ("traffic/bytes-outliers", "bytes", None),
        ("traffic/packets-outliers", "packets", None), ("accepts/outliers", "flows", "ACCEPT"),
        ("rejects/outliers", "flows", "REJECT"), ("outliers/bytes", "bytes", None),
        ("outliers/packets", "packets", None), ("outliers/accepted", "flows", "ACCEPT"),
        ("outliers/rejected", "flows", "REJECT"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("case", "timeslice"),
    [
        (case, timedelta(minutes=minutes))
        for case, minutes in zip(FILTERS, (1, 5, 1, 5), strict=True)
    ],
)
def test_bands_are_those_of_the_definition(
    flows: FlowLogs, records: pd.DataFrame, case: str, slug: str, measure: str,
    action: str | None, timeslice: timedelta,
) -> None:  # fmt: skip
    window = WINDOWS["from one odd minute to another"]
    panel = PANELS[slug]
    parameters = Parameters(timeslice=timeslice, window=12, method="trailing")
    request = panel.request(window, Filters.parse(FILTERS[case][0]), parameters)
    answer = panel.answer(request, flows)
    whole = window.snapped(timeslice)
    longer = Window(whole.start - 12 * timeslice, whole.end)
    day = inside(records, reaching(longer), case)
    day = day if action is None else day[day["action"] == action]
    series = over_time(day, measure, timeslice, longer).tolist()
    marked = slow_band(series, 12, 3.0, 1500.0 if measure == "bytes" else 1.0)
    assert list(answer.frame["value"]) == pytest.approx(series[12:])
    assert list(answer.frame["violation"]) == marked[12:]
    assert answer.frame.drop(columns="bucket").notna().all().all()


@pytest.mark.parametrize("page", ACTIONS)
@pytest.mark.parametrize("measure", ["bytes", "packets", "flows"])
def test_comparisons_are_the_same_minutes_of_yesterday_and_last_week(
    flows: FlowLogs, records: pd.DataFrame, case: str, page: str, measure: str
) -> None:
    window = WINDOWS["a day"]
    answer = asked(flows, f"{page}/{measure}-compared", window, case)
    # Flows are counted where they start: in slices as long as the logs' own interval.
    every = timedelta(minutes=10 if measure == "flows" else 1)
    assert answer.every == every
    for column, back in (("value", 0), ("value_1d", 1), ("value_7d", 7)):
        before = window.moved(-back * DAY)
        then = found(records, reaching(before), case, page)
        slices = over_time(then, measure, every, before)
        given = answer.frame.set_index("bucket")[column].astype("Float64").fillna(0.0)
        assert len(given) == timedelta(days=1) / every
        assert given.tolist() == pytest.approx(slices.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("slug", [s for s, p in PANELS.items() if p.chart == "trend"])
def test_trends_show_what_was_and_go_on_for_a_quarter(
    flows: FlowLogs, records: pd.DataFrame, window: Window, slug: str
) -> None:
    answer = asked(flows, slug, window, "none")
    assert answer.every is not None
    whole = window.snapped(answer.every)
    day = found(records, reaching(whole), "none", slug)
    ended = answer.frame["bucket"] < whole.end
    past, future = answer.frame[ended], answer.frame[~ended]
    expected = over_time(day, PANELS[slug].value, answer.every, whole)
    assert past["value"].fillna(0).tolist() == pytest.approx(expected.tolist())
    assert future["value"].isna().all()
    assert len(future) == max(len(past) // 4, 3)
    assert (future["lower"] <= future["predicted"]).all()
    assert (future["predicted"] <= future["upper"]).all()


@pytest.mark.slow
def test_the_list_of_violations_is_all_bands_worst_first(flows: FlowLogs, window: Window) -> None:
    answer = asked(flows, "outliers/violations", window, "none")
    assert list(answer.frame["deviations"]) == sorted(answer.frame["deviations"], reverse=True)
    for panel in BANDS:
        band = asked(flows, panel.slug, window, "none").frame
        told = answer.frame[answer.frame["panel"] == panel.slug]
        assert set(told["bucket"]) == set(band[band["violation"]]["bucket"])
    assert len(BANDS) == len(WATCHED) == 8
    assert (answer.frame["deviations"] > 3.0).all()
