"""The watch list of the user: plain lists with comments, CSV, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from vpcflow_core.api import FlowLogs
from vpcflow_core.detections.catalogue import NO_WATCH_LIST, find
from vpcflow_core.detections.watch_list import read_watch_list
from vpcflow_core.errors import SettingsError


def listed(folder: Path, text: str) -> Path:
    path = folder / "list.txt"
    path.write_text(text)
    return path


def test_a_plain_list_has_comments_and_blank_lines(tmp_path: Path) -> None:
    text = "# feed\n\n198.51.100.7 # seen\n203.0.113.0/25 ; SBL1\n2001:db8:7::/48\n"
    found = read_watch_list(listed(tmp_path, text))
    assert found.count == 3
    assert found.meets("198.51.100.7")
    assert not found.meets("198.51.100.8")
    assert found.meets("203.0.113.127")
    assert not found.meets("203.0.113.128")
    assert found.meets("2001:db8:7::1")
    assert not found.meets("2001:db8:8::1")


def test_the_first_column_of_a_csv_counts_and_its_titles_do_not(tmp_path: Path) -> None:
    found = read_watch_list(listed(tmp_path, 'ip,reason\n"198.51.100.7","c2, old"\n192.0.2.1,x\n'))
    assert found.count == 2
    assert found.meets("192.0.2.1")


def test_blocks_that_overlap_are_met_at_each_of_their_addresses(tmp_path: Path) -> None:
    found = read_watch_list(listed(tmp_path, "198.51.100.0/24\n198.51.100.128/25\n198.51.101.0/24"))
    assert [found.meets(f"198.51.{a}") for a in ("99.255", "100.0", "101.255", "102.0")] == [
        False, True, True, False,
    ]  # fmt: skip


def test_a_block_is_met_by_a_wider_one_around_it(tmp_path: Path) -> None:
    assert read_watch_list(listed(tmp_path, "198.51.100.7")).meets("198.51.100.0/24")


@pytest.mark.parametrize("block", ["10.1.0.0/16", "0.0.0.0/0", "192.168.1.1", "fd00::/8", "::1"])
def test_private_and_bogon_blocks_are_refused(tmp_path: Path, block: str) -> None:
    with pytest.raises(SettingsError, match=r"line 2: .* not of the Internet"):
        read_watch_list(listed(tmp_path, f"198.51.100.7\n{block}\n"))


@pytest.mark.parametrize("text", ["198.51.100\n", "1.2.3.4\nevil.example\n", "198.51.100.7/33"])
def test_a_line_that_is_no_address_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"line \d: .*is no address or block"):
        read_watch_list(listed(tmp_path, text))


def test_a_list_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_watch_list(tmp_path / "none.txt")
    with pytest.raises(SettingsError, match="holds no address"):
        read_watch_list(listed(tmp_path, "# nothing\n"))


def test_a_list_that_was_changed_is_read_again(tmp_path: Path) -> None:
    path = listed(tmp_path, "198.51.100.7")
    assert not read_watch_list(path).meets("192.0.2.1")
    path.write_text("192.0.2.1 # longer")
    assert read_watch_list(path).meets("192.0.2.1")


def test_without_a_list_watched_addresses_are_not_looked_for(calm_logs: FlowLogs) -> None:
    found = find(calm_logs, calm_logs.window, only=("watch-list",))
    assert (found.looked, found.unset) == ((), ("watch-list",))
    assert NO_WATCH_LIST in found.notes
