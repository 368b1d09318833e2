"""What of known kinds of trouble there was.

Imports of a question stand in its method: a command that asks another one does not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.engines.open import naming_of
from vpcflow_core.flow_logs.paths import Paths
from vpcflow_core.query.question import names_of
from vpcflow_core.settings import load_settings

if TYPE_CHECKING:
    from vpcflow_core.detections.catalogue import Findings
    from vpcflow_core.detections.watch_list import WatchList


class Finding(Paths):
    """What of known kinds of trouble there was."""

    def findings(self, only: str | Iterable[str] = ()) -> pd.DataFrame:
        """Incidents of the range: scans, brute force, data sent out and more, the worst first.

        Args:
            only: Slugs of the detections to ask: `port-scan,brute-force`; all if empty.

        Returns:
            One row an incident: detection, severity (`low`, `medium`, `high`, `critical`), what
            (a sentence), who (value by field), names, since, until (UTC), going (whether it has
            not ended), evidence (counts by name), attack (technique in MITRE ATT&CK), next_step,
            filters, id. Whole hours are looked at of which all records have arrived;
            `attrs["notes"]` says up to when, and what could not be looked for.

        Raises:
            ParameterError: There is no such detection.
            SettingsError: The watch list of the settings cannot be read.
        """
        from vpcflow_core.detections.catalogue import frame_of

        found = self.find_incidents(only)
        return noted(frame_of(found), *found.notes)

    def find_incidents(self, only: str | Iterable[str] = ()) -> Findings:
        """As `findings`, as objects."""
        from vpcflow_core.detections.catalogue import Findings, find

        if self.extent is None:
            return Findings((), None)
        return find(self, self.window, only=names_of(only), watch_list=watch_list())

    @staticmethod
    def detections() -> pd.DataFrame:
        """Every detection: slug, title, question, severity, attack and thresholds."""
        from vpcflow_core.detections.catalogue import DETECTIONS

        rows = [
            {
                "slug": each.slug,
                "title": each.title,
                "question": each.question,
                "severity": each.severity,
                "attack": each.attack,
                "thresholds": {name: one.value for name, one in each.thresholds.items()},
            }
            for each in DETECTIONS.values()
        ]
        return pd.DataFrame(rows)


def watch_list() -> WatchList:
    """All watch lists of the settings as one."""
    from vpcflow_core.detections.watch_list import NO_LIST, read_watch_list, with_sets

    settings = load_settings()
    path = settings.watch_list
    own = read_watch_list(path) if path else NO_LIST
    return with_sets(own, naming_of(settings).watched()) if settings.watch_lists else own
