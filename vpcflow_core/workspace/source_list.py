"""Sources that were added in the app: a list in the store's folder."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from vpcflow_core.errors import SettingsError
from vpcflow_core.source_settings import SourceSetting
from vpcflow_core.sources.open import require_no_secret
from vpcflow_core.sources.spellings import plain_url
from vpcflow_core.store.store import Store
from vpcflow_core.workspace import shared_file

ADDED = "sources.json"


def added(store: Path) -> dict[str, SourceSetting]:
    """The sources that were added to a store in the app, by name.

    Raises:
        SettingsError: The list is damaged.
    """
    path = store / ADDED
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {name: SourceSetting(**entry) for name, entry in entries.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, ValidationError) as error:
        what = str(error).partition("\n")[0]
        raise SettingsError(
            f"The list of added sources, {path}, cannot be read: {what}.", "Mend or delete it."
        ) from None


def add(store: Path, source: SourceSetting, name: str = "", taken: Iterable[str] = ()) -> str:
    """Add a source to a store.

    Args:
        store: The store's folder; made if it is not there.
        source: Where its logs lie.
        name: What to call it; made of the URL if empty. It gets a number if it is taken.
        taken: Names that sources of the settings have.

    Returns:
        The name it has.

    Raises:
        SettingsError: Its URL or endpoint holds a secret, which would be written down.
    """
    for url in (source.url, source.endpoint_url):
        require_no_secret(url)
    with _changing(store) as sources:
        found = _free(name or name_of(source.url), {*taken, *sources})
        sources[found] = source
    return found


def remove(store: Path, name: str) -> None:
    """Remove an added source from a store's list; its records stay. No error if it is gone."""
    with _changing(store) as sources:
        sources.pop(name, None)


def name_of(url: str) -> str:
    """A short name for a source.

    >>> name_of("s3://central-logs/prod/"), name_of("cloudwatch://eu-central-1/vpc/flow-logs")
    ('prod', 'flow-logs')
    """
    last = re.split(r"[/:]+", _plain_or_same(url).partition("?")[0].rstrip("/"))[-1]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip("-.") or "source"


def _plain_or_same(url: str) -> str:
    """The URL in the form of `SCHEMES`; one that names no source stays as it is."""
    try:
        return plain_url(url)
    except SettingsError:
        return url


@contextmanager
def _changing(store: Path) -> Iterator[dict[str, SourceSetting]]:
    """The list, to be changed inside; written whole afterwards, one process at a time."""
    Store.open(store).close()  # makes the folder where there is none
    with shared_file.changing(store / ADDED) as write:
        sources = added(store)
        yield sources
        text = json.dumps({name: _plain(source) for name, source in sources.items()}, indent=1)
        write(text + "\n")


def _plain(source: SourceSetting) -> Mapping[str, object]:
    return source.model_dump(mode="json", exclude_defaults=True)


def _free(name: str, taken: Container[str]) -> str:
    """The name, or the first one with a number that is free."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
