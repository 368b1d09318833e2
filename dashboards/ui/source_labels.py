"""What sources are called in choices and links; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Iterable

from vpcflow_core.sources.local import LocalSource
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.workspace.workspace import Workspace


def source_labels(workspace: Workspace, urls: Iterable[str], *, with_paths: bool) -> dict[str, str]:
    """URLs by what they are called in choices and links.

    Args:
        workspace: Knows the names of sources.
        urls: As the store knows them.
        with_paths: Whether the server's folders may be named; if not, they go by their names.
    """
    names = {
        LocalSource(setting.url).url: name
        for name, setting in workspace.all_sources.items()
        if scheme_of(setting.url).is_folder
    }

    def called(number: int, url: str) -> str:
        hidden = scheme_of(url).is_folder and not with_paths
        return names.get(url, f"folder {number}") if hidden else url

    return {called(number, url): url for number, url in enumerate(urls, 1)}
