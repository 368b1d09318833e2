"""What people should know of a sync that went on to its end, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vpcflow_core.sources.base import HasWarnings, Source, archived_note
from vpcflow_core.store.damage import Damage, sentences
from vpcflow_core.store.known import FAILED_AGAIN
from vpcflow_core.store.plan import Plan
from vpcflow_core.store.repair import Repaired
from vpcflow_core.store.result import SyncResult
from vpcflow_core.store.store import Store
from vpcflow_core.units import number_of


def warnings(
    store: Store,
    source: Source,
    plan: Plan,
    made: SyncResult,
    repaired: Repaired,
    damage: Sequence[Damage],
) -> tuple[str, ...]:
    """Each sentence once.

    Args:
        store: What was filled.
        source: What was read.
        plan: What was to be read.
        made: What came of it.
        repaired: What was read again.
        damage: What of this source is damaged still.
    """
    url = source.url
    said = [
        *(source.warnings if isinstance(source, HasWarnings) else ()),
        *((archived_note(made.archived, url),) if made.archived else ()),
        *_waiting(plan, url),
        *_elsewhere(plan),
        *_copied(made),
        *_repeated(store),
        *_repaired(repaired, url),
        *sentences(damage),
    ]
    return tuple(dict.fromkeys(said))


def _repaired(done: Repaired, url: str) -> Iterator[str]:
    """What was read again, and why the rest was not."""
    if done.records:
        yield (
            f"Read again from {url}: {number_of(done.records, 'records')} of missing or damaged "
            "files of the store."
        )
    if done.problems:
        objects = number_of(len(done.problems), "objects")
        yield f"{objects} could not be read again: {done.problems[0]}"


def _waiting(plan: Plan, url: str) -> list[str]:
    """How many objects could not be read before and are left to later syncs."""
    if plan.waiting <= 0:
        return []
    more = number_of(plan.waiting, "more objects")
    return [
        f"{more} of {url} could not be read before; each sync tries {FAILED_AGAIN:,} of them again."
    ]


def _elsewhere(plan: Plan) -> list[str]:
    """Which other sources hold what the plan found."""
    return [
        f"Found, but in the store already from {url}: {number_of(count, 'objects')}."
        for url, count in sorted(plan.elsewhere.items())
        if count
    ]


def _copied(made: SyncResult) -> list[str]:
    """That some objects have the content of others."""
    if not made.copies:
        return []
    return [
        f"Counted once, as the content is the same: {number_of(made.copies, 'objects')}, named in "
        "the parse report."
    ]


def _repeated(store: Store) -> list[str]:
    """Which flow logs of the store repeat others."""
    return [found.sentence for found in store.repeated()]
