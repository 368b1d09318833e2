"""Trino answers every question as DuckDB does: rows, their order, and floats to 1e-9."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import TypeAlias

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.trino.conftest import Pair
from vpcflow_core.api import FlowLogs
from vpcflow_core.cli.main import app
from vpcflow_core.errors import MissingDataError, QueryError
from vpcflow_core.panels.catalogue import PANELS, PanelAnswer, PanelRequest
from vpcflow_core.query.dimensions import DIMENSIONS
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.measures import MEASURES
from vpcflow_core.query.question import Query

pytestmark = pytest.mark.slow
# Answers of panels, or the sentences that say why there are none.
Shown: TypeAlias = "dict[str, PanelAnswer | str]"
# Panels whose questions differ where each flow is counted once; the rest ask as logged.
COUNTED_ONCE = ("overview/top-sources", "overview/rejections",
                "traffic/ports-by-action", "traffic/packets-per-flow")  # fmt: skip
FILTERS = {
    "addresses": {"srcaddr": "10.0.0.0/12", "dstaddr": "!192.0.2.1,2001:db8::/33,::/0"},
    "every IPv4": {"srcaddr": "0.0.0.0/0", "dstaddr": "10.0.0.0/8,!10.0.0.16"},
    "patterns": {"srcaddr": "10.0.*", "interface_id": "eni-*,!eni-0a*"},
    "countries": {"srcaddr": "!country:US"},
    "a country": {"dstaddr": "country:DE"},
    "ports": {"dstport": "443,https,1024-65535,!80*", "protocol": "tcp"},
    "words": {"action": "REJECT"},
    "quotes": {"interface_id": '!"it\'s"'},
    "groups": {"security_group_id": "sg-0*,!sg-none"},
    "no group": {"security_group_id": "!-"},
    "directions": {"direction": "inbound"},
    "names": {"interface_name": "*web*"},
    "subnets": {"subnet_id": "subnet-*", "vpc_id": "!vpc-none"},
}


def assert_equal(there: pd.DataFrame, here: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        there.reset_index(drop=True), here.reset_index(drop=True), rtol=1e-9, check_dtype=False
    )


def test_the_same_is_known_of_when_and_of_the_columns(pair: Pair) -> None:
    assert pair.there.coverage == pair.here.coverage
    assert set(pair.there.engine.columns()) == set(pair.here.engine.columns())
    assert pair.there.engine.extent() == pair.here.engine.extent()
    (there,), (here,) = pair.there.catalogue.sources(), pair.here.catalogue.sources()
    assert (there.records, there.nodata, there.skipdata) == (
        here.records,
        here.nodata,
        here.skipdata,
    )


# What no engine but the local store can tell.
LACKING = ("cost/collection",)


@pytest.fixture(scope="module")
def shown_there(pair: Pair) -> Callable[[str], Shown]:
    """What the panels of a page answer, which are asked at once, as an app asks them."""

    @cache
    def shown(page: str) -> Shown:
        slugs = [slug for slug in PANELS if slug.startswith(f"{page}/")]
        with ThreadPoolExecutor(len(slugs)) as pool:
            asked = (PANELS[slug].request(pair.day) for slug in slugs)
            return dict(
                zip(slugs, pool.map(answered, slugs, asked, repeat(pair.there)), strict=True)
            )

    return shown


@pytest.mark.parametrize("slug", PANELS)
def test_every_panel_is_equal(pair: Pair, shown_there: Callable[[str], Shown], slug: str) -> None:
    there = shown_there(slug.partition("/")[0])[slug]
    here = answered(slug, PANELS[slug].request(pair.day), pair.here)
    if slug in LACKING:
        assert "Athena and Trino do not say what was delivered" in there
    elif isinstance(here, str):
        assert there == here
    else:
        assert not isinstance(there, str), there
        assert_equal(there.frame, here.frame)
        assert there.notes == here.notes


def answered(slug: str, request: PanelRequest, logs: FlowLogs) -> PanelAnswer | str:
    """What a panel answers, or the sentence that says why it cannot."""
    try:
        return PANELS[slug].answer(request, logs)
    except MissingDataError as error:
        return str(error)


def test_what_is_lacking_there_stands_in_the_docs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "engines.md").read_text()
    (row,) = [line for line in text.splitlines() if line.startswith("| panels |")]
    assert all(f"*{PANELS[slug].title}*" in row for slug in LACKING)


@pytest.mark.parametrize("slug", COUNTED_ONCE)
def test_every_flow_counted_once_is_equal(pair: Pair, slug: str) -> None:
    request = PANELS[slug].request(pair.day)
    there = PANELS[slug].answer(request, pair.there.once())
    assert_equal(there.frame, PANELS[slug].answer(request, pair.here.once()).frame)


@pytest.mark.parametrize("name", FILTERS)
def test_every_form_of_filter_is_equal(pair: Pair, name: str) -> None:
    filters = Filters.parse(FILTERS[name])
    query = Query(("flows", "bytes"), by=("srcaddr", "dstport"), top=20)
    there, here = (logs.ask(query, pair.day, filters) for logs in (pair.there, pair.here))
    assert_equal(there.frame, here.frame)
    assert name == "a country" or len(here.frame)
    records = [
        logs.records(pair.day, filters=filters, limit=50).frame for logs in (pair.there, pair.here)
    ]
    assert set(records[0].columns) == set(records[1].columns)
    assert_equal(records[0][records[1].columns], records[1])


def test_every_group_is_equal(pair: Pair) -> None:
    in_panels = {name for panel in PANELS.values() for name in panel.query.by}
    present = [name for name in DIMENSIONS if name in pair.here.engine.columns()]
    others = [name for name in present if name not in in_panels]
    assert len(others) > 15
    # Two at a time, as each query takes Trino half a second to plan.
    names = [*others, "security_group_id"]
    for by in (tuple(names[at : at + 2]) for at in range(0, len(names), 2)):
        query = Query(("flows", "bytes"), by=by, nulls=by, top=10)
        there, here = (logs.ask(query, pair.day) for logs in (pair.there, pair.here))
        assert_equal(there.frame, here.frame)


def test_every_measure_is_equal(pair: Pair) -> None:
    query = Query(tuple(MEASURES), by=("action",), top=10)
    there, here = (logs.ask(query, pair.day) for logs in (pair.there, pair.here))
    assert_equal(there.frame, here.frame)


COMMANDS = (
    ("narrow",),
    ("top", "src_name,dst_kind", "-n", "30"),
    ("findings",),
    ("cost", "--by", "pair"),
    ("why",),
    ("top", "interface_name", "--once", "--where", "direction=outbound"),
    ("series", "bytes", "--every", "1h", "--compare", "1d"),
    ("connections", "--limit", "40"),
    ("outliers", "packets", "--every", "10m"),
    ("forecast", "bytes", "--every", "1h", "--periods", "3"),
    ("sql", "SELECT direction, count(*) AS n FROM flows GROUP BY direction ORDER BY n"),
    ("sql", "SELECT client, count(*) AS n FROM connections GROUP BY client ORDER BY n DESC, client"),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_is_equal(pair: Pair, command: tuple[str, ...]) -> None:
    start, end = (moment.isoformat() for moment in (pair.day.start, pair.day.end))
    ranged = [*command, "--from", start, "--to", end, "--json", "--store", str(pair.store)]
    here = CliRunner().invoke(app, ranged)
    there = CliRunner().invoke(app, [*ranged, "--source", pair.url])
    assert there.exit_code == here.exit_code, there.output
    rows = [json.loads(answer.stdout) for answer in (there, here)]
    assert len(rows[1])
    assert_equal(*(pd.DataFrame(some) for some in rows))


def test_what_is_wrong_is_said_in_a_sentence(pair: Pair) -> None:
    wrong = {
        "DROP TABLE flows": "not one SELECT",
        "SELECT nope FROM flows": "cannot be resolved",
        "SELECT 1; SELECT 2": "mismatched input",
    }
    for sql, sentence in wrong.items():
        with pytest.raises(QueryError, match=sentence):
            pair.there.sql(sql)
