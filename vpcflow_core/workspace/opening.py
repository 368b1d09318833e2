"""From a source's setting to the source itself; nothing is asked of it yet."""

from __future__ import annotations

from dataclasses import fields

from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.base import Source
from vpcflow_core.sources.open import SourceOptions, open_source
from vpcflow_core.store.store import Store


def opened_source(store: Store, setting: SourceSetting) -> Source:
    """The source of a setting.

    Args:
        store: The store it fills; uploads and the sample lie in its folder.
        setting: URL and options of the source.

    Raises:
        SettingsError: The URL names no source.
    """
    return open_source(setting.url, options=source_options(setting), store=store.path)


def source_options(setting: SourceSetting) -> SourceOptions:
    """How to reach the source of a setting."""
    return SourceOptions(
        **setting.model_dump(include={field.name for field in fields(SourceOptions)})
    )
