"""What to know about the answers: data that ends, is damaged, repeated or out of time."""

from __future__ import annotations

from vpcflow_core.engines.base import HasDamage, HasRepeats
from vpcflow_core.flow_logs.selection import Selection
from vpcflow_core.store.damage import Damage, sentences
from vpcflow_core.store.repeats import Repeated
from vpcflow_core.times import Window, format_duration, format_instant

ONLY_TRANSIT = (
    "The store holds records of transit gateways alone: vpcflow sql 'SELECT ... FROM transit_flows'"
)
EMPTY_STORE = "The store holds no records yet: vpcflow sync SOURCE"
COPIED = (
    "The records of this source were loaded from another source before, and count there: ask that "
    "source, or all of the store."
)


class Notes(Selection):
    """What to know about the answers, in sentences."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know about the answers, in sentences."""
        if self.extent is None:
            return (self._why_empty(), *self._of_records(None))
        window, relative_to = self._resolved()
        length = format_duration(window.length)
        ends = f"The data ends {format_instant(window.end)}: these are its last {length}."
        return (
            *(() if relative_to == "now" else (ends,)),
            *self._of_records(window),
        )

    @property
    def repeated(self) -> tuple[Repeated, ...]:
        """Flow logs that log the same traffic as others, and which of them totals use."""
        catalogue = self.catalogue
        return tuple(catalogue.repeated()) if isinstance(catalogue, HasRepeats) else ()

    def damage(self, window: Window | None = None) -> list[Damage]:
        """Records that the store should have and has not, by source and day.

        Their files are missing or damaged. The next sync reads them again from their source; those
        that it does not have any more are lost.

        Args:
            window: Days that it does not touch are left out; None: of all time.
        """
        catalogue = self.catalogue
        return catalogue.damage(window) if isinstance(catalogue, HasDamage) else []

    def _of_records(self, window: Window | None) -> tuple[str, ...]:
        """What is odd about the records: their times, repetitions, what of them is lost."""
        return (*self._strays(), *self._repeated(), *sentences(self.damage(window)))

    def _why_empty(self) -> str:
        if self._copied():
            return COPIED
        return ONLY_TRANSIT if self.engine.extent("transit_records") is not None else EMPTY_STORE

    def _copied(self) -> bool:
        """Whether all objects of the source that is asked count as those of other sources."""
        own = next((s for s in self.catalogue.sources() if s.url == self.source), None)
        return own is not None and 0 < own.objects == own.copies

    def _repeated(self) -> tuple[str, ...]:
        return tuple(found.sentence for found in self.repeated)

    def _strays(self) -> tuple[str, ...]:
        """Says so where records have times that cannot be."""
        count = sum(source.stray for source in self.catalogue.sources())
        if not count:
            return ()
        return (
            f"Some records lie in the future or before 2010 ({count:,}): they are in `records` "
            "alone, and no range hangs on them.",
        )
