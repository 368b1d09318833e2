"""Answers among inbound flows: by TCP flags where they tell, else by ports."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from vpcflow_core.analysis.security_groups.replies import SERVICE_PORTS, replies


def told(protocol: Any, srcport: Any, dstport: Any, flags: Any = "none") -> bool:
    row = {"protocol": protocol, "srcport": srcport, "dstport": dstport}
    row |= {} if flags == "none" else {"tcp_flags": flags}
    return bool(replies(pd.DataFrame([row]).astype("Int64"))[0])


@pytest.mark.parametrize("source", [22, 53, 443, 1023, 5432, 8080])
@pytest.mark.parametrize("protocol", [6, 17])
def test_from_a_services_port_to_a_clients_is_an_answer(protocol: int, source: int) -> None:
    assert told(protocol, source, 32768)
    assert told(protocol, source, 65535)
    assert not told(protocol, source, 32767)


def test_from_a_clients_port_is_no_answer() -> None:
    assert not told(6, 1024, 40000)
    assert not told(6, 50000, 443)
    assert not told(6, 50000, 50001)


def test_a_clock_or_a_file_share_asks_from_a_systems_port() -> None:
    assert not told(17, 123, 123)
    assert not told(6, 900, 2049)


def test_protocols_without_ports_tell_nothing() -> None:
    for protocol in (1, 58, 50, None):
        assert not told(protocol, 0, 0)
        assert not told(protocol, 443, 50000)


def test_a_missing_port_tells_nothing() -> None:
    assert not told(6, None, 50000)
    assert not told(6, 443, None)
    assert not told(6, 0, 50000)


def test_syn_ack_is_an_answer_whatever_the_ports() -> None:
    for flags in (18, 19, 18 | 4):
        assert told(6, 50000, 1500, flags)


def test_a_syn_alone_is_none_whatever_the_ports() -> None:
    for flags in (2, 3, 2 | 4):
        assert not told(6, 443, 50000, flags)


def test_flags_that_do_not_tell_leave_it_to_the_ports() -> None:
    for flags in (0, 1, 4, None):
        assert told(6, 443, 50000, flags)
        assert not told(6, 50000, 443, flags)


def test_flags_are_of_tcp_alone() -> None:
    assert not told(17, 50000, 53, 18)
    assert told(17, 53, 50000, 2)


def test_ports_of_services_are_below_those_of_clients() -> None:
    assert all(1024 <= port < 32768 for port in SERVICE_PORTS)
    assert len(set(SERVICE_PORTS)) == len(SERVICE_PORTS)


def test_no_flows_have_no_answers() -> None:
    columns = ["protocol", "srcport", "dstport", "tcp_flags"]
    assert replies(pd.DataFrame(columns=columns, dtype="Int64")).tolist() == []
