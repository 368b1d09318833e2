"""Names of protocols and services, both ways."""

import pytest

from vpcflow_core.reference import iana
from vpcflow_core.reference.iana import (
    closest_protocol,
    closest_service,
    port_label,
    protocol_keyword,
    protocol_number,
    service_name,
    service_ports,
)


@pytest.mark.parametrize(
    ("number", "keyword"),
    [
        (0, "HOPOPT"),
        (1, "ICMP"),
        (6, "TCP"),
        (17, "UDP"),
        (47, "GRE"),
        (50, "ESP"),
        (51, "AH"),
        (58, "IPv6-ICMP"),
        (115, "L2TP"),
        (132, "SCTP"),
        (147, "BIT-EMU"),
    ],
)
def test_protocol_numbers_have_ianas_keywords_and_back(number, keyword):
    assert protocol_keyword(number) == keyword
    assert protocol_number(keyword) == number
    assert protocol_number(keyword.upper()) == number
    assert protocol_number(f" {keyword.lower()} ") == number


def test_every_keyword_finds_its_own_number():
    for number in range(256):
        assert protocol_number(protocol_keyword(number)) == number


@pytest.mark.parametrize("number", [61, 200, 253, 300])
def test_a_protocol_without_keyword_is_its_number(number):
    assert protocol_keyword(number) == str(number)


@pytest.mark.parametrize(("name", "number"), [("icmpv6", 58), ("ICMP6", 58), ("ospf", 89)])
def test_names_that_people_type_find_the_protocol(name, number):
    assert protocol_number(name) == number


@pytest.mark.parametrize("name", ["", "tpc", "256", "-1", "6.0", "1e1"])
def test_unknown_protocols_are_none(name):
    assert protocol_number(name) is None


@pytest.mark.parametrize(
    ("port", "protocol", "name"),
    [
        (22, 6, "ssh"),
        (53, 17, "domain"),
        (80, 6, "http"),
        (123, 17, "ntp"),
        (443, 6, "https"),
        (443, 17, "https"),
        (514, 6, "shell"),
        (514, 17, "syslog"),
        (3306, 6, "mysql"),
        (3389, 6, "ms-wbt-server"),
        (5432, 6, "postgresql"),
        (6379, 6, "redis"),
        (6010, 6, "x11"),
        (8080, 6, "http-alt"),
    ],
)
def test_ports_have_ianas_service_names_and_back(port, protocol, name):
    assert service_name(port, protocol) == name
    assert port in service_ports(name, protocol)
    assert port_label(port, protocol) == f"{port} ({name})"


def test_without_a_protocol_the_name_on_tcp_comes_first():
    assert service_name(514) == "shell"
    assert port_label(443) == "443 (https)"


def test_a_name_that_only_udp_has_is_found_without_protocol():
    assert service_name(9, 132) == "discard"
    udp_only = next(p for p in range(65536) if not service_name(p, 6) and service_name(p, 17))
    assert service_name(udp_only) == service_name(udp_only, 17)


def test_a_port_of_a_protocol_without_ports_has_no_name():
    assert service_name(443, 1) is None
    assert port_label(443, 1) == "443"


@pytest.mark.parametrize("port", [0, 49152, 65535, 70000])
def test_a_port_without_name_is_its_number(port):
    assert service_name(port) is None
    assert port_label(port) == str(port)


def test_services_are_found_whatever_their_case():
    assert service_ports("HTTPS") == service_ports(" https ") == (443,)


def test_a_service_on_many_ports_gives_them_all_in_order():
    assert service_ports("x11") == tuple(range(6000, 6064))


@pytest.mark.parametrize(
    ("name", "port"), [("dns", 53), ("rdp", 3389), ("postgres", 5432), ("smb", 445), ("www", 80)]
)
def test_names_that_people_type_find_the_service(name, port):
    assert port in service_ports(name)


def test_an_unknown_service_has_no_ports():
    assert service_ports("htps") == ()
    assert service_ports("") == ()


@pytest.mark.parametrize("name", sorted(iana.SERVICE_ALIASES))
def test_every_service_alias_leads_somewhere_and_hides_no_registered_name(name):
    assert service_ports(name)
    assert name not in iana._service_ports()


@pytest.mark.parametrize("name", sorted(iana.PROTOCOL_ALIASES))
def test_every_protocol_alias_leads_somewhere_and_hides_no_keyword(name):
    assert protocol_number(name) is not None
    assert name not in iana._protocol_numbers()


def test_a_misspelt_name_has_a_closest_known_one():
    assert closest_service("htps") == "https"
    assert closest_service("postgre") in ("postgres", "postgresql")
    assert closest_protocol("tpc") == "tcp"
    assert closest_protocol("icmpv") == "icmpv6"


def test_a_name_far_from_everything_has_no_closest_one():
    assert closest_protocol("zzzzzzzz") is None
    assert closest_service("0123456789abcdef") is None
