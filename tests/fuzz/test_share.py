"""A small share of `make fuzz`: what is read of mutated files adds up."""

from __future__ import annotations

import pytest

from tests.fuzz.forms import FORMS
from tests.fuzz.judge import judged
from tests.fuzz.mutations import mutant

EACH = 12


@pytest.mark.parametrize("place", range(len(FORMS)), ids=list(FORMS))
def test_no_line_of_a_mutated_file_is_lost(place: int) -> None:
    seeds = [place + len(FORMS) * n for n in range(1000, 1000 + EACH)]
    faults = {seed: judged(mutant(seed, most=100_000).data).fault for seed in seeds}
    assert {seed: fault for seed, fault in faults.items() if fault} == {}


@pytest.mark.parametrize("form", FORMS)
def test_files_are_whole_before_they_are_mutated(form: str) -> None:
    verdicts = [judged(data) for data in FORMS[form]]
    assert [verdict.fault for verdict in verdicts] == [""] * len(verdicts)
    assert any(verdict.records for verdict in verdicts)


def test_a_mutated_file_is_known_by_its_number() -> None:
    assert mutant(4711) == mutant(4711)
    assert mutant(4711) != mutant(4712)
