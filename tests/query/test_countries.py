"""Filters by country: the same records as looking up each address by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import geoip2.database
import pandas as pd
import pytest
from geoip2.errors import AddressNotFoundError

from tests.logs import UNTIL, read_with_pandas
from vpcflow_core.api import FlowLogs
from vpcflow_core.errors import FilterError
from vpcflow_core.query.countries import resolved
from vpcflow_core.query.filters import Filters
from vpcflow_core.reference.files import data_file

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def bare_day(bare_store: Path) -> Iterator[FlowLogs]:
    with FlowLogs.open(bare_store) as opened:
        yield opened.between(UNTIL - DAY, UNTIL)


@pytest.fixture(scope="module")
def traffic_of_the_day(sample: Path) -> pd.DataFrame:
    """The day's traffic, with the country of each end."""
    frame = read_with_pandas(sample)
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
        ({"address": "country:US"}, lambda f: (f["source"] == "US") | (f["target"] == "US")),
        ({"country": "US, germany"},
         lambda f: f["source"].isin(["US", "DE"]) | f["target"].isin(["US", "DE"])),
        ({"country": "!US"}, lambda f: (f["source"] != "US") & (f["target"] != "US")),
        ({"srcaddr": "country:FJ"}, lambda f: f["source"] == "FJ"),
    ],
)  # fmt: skip
def test_a_country_means_every_address_in_it(
    bare_day: FlowLogs, traffic_of_the_day: pd.DataFrame, where: dict[str, str], keep: object
) -> None:
    expected = traffic_of_the_day[keep(traffic_of_the_day)]  # type: ignore[operator]
    frame = bare_day.where(**where).series("flows", every="1h")
    assert int(frame["value"].sum()) == len(expected)
    by_hand = bare_day.where(**where).sql("SELECT count(*) AS n FROM flows")
    assert int(by_hand["n"].iloc[0]) == len(expected)


def test_the_sql_that_is_shown_runs_again(bare_day: FlowLogs) -> None:
    narrowed = bare_day.where(srcaddr="country:US")
    sql = narrowed.panel("overview/actions").sql
    assert "country:US" in sql
    again = bare_day.sql(sql)
    assert again["flows"].sum() == narrowed.panel("overview/actions").frame["flows"].sum()


def test_a_word_that_is_no_country_is_refused_with_the_closest(bare_day: FlowLogs) -> None:
    with pytest.raises(FilterError, match="Germany"):
        bare_day.where(srcaddr="country:Germny")
    with pytest.raises(FilterError, match="not a country"):
        bare_day.where(srcaddr="country:")


def test_it_reads_back_from_its_own_text() -> None:
    written = Filters.parse({"srcaddr": "country:us, !country:Germany"})
    assert str(written) == "srcaddr=country:US, !country:DE"
    assert Filters.parse(written.texts()) == written


def test_filters_without_countries_ask_nothing() -> None:
    plain = Filters.parse({"srcaddr": "10.0.0.0/8", "dstport": "443"})

    def never(field: str, others: Filters) -> dict[str, str]:
        raise AssertionError(field)

    assert resolved(plain, never) is plain
