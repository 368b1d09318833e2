"""`vpcflow sync --into`: sources into an Apache Iceberg table instead of a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from vpcflow_core.errors import SettingsError, VpcflowError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.settings import Settings
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.open import open_source
from vpcflow_core.store.sync import Progress
from vpcflow_core.workspace.opening import source_options
from vpcflow_core.workspace.sync import SyncOptions, SyncOutcome


def sync_into(
    location: str,
    sources: Sequence[tuple[str, SourceSetting]],
    options: SyncOptions,
    settings: Settings,
    progress: Callable[[str, Progress], None],
) -> Iterator[SyncOutcome]:
    """Add what is new at each source to the table at a location; see `lake.sync`.

    Raises:
        SettingsError: The package pyiceberg is not installed, or there is no place for a table.
    """
    try:
        from vpcflow_core.lake.opening import open_lake
        from vpcflow_core.lake.sync import sync
    except ModuleNotFoundError as missing:
        raise SettingsError(
            f"--into needs the Python package {missing.name}, which is not installed.",
            "pip install 'vpcflow[lake]'",
        ) from None
    opened = open_lake(location, settings.lake_catalog, settings.lake_database)
    with closing(opened) as lake:
        for name, source in sources:
            progress(name, Progress())
            try:
                result = sync(
                    lake,
                    open_source(source.url, options=source_options(source)),
                    span=options.span,
                    given=LogFormat.parse(source.log_format) if source.log_format else None,
                    keep=options.keep,
                    exclude_internal=source.exclude_internal,
                    progress=lambda now, name=name: progress(name, now),  # type: ignore[misc]
                )
                yield SyncOutcome(name, source.url, result)
            except VpcflowError as error:
                yield SyncOutcome(name, source.url, error=error)
