"""Places of addresses: which database is used, what it tells, and what has no place."""

import math
from datetime import date
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpcflow_core.errors import SettingsError
from vpcflow_core.reference import geoip
from vpcflow_core.reference.address_classes import classify_one
from vpcflow_core.reference.geoip import Place, Places, label_points, system_databases

COLUMNS = ["address", "class", "country", "country_name", "city", "latitude", "longitude"]


@pytest.fixture(scope="module")
def shipped():
    places = Places.open(search_system=False)
    yield places
    places.close()


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("8.8.8.8", "US"),
        ("9.9.9.9", "US"),
        ("77.88.8.8", "RU"),
        ("114.114.114.114", "CN"),
        ("193.0.6.139", "NL"),
        ("200.160.2.3", "BR"),
        ("196.25.1.1", "ZA"),
        ("202.12.27.33", "JP"),
        ("168.126.63.1", "KR"),
        ("165.21.83.88", "SG"),
        ("18.194.0.1", "DE"),  # AWS eu-central-1
        ("3.8.0.1", "GB"),  # AWS eu-west-2
        ("54.233.0.1", "BR"),  # AWS sa-east-1
        ("2001:4860:4860::8888", "US"),
        ("2a00:1450::1", "IE"),
        ("2a05:d014::1", "DE"),  # AWS eu-central-1
        ("2406:da14::1", "JP"),  # AWS ap-northeast-1
        ("2406:da1c:7ff:f800::1", "AU"),  # AWS ap-southeast-2
    ],
)
def test_the_shipped_database_knows_where_well_known_hosts_are(shipped, address, country):
    place = shipped.place(address)
    assert place is not None
    assert place.country == country


@pytest.mark.parametrize("address", ["2001:dc3::35", "2001:200::1"])
def test_japanese_ipv6_networks_are_not_taken_for_australian(shipped, address):
    assert shipped.place(address).country == "JP"


def test_the_shipped_database_says_what_it_is_and_how_old(shipped):
    assert shipped.kind == "country"
    assert shipped.built == date(2026, 6, 17)
    assert (
        shipped.description
        == "country database geo-whois-asn-country (CC0, with data of nro.net), built 2026-06-17"
    )


def test_the_shipped_database_places_an_address_at_its_countrys_label_point(shipped):
    assert shipped.place("165.21.83.88") == Place("SG", "Singapore", None, 1.36, 103.81)


def test_locate_gives_one_row_a_distinct_address_in_order_of_appearance(shipped):
    frame = shipped.locate(["8.8.8.8", "77.88.8.8", "8.8.8.8"])
    assert list(frame.columns) == COLUMNS
    assert frame["address"].tolist() == ["8.8.8.8", "77.88.8.8"]
    assert frame["country_name"].tolist() == ["United States", "Russia"]


def test_private_and_reserved_addresses_have_a_class_but_no_place(shipped):
    frame = shipped.locate(["10.1.2.3", "169.254.169.254", "192.0.2.1", "224.0.0.1", "fd00::1"])
    assert frame["class"].tolist() == ["private", "aws", "reserved", "multicast", "private"]
    assert frame[COLUMNS[2:]].isna().all(axis=None)


def test_private_addresses_are_not_even_looked_up(shipped, monkeypatch):
    asked = []
    monkeypatch.setattr(shipped, "_find", asked.append)
    shipped.locate(["10.0.0.1", "8.8.8.8", "192.168.1.1"])
    assert asked == ["8.8.8.8"]


def test_each_distinct_address_is_looked_up_once(monkeypatch):
    places = Places.open(search_system=False)
    read, asked = places._read, []
    monkeypatch.setattr(places, "_read", lambda address: (asked.append(address), read(address))[1])
    places.locate(["8.8.8.8", "9.9.9.9", "8.8.8.8"])
    places.locate(["9.9.9.9"])
    assert asked == ["8.8.8.8", "9.9.9.9"]


def test_missing_values_and_words_that_are_no_address_have_no_place(shipped):
    frame = shipped.locate(["-", None, float("nan"), "8.8.8.8", "eni-1"])
    assert frame["address"].tolist() == ["-", "8.8.8.8", "eni-1"]
    assert frame["class"].isna().tolist() == [True, False, True]
    assert frame["country"].isna().tolist() == [True, False, True]


