"""Which store is opened and which sources fill it; the sample where none is configured."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vpcflow_core.errors import SettingsError
from vpcflow_core.settings import Settings
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.store.store import Store
from vpcflow_core.times import floor_to, format_instant
from vpcflow_core.workspace.source_list import added

SAMPLE_URL = "sample://"
# The sample ends at the present of the moment it is made: later starts make a new one.
SAMPLE_FRESH = 30 * 60
SAMPLE_KEPT = 24 * 3600
SAMPLE_STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A store and the sources that fill it, by name."""

    store: Path
    sources: dict[str, SourceSetting] = field(default_factory=dict)

    @property
    def all_sources(self) -> dict[str, SourceSetting]:
        """Those of the settings, and those added in the app.

        Raises:
            SettingsError: The list of added ones is damaged.
        """
        return self.sources | added(self.store) | self.sources  # in this order; settings win

    @property
    def engine_url(self) -> str:
        """The URL of the engine beyond this machine that answers; "" where the store does.

        Raises:
            SettingsError: There are other sources beside it: their records lie elsewhere.
        """
        urls = [setting.url for setting in self.all_sources.values()]
        engines = [url for url in urls if scheme_of(url).is_engine]
        if engines and len(urls) > 1:
            raise SettingsError(
                f"{engines[0]} stands alone: it cannot be shown together with other sources.",
                f"Show it by itself: vpcflow serve {engines[0]}",
            )
        return engines[0] if engines else ""

    def each_source(self) -> Iterator[tuple[str, SourceSetting]]:
        """Every source to read once by name, with those that are added meanwhile.

        Raises:
            SettingsError: The list of added ones is damaged.
        """
        done: set[str] = set()
        while left := [item for item in self.all_sources.items() if item[0] not in done]:
            done.add(left[0][0])
            if not scheme_of(left[0][1].url).is_engine:
                yield left[0]

    @property
    def is_passing(self) -> bool:
        """Whether it is the sample's store, which is deleted after a day."""
        return self.store.is_relative_to(cache_folder() / "sample")


def find_workspace(settings: Settings) -> Workspace:
    """The configured store and sources; without any, what was synced before, else the sample."""
    if settings.sources or "store" in settings.model_fields_set or _in_use(settings.store):
        return Workspace(settings.store, settings.sources)
    return sample_workspace()


def sample_workspace() -> Workspace:
    """The sample's own store: one of the last half hour if there is one, else a new one.

    The sample never mixes with real records, so it has a store of its own in the user's cache.
    """
    folder = cache_folder() / "sample"
    now = int(time.time())
    made = {int(p.name): p for p in folder.glob("[0-9]*") if p.name.isdigit()}
    for stamp, path in made.items():
        if stamp < now - SAMPLE_KEPT:
            shutil.rmtree(path, ignore_errors=True)
    fresh = [stamp for stamp in made if now - SAMPLE_FRESH < stamp <= now]
    stamp = max(fresh, default=now)
    # The end is written into the URL: a later sync of this store finds the same sample again.
    until = format_instant(floor_to(datetime.fromtimestamp(stamp, UTC), SAMPLE_STEP))
    source = SourceSetting(url=f"{SAMPLE_URL}?until={until}")
    return Workspace(folder / str(stamp), {"sample": source})


def own_store(urls: Iterable[str]) -> Path:
    """A store in the user's cache for these sources alone, found again by their URLs.

    Args:
        urls: As the sources themselves say them; their order does not matter.
    """
    name = hashlib.sha256("\n".join(sorted(set(urls))).encode()).hexdigest()[:16]
    return cache_folder() / "stores" / name


def cache_folder() -> Path:
    """Where things lie that can be made again: `~/.cache/vpcflow`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "vpcflow"


def _in_use(path: Path) -> bool:
    """Whether the store has records, or sources to read them from."""
    if not path.is_dir():
        return False
    with Store.open(path) as store:
        return store.extent("records") is not None or bool(added(path))
