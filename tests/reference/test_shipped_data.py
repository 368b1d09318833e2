"""The files in data/ are there, whole and consistent with each other."""

import csv
import json

import maxminddb
import pytest

from vpcflow_core.errors import MissingDataError
from vpcflow_core.reference import files
from vpcflow_core.reference.files import data_file
from vpcflow_core.reference.geoip import label_points

FILES = ["country.mmdb", "world.geojson", "countries.csv", "protocols.csv", "services.csv"]


def rows(name):
    with data_file(name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", FILES)
def test_every_shipped_file_is_found_and_told_of_in_the_readme(name):
    assert data_file(name).is_file()
    assert name in data_file("README.md").read_text()


def test_a_file_missing_from_an_installation_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FOLDERS", (tmp_path,))
    with pytest.raises(MissingDataError, match=r"'country\.mmdb' that ships with vpcflow"):
        data_file("country.mmdb")


def test_an_installed_wheels_own_files_come_first(tmp_path, monkeypatch):
    (tmp_path / "protocols.csv").touch()
    monkeypatch.setattr(files, "FOLDERS", (tmp_path, *files.FOLDERS))
    assert data_file("protocols.csv") == tmp_path / "protocols.csv"
    assert data_file("services.csv").parent != tmp_path


def test_countries_are_all_of_iso_and_kosovo_each_once():
    table = rows("countries.csv")
    assert len(table) == 250
    assert len({row["alpha2"] for row in table}) == len({row["alpha3"] for row in table}) == 250
    assert {"SG", "MT", "HK", "MC", "VA", "TV", "GI", "XK"} <= {row["alpha2"] for row in table}


@pytest.mark.parametrize(
    ("code", "latitude", "longitude"),
    [
        ("SG", 1.35, 103.8),
        ("MT", 35.9, 14.4),
        ("HK", 22.4, 114.1),
        ("US", 39, -98),
        ("RU", 60, 97),
        ("FJ", -17.8, 178),
        ("FR", 46.5, 2.5),
        ("GF", 4.9, -52.3),
        ("NZ", -43, 171),
        ("CL", -33, -71),
    ],
)
def test_label_points_lie_in_their_country(code, latitude, longitude):
    place = label_points()[code]
    assert place.latitude == pytest.approx(latitude, abs=2)
    assert place.longitude == pytest.approx(longitude, abs=3)


def test_every_outline_but_the_disputed_ones_belongs_to_a_country():
    shapes = json.loads(data_file("world.geojson").read_text())["features"]
    known = {row["alpha3"] for row in rows("countries.csv")}
    strangers = {s["properties"]["name"] for s in shapes if s["properties"]["iso_a3"] not in known}
    assert strangers == {"Kosovo", "N. Cyprus", "Somaliland"}


def test_the_country_database_names_only_countries_of_the_table():
    with maxminddb.open_database(data_file("country.mmdb")) as reader:
        assert reader.metadata().database_type.endswith("Country")
        for address in ("8.8.8.8", "2a00:1450::1"):
            record = reader.get(address)
            code = record["country"]["iso_code"]
            assert record["country"]["names"]["en"] == label_points()[code].country_name
            assert record["continent"]["code"] in ("EU", "NA")


def test_protocols_are_the_assigned_numbers_in_order():
    numbers = [int(row["number"]) for row in rows("protocols.csv")]
    assert numbers == [*range(148), 253, 254, 255]


def test_protocol_keywords_are_unique():
    keywords = [row["keyword"].lower() for row in rows("protocols.csv") if row["keyword"]]
    assert len(keywords) == len(set(keywords))


def test_services_have_one_name_a_port_and_protocol_in_order():
    table = [(int(row["port"]), row["protocol"]) for row in rows("services.csv")]
    assert len(table) == len(set(table)) > 11_000
    assert [port for port, _ in table] == sorted(port for port, _ in table)
    assert {protocol for _, protocol in table} == {"tcp", "udp", "sctp", "dccp"}
    assert all(row["name"] for row in rows("services.csv"))
