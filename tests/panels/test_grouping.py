"""Panels of addresses, grouped by block, country, name: right values by pandas and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pandas as pd
import pytest

from dashboards.ui import drill
from dashboards.ui.link_reading import parse_state
from dashboards.ui.state import PageState
from tests.logs import read_with_pandas
from vpcflow_core.api import FlowLogs
from vpcflow_core.charts.table import table_frame
from vpcflow_core.errors import FieldError, ParameterError
from vpcflow_core.panels.built import Built
from vpcflow_core.panels.catalogue import PANELS, panel
from vpcflow_core.panels.grouping import GROUPINGS, grouped, is_groupable, possible
from vpcflow_core.panels.request import Parameters
from vpcflow_core.query.question import Query
from vpcflow_core.report.build import made

START = 1_795_000_000
# 200 hosts of one block try one port each of two hosts; one of them also gets in.
SCAN = [
    f"203.0.113.{host} 10.0.0.{4 + host % 2} 40000 {1000 + host} 6 1 40 REJECT"
    for host in range(1, 201)
]
OTHERS = [
    "203.0.113.7 10.0.0.5 40000 22 6 3 300 ACCEPT",
    "203.0.112.9 10.0.0.5 40000 22 6 2 80 REJECT",  # same /16, another /24
    "8.8.8.8 10.0.0.5 40000 22 6 1 40 REJECT",
    "8.8.4.4 10.0.0.4 0 0 1 1 40 REJECT",  # ICMP has no ports
    "10.0.0.9 10.0.0.5 40000 22 6 1 40 REJECT",
    "2001:db8:1:2::5 10.0.0.5 40000 22 6 1 40 REJECT",
]


@pytest.fixture(scope="module")
def scanned_flows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    """Logs of a scan from one /24."""
    folder = tmp_path_factory.mktemp("grouping")
    rows = []
    for at, text in enumerate([*SCAN, *OTHERS]):
        *parts, action = text.split()
        times = f"{START + at} {START + at + 60}"
        rows.append(f"2 123456789012 eni-0123abcd {' '.join(parts)} {times} {action} OK")
    (folder / "a.log").write_text("\n".join(rows) + "\n")
    with FlowLogs.open(folder / "a.log", store=folder / "store") as flows:
        yield flows


def rejected_sources(flows: FlowLogs, way: str) -> pd.DataFrame:
    frame = flows.panel(f"rejects/sources@{way}").frame
    (field,) = set(frame) & {name for of in GROUPINGS.values() for name in of.ends}
    return frame.set_index(field)


def test_a_scan_of_200_hosts_is_one_row_with_its_fan_out(scanned_flows: FlowLogs) -> None:
    row = rejected_sources(scanned_flows, "24").loc["203.0.113.0/24"]
    assert (row["flows"], row["sources"], row["destinations"], row["ports"]) == (200, 200, 2, 200)
    assert (row["accepted"], row["rejected"]) == (1, 200)
    assert row["share"] == pytest.approx(100 * 200 / 205)


def test_the_wider_block_holds_both_narrow_ones_and_ipv6_its_48(scanned_flows: FlowLogs) -> None:
    rows = rejected_sources(scanned_flows, "16")
    assert rows.loc["203.0.0.0/16", "flows"] == 201
    assert rows.loc["203.0.0.0/16", "sources"] == 201
    assert "2001:db8:1::/48" in rows.index


def test_countries_add_up_icmp_too_and_what_has_none_is_a_row(scanned_flows: FlowLogs) -> None:
    rows = rejected_sources(scanned_flows, "country")
    google = rows.loc["United States"]
    assert (google["flows"], google["sources"], google["destinations"]) == (2, 2, 2)
    assert google["ports"] == 1  # 22; ICMP has none
    # Documentation addresses and private ones lie nowhere.
    assert rows[rows.index.isna()]["flows"].tolist() == [203]
    assert rows["flows"].sum() == 205


def test_every_question_may_group_by_country(scanned_flows: FlowLogs) -> None:
    top = scanned_flows.top("src_country,action", by="flows")
    assert top[["src_country", "action", "flows"]].values.tolist() == [
        ["United States", "REJECT", 2]
    ]
    with pytest.raises(ParameterError, match="cannot be grouped by country"):
        scanned_flows.ask(Query(("packets_max",), by=("src_country",)))
    with pytest.raises(FieldError, match="takes country:DE"):
        scanned_flows.where(src_country="Germany")


def test_a_click_on_a_group_narrows_to_exactly_its_flows(scanned_flows: FlowLogs) -> None:
    for way, value, text, flows in (
        ("24", "203.0.113.0/24", "203.0.113.0/24", 200),
        ("country", "United States", "country:US", 2),
    ):
        shown = panel(f"rejects/sources@{way}")
        state = drill.narrowing(PageState(), drill.clicked(shown, [value]))
        assert state.filters == (("srcaddr", text),)
        narrowed = scanned_flows.filtered(state.where).where(action="REJECT")
        assert narrowed.ask(Query(("flows",))).frame["flows"].tolist() == [flows]


def test_a_group_without_a_name_is_called_so_in_tables(scanned_flows: FlowLogs) -> None:
    shown = scanned_flows.panel("rejects/sources@country")
    frame = table_frame(shown.panel, shown.answer)
    assert "no country" in frame["Source country"].tolist()
    assert drill.clicked(shown.panel, [None]) == {}


def test_a_country_is_new_that_was_not_seen_before(tmp_path: Path) -> None:
    line = "2 123456789012 eni-0123abcd {} 10.0.0.5 1 22 6 1 40 {} {} ACCEPT OK"
    old, new = START - 2 * 86_400, START + 86_400
    seen = [("8.8.8.8", old), ("8.8.4.4", new), ("9.9.9.9", new), ("5.2.128.1", new)]
    text = [line.format(address, at, at + 60) for address, at in seen]
    (tmp_path / "a.log").write_text("\n".join(text) + "\n")
    with FlowLogs.open(tmp_path / "a.log", store=tmp_path / "store") as flows:
        shown = flows.last("24h").panel("accepts/new-sources@country")
        assert shown.frame[["src_country", "flows"]].values.tolist() == [["Romania", 1]]


@pytest.mark.slow
def test_a_report_groups_as_the_page_does(scanned_flows: FlowLogs) -> None:
    report = made(scanned_flows, ["rejects"], parameters=Parameters(grouping="24"))
    slugs = [section.panel.slug for section in report.pages["rejects"]]
    assert "rejects/sources@24" in slugs
    assert "rejects/trend" in slugs


def test_the_address_of_a_page_holds_the_grouping_and_refuses_others() -> None:
    state, notes = parse_state({"grouping": "country"})
    assert (state.parameters.grouping, notes) == ("country", [])
    assert state.params()["grouping"] == "country"
    assert "'asn' is no way" in parse_state({"grouping": "asn"})[1][0]


def test_open_rules_alone_are_in_the_address_of_a_page() -> None:
    state, notes = parse_state({"open_only": "yes"})
    assert (state.parameters.open_only, notes, state.params()["open_only"]) == (True, [], "true")
    assert "neither true nor false" in parse_state({"open_only": "maybe"})[1][0]


def test_only_groupings_that_the_logs_allow_are_offered() -> None:
    assert list(possible(["srcaddr", "dstaddr"])) == ["address", "24", "16", "country"]
    assert list(possible(["dstaddr", "dst_zone"])) == ["address", "24", "16", "country", "zone"]


def test_every_panel_of_addresses_keeps_its_measures_when_grouped() -> None:
    groupable = [of for of in PANELS.values() if is_groupable(of)]
    assert len(groupable) > 10
    for of in groupable:
        for way in GROUPINGS:
            made_ = grouped(of, way)
            assert replace(made_.query, by=(), nulls=()) == replace(of.query, by=(), nulls=())
            assert panel(made_.slug) == made_


def peers_of(flows: FlowLogs, way: str) -> list[dict[str, object]]:
    shown = flows.panel(f"entity/peers?entity=10.0.0.5@{way}")
    (field,) = shown.panel.drill
    return shown.frame[[field, "flows", "accepted", "bytes_in"]].to_dict("records")


def test_the_other_ends_of_an_address_are_grouped_and_a_click_narrows_to_the_group(
    scanned_flows: FlowLogs,
) -> None:
    first, *_ = peers_of(scanned_flows, "24")
    assert first == {"peer": "203.0.113.0/24", "flows": 101, "accepted": 1, "bytes_in": 4300}
    countries = {row["country"]: row["flows"] for row in peers_of(scanned_flows, "country")}
    assert countries["United States"] == 1
    assert sum(flows for country, flows in countries.items() if pd.isna(country)) == 104
    for way, value, expected in (("24", "203.0.113.0/24", 201), ("country", "United States", 2)):
        shown = panel(f"entity/peers?entity=10.0.0.5@{way}")
        state = drill.narrowing(PageState(), drill.clicked(shown, [value]))
        narrowed = scanned_flows.filtered(state.where).ask(Query(("flows",)))
        assert narrowed.frame["flows"].tolist() == [expected]
    shown = scanned_flows.panel("entity/peers?entity=10.0.0.5@country")
    assert "no country" in table_frame(shown.panel, shown.answer)["Country"].tolist()


def test_connections_are_grouped_by_their_ends_and_a_scan_is_one_row(
    scanned_flows: FlowLogs,
) -> None:
    logs = scanned_flows.where(dstport="22, 1024-65535")
    frame = logs.panel("explore/connections@16").frame.set_index("srcblock16")
    row = frame.loc["203.0.0.0/16"]
    # One host of the scan and one of another /24 asked for port 22 too.
    assert (row["dstblock16"], row["connections"], row["sources"]) == ("10.0.0.0/16", 179, 179)
    assert (row["destinations"], row["ports"], row["flows"], row["duration"]) == (2, 178, 179, 60)
    assert pd.isna(row["dstport"])
    whole = logs.panel("explore/connections@country").frame
    (google,) = whole[whole["src_country"] == "United States"].to_dict("records")
    assert (google["connections"], google["ports"], google["dstport"]) == (1, 1, 22)
    assert whole["connections"].sum() == 179 + 3


@pytest.mark.slow
def test_blocks_of_16_are_those_that_python_computes(bare_store: Path, sample: Path) -> None:
    logged = read_with_pandas(sample).dropna(subset="srcaddr")
    v4 = logged[~logged["srcaddr"].str.contains(":")]
    expected = v4["srcaddr"].map(lambda a: str(ip_network(f"{a}/16", strict=False)))
    with FlowLogs.open(bare_store) as flows:
        found = flows.sparse(Query(("flows",), ("srcblock16",))).frame
    got = dict(zip(found["srcblock16"], found["flows"], strict=True))
    assert {k: v for k, v in got.items() if ":" not in k} == expected.value_counts().to_dict()


def test_bars_of_a_question_of_ones_own_are_grouped_and_all_else_is_other(
    scanned_flows: FlowLogs,
) -> None:
    asked = Built("flows", ("srcaddr",), "bars", 1)
    frame = scanned_flows.panel(f"{asked.slug}@24").frame
    assert frame["srcblock"].tolist()[0] == "203.0.113.0/24"
    assert frame["srcblock"].isna().tolist() == [False, True]
    assert frame["flows"].tolist() == [201, len(OTHERS) - 1]
