"""Filters by country: the same records as looking up each address by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import geoip2.database
import pandas as pd
import pytest
from geoip2.errors import AddressNotFoundError

from tests.logs import UNTIL, fill, read_with_pandas, write_sample
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import FilterError
from vpcflow_core.query.countries import resolved
from vpcflow_core.query.filters import Filters
from vpcflow_core.reference.files import data_file

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("logs"), records=8000, days=2)


@pytest.fixture(scope="module")
def flows(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowLogs]:
    with FlowLogs.open(fill(tmp_path_factory.mktemp("store"), logs)) as opened:
        yield opened.between(UNTIL - DAY, UNTIL)


@pytest.fixture(scope="module")
def day(logs: Path) -> pd.DataFrame:
    """The day's traffic, with the country of each end."""
    frame = read_with_pandas(logs)
    inside = (frame["start"] >= UNTIL - DAY) & (frame["start"] < UNTIL)
    day = frame[inside & (frame["log-status"] == "OK")]
    with geoip2.database.Reader(data_file("country.mmdb")) as reader:

        def country(address: str) -> str:
            try:
                return reader.country(address).country.iso_code or ""
            except AddressNotFoundError:
                return ""

        known = {a: country(a) for a in {*day["srcaddr"], *day["dstaddr"]}}
    return day.assign(source=day["srcaddr"].map(known), target=day["dstaddr"].map(known))


@pytest.mark.parametrize(
    ("where", "keep"),
    [
        ({"srcaddr": "country:US"}, lambda f: f["source"] == "US"),
        ({"srcaddr": "country:germany"}, lambda f: f["source"] == "DE"),
        ({"srcaddr": "!country:US"}, lambda f: f["source"] != "US"),
        ({"srcaddr": "country:US, country:DE"}, lambda f: f["source"].isin(["US", "DE"])),
        ({"dstaddr": "country:US", "action": "ACCEPT"},
         lambda f: (f["target"] == "US") & (f["action"] == "ACCEPT")),
        ({"srcaddr": "country:US, 10.0.0.0/8"},
         lambda f: (f["source"] == "US") | f["srcaddr"].str.startswith("10.")),
        ({"srcaddr": "country:FJ"}, lambda f: f["source"] == "FJ"),
    ],
)  # fmt: skip
def test_a_country_means_every_address_in_it(
    flows: FlowLogs, day: pd.DataFrame, where: dict[str, str], keep: object
) -> None:
    expected = day[keep(day)]  # type: ignore[operator]
    frame = flows.where(**where).series("flows", every="1h")
    assert int(frame["value"].sum()) == len(expected)
    by_hand = flows.where(**where).sql("SELECT count(*) AS n FROM flows")
    assert int(by_hand["n"].iloc[0]) == len(expected)


def test_the_sql_that_is_shown_runs_again(flows: FlowLogs) -> None:
    narrowed = flows.where(srcaddr="country:US")
    sql = narrowed.panel("overview/actions").sql
    assert "country:US" in sql
    again = flows.sql(sql)
    assert again["flows"].sum() == narrowed.panel("overview/actions").frame["flows"].sum()


def test_a_word_that_is_no_country_is_refused_with_the_closest(flows: FlowLogs) -> None:
    with pytest.raises(FilterError, match="Germany"):
        flows.where(srcaddr="country:Germny")
    with pytest.raises(FilterError, match="not a country"):
        flows.where(srcaddr="country:")


def test_it_reads_back_from_its_own_text() -> None:
    written = Filters.parse({"srcaddr": "country:us, !country:Germany"})
    assert str(written) == "srcaddr=country:US, !country:DE"
    assert Filters.parse(written.texts()) == written


def test_filters_without_countries_ask_nothing() -> None:
    plain = Filters.parse({"srcaddr": "10.0.0.0/8", "dstport": "443"})

    def never(field: str, others: Filters) -> dict[str, str]:
        raise AssertionError(field)

    assert resolved(plain, never) is plain
