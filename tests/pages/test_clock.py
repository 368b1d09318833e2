"""Times in sentences of a page, by the clock of its zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from dashboards.ui.clock import localised


@pytest.mark.parametrize(
    ("sentence", "zone", "shown"),
    [
        ("From 2026-11-25T01:51:29Z to 2026-11-25T02:49Z.", "UTC", "From 25 Nov 01:51 to 02:49."),
        ("From 2026-11-25T01:51Z to 2026-11-25T02:49Z.", "Asia/Kolkata", "From 25 Nov 07:21 to 08:19."),
        (
            "From 2026-11-25T03:51Z to 2026-11-25T06:49Z and 2 more times.",
            "America/New_York",
            "From 24 Nov 22:51 to 25 Nov 01:49 and 2 more times.",
        ),
        ("Compared up to 2026-07-25T01:16Z, both days.", "Europe/Berlin", "Compared up to 25 Jul 03:16, both days."),
        ("the data begins 2026-11-25T01:16:00.5Z", "UTC", "the data begins 25 Nov 01:16"),
        ("sample://?until=2026-11-25T01:51Z", "Asia/Tokyo", "sample://?until=2026-11-25T01:51Z"),
        ("a file 2026-11-25T01:51Z.log", "Asia/Tokyo", "a file 2026-11-25T01:51Z.log"),
        ("1d before", "Asia/Tokyo", "1d before"),
    ],
)  # fmt: skip
def test_instants_are_those_of_the_zones_clock(sentence: str, zone: str, shown: str) -> None:
    assert localised(sentence, ZoneInfo(zone)) == shown
