"""The store that added sources go to; the sample gives way to it."""

from __future__ import annotations

from dashboards.ui import audit, resources
from vpcflow_core.errors import SettingsError
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.workspace.source_list import add
from vpcflow_core.workspace.workspace import Workspace


def workspace() -> Workspace:
    """Where sources are added: the store that is shown; instead of the sample's, an own one.

    Raises:
        SettingsError: The sample is shown on purpose.
    """
    shown, settings = resources.workspace(), resources.settings()
    if not shown.is_passing:
        return shown
    own = Workspace(settings.store, settings.sources)
    if own.is_passing:
        raise SettingsError(
            "This is the demonstration: its store is deleted after a day.",
            "Start vpcflow serve, or choose a store by the setting 'store'.",
        )
    return own


def take_in(source: SourceSetting, name: str = "") -> str:
    """Add the source, show the store it is in, and begin to read; gives the source's name.

    Raises:
        SettingsError: The sample is shown on purpose, or the URL holds a password.
    """
    where = workspace()
    found = add(where.store, source, name, where.sources)
    audit.note("source-added", source=found, url=source.url)
    if where.store != resources.workspace().store:
        resources.close()
    resources.syncer().start()
    return found
