"""What one listing of a bucket asks for, and what it comes to, by region and folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

from vpcflow_core.errors import AccessError, SourceError
from vpcflow_core.sources.base import Hole, Listed, Reason, ToList
from vpcflow_core.sources.s3.layout import folder_window
from vpcflow_core.sources.s3.walk import REGION, Folder, Stretch, folder_of
from vpcflow_core.times import Window

# Archived objects that services like S3, whose listings do not say it, are asked about one by one
# at each sync: some seconds of it. Which ones is left to chance.
RESTORES_ASKED = 200


class Finding:
    """One listing; prefixes are those of the bucket, places and folders of `listed` are URIs.

    Args:
        base: What stands before a prefix in a URI: `s3://bucket/`.
        span: Records wanted; None: all.
        to_list: What of a region is to be listed, by its URI; None: all of the span.

    Attributes:
        objects: Objects found that may hold records of the span, archived ones among them.
        archived: How many of them are archived.
        narrowed: Whether less was listed than the span.
        refusals: Why folders were left out.
        unasked: Whether there were more archived objects than may be asked for.
    """

    def __init__(
        self,
        base: str,
        span: Window | None = None,
        to_list: Callable[[str], ToList] | None = None,
    ) -> None:
        self.objects = 0
        self.archived = 0
        self.narrowed = False
        self.refusals: list[SourceError] = []
        self.unasked = False
        self._base = base
        self._span = span
        self._to_list = to_list
        self._asked = count()  # atomic: one step of C code
        self._regions: set[str] = set()
        self._refused: dict[str, Hole] = {}
        self._archives: Counter[tuple[str, Folder]] = Counter()

    def stretches(self, region: Folder) -> Iterator[Stretch]:
        """What is to be listed of a region."""
        self._regions.add(region.prefix)
        whole = ToList((self._span,))
        asked = self._to_list(self._base + region.prefix) if self._to_list else whole
        self.narrowed |= asked != whole
        for uri in asked.folders:  # first: they are listed whole
            folder = folder_of(uri.removeprefix(self._base))
            yield Stretch(folder or region, None, region.prefix)
        for window in asked.windows:
            yield Stretch(region, window, region.prefix)

    def may_ask(self) -> bool:
        """Whether to ask for one more archived object; several threads do."""
        may = next(self._asked) < RESTORES_ASKED
        self.unasked |= not may
        return may

    def archive(self, stretch: Stretch | None) -> None:
        """Count an archived object of a day."""
        self.archived += 1
        if stretch:
            self._archives[stretch.place, stretch.folder] += 1

    def refuse(self, region: str, prefix: str, error: SourceError) -> None:
        """Note a folder that could not be listed; region is "" above the regions."""
        self.refusals.append(error)
        reason: Reason = "refused" if isinstance(error, AccessError) else "failed"
        if region:
            span = _days(folder_of(prefix))
            self._refused[prefix] = Hole(self._base + region, self._base + prefix, reason, span)

    @property
    def listed(self) -> Listed:
        """What the listing came to."""
        holes = [hole for hole in self._refused.values() if hole.folder != hole.place]
        closed = {hole.place for hole in self._refused.values() if hole.folder == hole.place}
        for (place, folder), objects in self._archives.items():
            uri = self._base + folder.prefix
            holes.append(Hole(self._base + place, uri, "archived", _days(folder), objects))
        places = frozenset(self._base + region for region in self._regions) - closed
        return Listed(places, tuple(holes), self.archived)


def _days(folder: Folder | None) -> Window | None:
    """The time that a folder is named after."""
    return folder_window(folder.parts[REGION:]) if folder else None
