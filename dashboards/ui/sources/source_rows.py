"""The state of every source as rows: exact for files, humane for people; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from dashboards.ui.markdown import code
from vpcflow_core.errors import VpcflowError
from vpcflow_core.redaction import redacted
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.schemes import Scheme, scheme_of
from vpcflow_core.store.state import SourceState
from vpcflow_core.store.store import Store
from vpcflow_core.units import humane_bytes, humane_count
from vpcflow_core.workspace.opening import opened_source
from vpcflow_core.workspace.source_list import added
from vpcflow_core.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Row:
    """One source.

    Attributes:
        name: As in the settings or as it was added; "" if it is in neither.
        url: As the store knows it.
        setting: How it is read; None if it is no longer.
        state: What the store holds of it; None if it was never synced.
        is_added: Whether it was added in the app.
        problem: Why it cannot even be opened.
    """

    name: str
    url: str
    setting: SourceSetting | None = None
    state: SourceState | None = None
    is_added: bool = False
    problem: str = ""

    @property
    def is_removable(self) -> bool:
        """Whether it is the app's to remove."""
        return self.is_added or self.setting is None

    @property
    def scheme(self) -> Scheme:
        """Its kind."""
        return scheme_of(self.url)

    def shown_url(self, *, with_paths: bool) -> str:
        """Where it lies, without passwords, and without the server's folders if they are not meant.

        >>> Row("logs", "file:///srv/logs").shown_url(with_paths=False)
        'a folder of the server'
        """
        if not with_paths and self.scheme.is_folder:
            return "a folder of the server"
        return redacted(self.url)

    def label(self, *, with_paths: bool) -> str:
        """What to call it."""
        return self.name or self.shown_url(with_paths=with_paths)


def rows_of(workspace: Workspace, store: Store) -> list[Row]:
    """All sources: those of the settings, those that were added, those only the store knows.

    Raises:
        SettingsError: The list of added sources is damaged.
    """
    known = {state.url: state for state in store.sources()}
    ours = added(workspace.store)
    rows = [
        _row(store, name, setting, known, name in ours and name not in workspace.sources)
        for name, setting in workspace.all_sources.items()
    ]
    seen = {row.url for row in rows}
    return rows + [Row("", url, state=state) for url, state in known.items() if url not in seen]


def _row(
    store: Store, name: str, setting: SourceSetting, known: dict[str, SourceState], is_added: bool
) -> Row:
    try:
        url = opened_source(store, setting).url
    except VpcflowError as error:
        return Row(name, setting.url, setting, None, is_added, f"{error.what} {error.next_step}")
    return Row(name, url, setting, known.get(url), is_added)


def humane_table(rows: Sequence[Row], now: datetime, *, with_paths: bool) -> pd.DataFrame:
    """The rows as people read them; texts of others are code, so that nothing in them is markup."""
    return pd.DataFrame([_humane(row, now, with_paths) for row in rows])


def _humane(row: Row, now: datetime, with_paths: bool) -> dict[str, str]:
    # Last, as it may be long: a narrow page then hides the end of it, and no number.
    where = {"Where": code(row.shown_url(with_paths=with_paths))}
    named = {"Source": code(row.name) if row.name else "*no longer read*"}
    state = row.state
    if state is None:
        last = "cannot be read" if row.problem else "never"
        return named | {"Last sync": last} | dict.fromkeys(HUMANE, "") | where
    cells = {
        "Last sync": ago(state.last_sync, now),
        "Newest record": ago(state.last, now),
        "Records": humane_count(state.records),
        "NODATA": humane_count(state.nodata),
        "SKIPDATA": humane_count(state.skipdata),
        "Wrong time": humane_count(state.stray),
        "Malformed": humane_count(state.malformed),
        "Objects": humane_count(state.objects),
        "Broken": humane_count(state.broken),
        "Size": humane_bytes(state.bytes),
    }
    return named | {title: cell.replace(" ", NO_BREAK) for title, cell in cells.items()} | where


NO_BREAK = "\N{NO-BREAK SPACE}"
HUMANE = (
    "Newest record", "Records", "NODATA", "SKIPDATA", "Wrong time", "Malformed",
    "Objects", "Broken", "Size",
)  # fmt: skip


def exact_table(rows: Sequence[Row], *, with_paths: bool) -> pd.DataFrame:
    """The rows with every number exact, for a file; times UTC."""
    return pd.DataFrame([_exact(row, with_paths) for row in rows])


def _exact(row: Row, with_paths: bool) -> dict[str, object]:
    state = row.state
    found: dict[str, object] = {"source": row.name, "url": row.shown_url(with_paths=with_paths)}
    for name in EXACT:
        found[name] = getattr(state, name) if state else None
    return found


EXACT = (
    "last_sync", "first", "last", "newest", "records", "nodata", "skipdata", "stray",
    "internal", "dropped", "outside", "malformed", "objects", "broken", "bytes",
)  # fmt: skip


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit that makes at least two of it.

    >>> now = datetime(2026, 1, 2)
    >>> [ago(now - timedelta(minutes=m), now) for m in (1, 5, 150, 3000)]
    ['60 s ago', '5 min ago', '2 h ago', '2 d ago']
    >>> ago(None, now), ago(now + timedelta(minutes=3), now)
    ('never', 'in 3 min')
    """
    if moment is None:
        return "never"
    age = now - moment
    return f"{length(age)} ago" if age >= timedelta(0) else f"in {length(-age)}"


def length(age: timedelta) -> str:
    """A length of time in the largest unit that makes at least two of it."""
    seconds = round(age.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