def test_locate_of_nothing_has_every_column_and_type(shipped):
    assert shipped.locate([]).dtypes.equals(shipped.locate(["8.8.8.8"]).dtypes)


def test_ipv4_hosts_behind_nat64_and_mapped_ones_are_found(shipped):
    frame = shipped.locate(["64:ff9b::808:808", "::ffff:77.88.8.8"])
    assert frame["country"].tolist() == ["US", "RU"]


def test_a_city_database_tells_the_city_and_its_own_point(city_database):
    place = Places.open([city_database]).place("81.2.69.160")
    assert place == Place("GB", "United Kingdom", "London", 51.5142, -0.0931)


def test_a_city_without_a_point_stands_at_its_countrys_label_point(city_database):
    place = Places.open([city_database]).place("89.160.20.1")
    sweden = label_points()["SE"]
    assert place == Place("SE", "Sweden", "Linköping", sweden.latitude, sweden.longitude)


def test_a_record_without_country_falls_back_on_the_registered_one(city_database):
    assert Places.open([city_database]).place("67.43.156.1").country_name == "Bhutan"


def test_a_record_without_any_country_and_an_absent_address_have_no_place(city_database):
    places = Places.open([city_database])
    assert places.place("5.5.5.5") is None
    assert places.place("8.8.8.8") is None


def test_a_city_database_is_described_by_its_own_words(city_database):
    places = Places.open([city_database])
    assert places.kind == "city"
    assert places.description == "city database GeoLite2City database, built 2026-01-01"


def test_a_configured_city_database_comes_before_a_configured_country_database(
    city_database, country_database
):
    assert Places.open([country_database, city_database]).kind == "city"
    assert Places.open([country_database]).place("8.8.8.8").country == "FR"


def test_a_configured_database_comes_before_the_systems(
    city_database, country_database, monkeypatch
):
    monkeypatch.setattr(geoip, "SYSTEM_FOLDERS", (str(city_database.parent),))
    assert Places.open([country_database]).kind == "country"


def test_a_city_database_in_the_systems_place_is_found(city_database, monkeypatch):
    city_database.rename(city_database.with_name("dbip-city-lite-2026-10.mmdb"))
    monkeypatch.setattr(geoip, "SYSTEM_FOLDERS", (str(city_database.parent),))
    assert Places.open().kind == "city"
    assert Places.open(search_system=False).kind == "country"


def test_the_system_search_prefers_cities_and_the_newest_month(tmp_path, monkeypatch):
    monkeypatch.setattr(geoip, "SYSTEM_FOLDERS", (str(tmp_path),))
    names = ["GeoLite2-Country", "dbip-city-lite-2026-09", "dbip-city-lite-2026-10"]
    for name in names:
        (tmp_path / f"{name}.mmdb").touch()
    assert [path.stem for path in system_databases()] == [names[2], names[1], names[0]]


def test_a_broken_database_in_the_systems_place_is_passed_over(tmp_path, monkeypatch, caplog):
    (tmp_path / "GeoLite2-City.mmdb").write_bytes(b"not a database")
    monkeypatch.setattr(geoip, "SYSTEM_FOLDERS", (str(tmp_path),))
    assert Places.open().description.startswith("country database geo-whois")
    assert "Passed over" in caplog.text


def test_a_configured_path_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"nowhere\.mmdb does not exist") as caught:
        Places.open([tmp_path / "nowhere.mmdb"])
    assert "ships with vpcflow" in caught.value.next_step


def test_a_configured_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "text.mmdb").write_text("hello")
    with pytest.raises(SettingsError, match=r"text\.mmdb cannot be read"):
        Places.open([tmp_path / "text.mmdb"])


def test_a_configured_folder_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        Places.open([tmp_path])


def test_a_database_of_another_type_is_refused_with_its_type(asn_database):
    with pytest.raises(SettingsError, match="'GeoLite2-ASN', not a City or Country"):
        Places.open([asn_database])


@given(st.integers(0, 2**32 - 1).map(ip_address).map(str))
def test_only_public_addresses_have_a_place_and_every_place_is_on_earth(address):
    place = PLACES.place(address)
    assert place is None or classify_one(address) == "public"
    if place:
        assert -90 <= place.latitude <= 90
        assert -180 <= place.longitude <= 180
        assert not math.isnan(place.longitude)


PLACES = Places.open(search_system=False)
