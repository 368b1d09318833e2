"""Who an entity is: facts lead on to the pages of what they name, texts of others are inert."""

from __future__ import annotations

import pytest

from dashboards.ui.who import UNKNOWN, html
from vpcflow_core.panels.entity import entity_of

INSTANCE = "i-02d3ce6addd61593a"


def shown(text: str, known: dict[str, str]) -> str:
    return html(entity_of(text), known, lambda to: f"/entity?entity={to}&v=1")


def test_what_a_fact_names_leads_to_its_page_but_not_to_the_page_itself() -> None:
    page = shown(
        "10.0.10.15",
        {"Instance": f"{INSTANCE} (web, blue)", "Addresses": "10.0.10.15, 2a05::f", "Kind": "443"},
    )
    assert (
        f'href="/entity?entity={INSTANCE}&amp;v=1" target="_self">{INSTANCE}</a> (web, blue)'
        in page
    )
    assert 'entity=2a05::f&amp;v=1"' in page
    assert page.count("<a ") == 2  # neither the address itself nor a kind
    assert "<h2>Address 10.0.10.15</h2>" in page


def test_a_number_of_values_is_no_port() -> None:
    assert "<a " not in shown("sg-1", {"Addresses": "12 different ones"})


@pytest.mark.parametrize("label", ["Instance", "Owner"])
def test_hostile_names_are_text(label: str) -> None:
    page = shown("i-1", {label: "i-2 (<img src=x onerror=y>\u202e)"})
    assert "<img" not in page
    assert "\u202e" not in page


def test_what_is_known_of_nothing_is_said_but_of_blocks() -> None:
    assert UNKNOWN in shown("9.9.9.9", {})
    assert UNKNOWN not in shown("9.9.9.0/24", {})
