"""From a log group through the collector and S3 into the store, and onto the Security Groups page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.collector.conftest import Handle, Network, ec2, handle, network
from tests.collector.test_synced import DEFAULT_FIELDS, load, make
from tests.pages.browsing import drawn, ready

__all__ = ["ec2", "handle", "network"]  # fixtures


def test_what_the_collector_wrote_is_on_the_security_groups_page(
    handle: Handle, network: Network, tmp_path: Path, serve: Callable[..., str],
    open_page: Callable[..., Page],
) -> None:  # fmt: skip
    made = make(network, DEFAULT_FIELDS, seed=5)
    for number, event in enumerate(made.events):
        handle(event, new=not number, LOG_FORMAT="VPC-JSON", INCLUDE_SECURITY_GROUP_INFO="true")
    store = tmp_path / "store"
    load(store)
    page = ready(open_page(f"{serve(store)}/security-groups?range=24h"), charts=6)
    donut, *_ = drawn(page, "security-groups/directions")
    shown = dict(zip(donut["labels"], donut["values"], strict=True))
    told = {name: count for name, count in made.directions.items() if name}
    # The collector does not know the unknown interface; its log tells some of its directions.
    assert all(shown[name] >= count for name, count in told.items())
    assert sum(shown.values()) <= made.flows
    (bars,) = drawn(page, "security-groups/top-groups")
    assert set(bars["customdata"]) == set(made.bytes_of_group)
    panel = page.locator(".st-key-panel-security-groups-rules-in-use")
    expect(panel.get_by_text("snapshot").first).to_be_visible()
