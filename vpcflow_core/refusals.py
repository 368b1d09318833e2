"""Refused connections with their reason: what is asked of the logs, and of snapshots of EC2.

`FlowLogs` and the panels use the same function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pandas as pd

from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.analysis.security_groups.refusals import why_refused
from vpcflow_core.analysis.security_groups.versions import changes
from vpcflow_core.errors import MissingDataError
from vpcflow_core.inventory.tables import Kind
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.result import QueryResult
from vpcflow_core.times import Window

KINDS: tuple[Kind, ...] = (
    "interfaces", "rules", "security_groups", "prefix_lists", "subnets", "network_acls",
)  # fmt: skip
# Without these nothing can be said of any refusal.
NEEDED: tuple[Kind, ...] = ("interfaces", "rules")
# Kinds whose changes part the time.
CHANGING: tuple[Kind, ...] = ("interfaces", "rules", "prefix_lists", "network_acls")
# Refused five-tuples that are looked at; those of the fewest flows are left out.
MOST_ROWS = 200_000
MOST_CUTS = 200


class RefusalQueries(Protocol):
    """The part of `FlowLogs` that is asked."""

    def ask_refused(
        self,
        window: Window | None = None,
        filters: Filters | None = None,
        *,
        cuts: Sequence[datetime] = (),
        limit: int = MOST_ROWS,
    ) -> QueryResult:
        """What interfaces refused."""

    def known(self, kind: Kind) -> pd.DataFrame:
        """A table of the EC2 snapshots."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Refused connections with their reason.

    Attributes:
        frame: As `analysis.security_groups.refusals.why_refused` gives it.
        result: What the engine answered.
        notes: Sentences.
    """

    frame: pd.DataFrame
    result: QueryResult
    notes: tuple[str, ...]


def explained(logs: RefusalQueries, window: Window, filters: Filters, top: int | None) -> Explained:
    """The reasons of what was refused in a window, most flows first.

    Args:
        logs: What answers.
        window: When.
        filters: Conditions on the refused records.
        top: How many rows at most.

    Raises:
        MissingDataError: No snapshot has interfaces or rules, or the logs lack a field.
    """
    known = {kind: logs.known(kind) for kind in KINDS}
    for kind in NEEDED:
        if known[kind].empty:
            raise MissingDataError(
                f"No EC2 snapshot in this store has {kind.replace('_', ' ')}.",
                "vpcflow sync takes one where the role may describe them: see docs/iam.md.",
            )
    cuts = changes(window, *(known[kind] for kind in CHANGING))
    kept = cuts[:: -(-len(cuts) // MOST_CUTS) or 1]
    result = logs.ask_refused(window, filters, cuts=kept, limit=MOST_ROWS)
    frame = why_refused(result.frame, known, top)
    notes = list(notes_of(frame))
    frame.attrs.clear()
    if len(result.frame) == MOST_ROWS:
        notes.append("The smallest are left out: too many different connections were refused.")
    if len(kept) < len(cuts):
        notes.append("The network changed too often: some are judged by what was shortly before.")
    return Explained(frame, result, tuple(notes))
