"""Sources whose records an engine has: they are asked there, and nothing is read to a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vpcflow_core.errors import SettingsError
from vpcflow_core.sources.base import LogObject
from vpcflow_core.sources.open import SourceOptions
from vpcflow_core.times import Window


def open_url(url: str, options: SourceOptions, store: Path | None) -> ElsewhereSource:
    """The source of a URL, as its row in `SCHEMES` names it."""
    return ElsewhereSource(url)


class ElsewhereSource:
    """A name: there is nothing to find and to read.

    Args:
        url: Where the engine is.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def find(self, span: Window | None = None) -> Iterator[LogObject]:
        """Nothing.

        Raises:
            SettingsError: Always.
        """
        raise self._refused()

    def read(self, found: LogObject) -> bytes:
        """Nothing.

        Raises:
            SettingsError: Always.
        """
        raise self._refused()

    def _refused(self) -> SettingsError:
        return SettingsError(
            f"{self.url} is answered where its records lie: nothing is synced from it.",
            f"Ask it: vpcflow serve '{self.url}', or vpcflow top srcaddr --source '{self.url}'",
        )
