"""Groups, entities and names by DNS are those of DuckDB; who asked may stop a query at Trino."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from tests.inventory.test_domains import CLIENT, FAR, OTHER, asked, query
from tests.reference.conftest import write_database
from tests.trino.conftest import Pair
from tests.trino.server import execute
from tests.trino.tables import load
from tests.trino.test_equal import assert_equal
from vpcflow_core.api import FlowLogs
from vpcflow_core.engines.duckdb.engine import DuckDBEngine
from vpcflow_core.engines.open import open_catalogue
from vpcflow_core.engines.trino.engine import TrinoEngine
from vpcflow_core.errors import FailureError
from vpcflow_core.inventory.naming import Naming
from vpcflow_core.panels.analyses.questions import long_lived
from vpcflow_core.panels.analyses.why import why
from vpcflow_core.panels.catalogue import PANELS
from vpcflow_core.panels.entity import entity_of
from vpcflow_core.panels.entity_panels import entity_panels
from vpcflow_core.panels.grouping import GROUPINGS, grouped
from vpcflow_core.query.question import Query
from vpcflow_core.stopping import Stopper, under

pytestmark = pytest.mark.slow
ENDLESS = ("SELECT count(*) AS n FROM flows a CROSS JOIN flows b CROSS JOIN flows c "
           "WHERE a.bytes + b.bytes * c.packets < 0")  # fmt: skip
# Of these test_equal.py asks what takes seconds to plan.
ELSEWHERE = (long_lived, why)


@pytest.fixture(scope="module")
def known_by_lists(
    pair: Pair, tmp_path_factory: pytest.TempPathFactory
) -> tuple[FlowLogs, FlowLogs]:
    """The pair with zones, and with networks for half of all addresses of IPv4."""
    record = {"autonomous_system_number": 64500, "autonomous_system_organization": "Half"}
    path = tmp_path_factory.mktemp("networks") / "as.mmdb"
    base = write_database(path, "Test-ASN", {"0.0.0.0/1": record})
    zones = (("office", ("10.0.0.0/14", "192.0.2.0/24")), ("low", ("0.0.0.0/2",)))
    naming = Naming(zones=zones, as_database=base)
    there = TrinoEngine(pair.there.engine.catalogue, timeout=None, naming=naming)  # type: ignore[attr-defined]
    here = DuckDBEngine(pair.here.store, naming=naming)
    return replace(pair.there, engine=there), replace(pair.here, engine=here)


@pytest.mark.parametrize(
    ("slug", "way"),
    [*(("rejects/sources", way) for way in GROUPINGS), ("accepts/new-sources", "24")],
)
def test_addresses_in_groups_are_equal(
    pair: Pair, known_by_lists: tuple[FlowLogs, FlowLogs], slug: str, way: str
) -> None:
    panel = grouped(PANELS[slug], way)
    assert panel.slug == f"{slug}@{way}"
    there, here = (panel.answer(panel.request(pair.day), of) for of in known_by_lists)
    assert_equal(there.frame, here.frame)
    assert len(here.frame)
    assert there.notes == here.notes


def test_the_page_of_an_entity_is_equal(pair: Pair) -> None:
    interface = pair.here.known("interfaces").dropna(subset=["instance_id"]).iloc[0]
    seen = []
    for panel in entity_panels(entity_of(interface["addresses"][0])):
        if panel.analysis in ELSEWHERE:
            continue
        request = panel.request(pair.day)
        there, here = (panel.answer(request, logs) for logs in (pair.there, pair.here))
        assert_equal(there.frame, here.frame)
        seen.append(len(here.frame))
    assert sum(map(bool, seen)) > len(seen) / 2


def test_names_by_dns_are_equal(server: int, tmp_path: Path) -> None:
    cases = [
        (minutes, client, far, vpc)
        for minutes in (-1.0, 1.0, 61.0, 1500.0)
        for client, far in ((CLIENT, FAR), (OTHER, FAR), (FAR, CLIENT))
        for vpc in ("vpc-1", "vpc-2", "-")
    ]
    here = asked(tmp_path, cases, [query("api.example.com", FAR)])
    assert here.store is not None
    load(server, "domains", here.store)
    url = f"trino://tests@127.0.0.1:{server}/hive/domains"
    question = Query(("flows", "bytes"), by=("src_name", "dst_name", "dst_kind"),
                     nulls=("src_name", "dst_name", "dst_kind"))  # fmt: skip
    with FlowLogs(catalogue=open_catalogue(url, inventory=here.store.path)) as there:
        frames = [logs.ask(question).frame for logs in (there, here)]
    assert_equal(*frames)
    assert set(frames[1]["dst_name"].dropna()) == {"api.example.com"}
    assert set(frames[1]["src_name"].dropna()) == {"api.example.com"}


OF_ENDLESS = """SELECT state FROM system.runtime.queries
    WHERE query LIKE '%CROSS JOIN flows c%' AND query NOT LIKE '%system.runtime%'"""


def test_who_asked_stops_the_query_at_trino(server: int, pair: Pair) -> None:
    stopper = Stopper()

    def stop_once_it_runs() -> None:
        while ["RUNNING"] not in execute(server, OF_ENDLESS):
            time.sleep(0.2)
        stopper.stop()

    Thread(target=stop_once_it_runs, daemon=True).start()
    with under(stopper), pytest.raises(FailureError, match="stopped at Trino"):
        pair.there.sql(ENDLESS)
    began = time.monotonic()
    with under(stopper), pytest.raises(FailureError, match="stopped at Trino"):
        pair.there.sql("SELECT count(*) AS n FROM flows")  # and whatever it asks later
    assert time.monotonic() - began < 20
    assert execute(server, OF_ENDLESS) == [["FAILED"]]
    assert pair.there.sql("SELECT count(*) AS n FROM flows")["n"][0] > 0
