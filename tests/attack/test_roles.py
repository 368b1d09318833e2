"""A share of `make attack roles`: a viewer gets nothing of an admin's or another team's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attack import roles
from tests.attack.base import Outcome
from tests.attack.roles import Stage, staged


@pytest.fixture(scope="module")
def roles_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("roles")) as stage:
        yield stage


def faults(found: Iterator[Outcome]) -> tuple[int, dict[str, str]]:
    """How many were tried, and what got out."""
    tried = list(found)
    return len(tried), {one.name: one.fault for one in tried if one.fault}


@pytest.mark.slow
def test_links_of_a_viewer_show_nothing_of_other_teams(roles_stage: Stage) -> None:
    assert faults(roles.links(roles_stage, ("rejects",))) == (len(roles.LINKS), {})


@pytest.mark.slow
def test_widgets_that_a_viewer_does_not_have_do_nothing(roles_stage: Stage) -> None:
    tried, out = faults(roles.hidden_widgets(roles_stage, ("findings", "sources")))
    assert out == {}
    assert tried >= 8


@pytest.mark.slow
def test_refusals_past_the_pages_are_sentences_and_in_the_audit_log(roles_stage: Stage) -> None:
    assert faults(roles.past_the_pages(roles_stage)) == (7, {})
