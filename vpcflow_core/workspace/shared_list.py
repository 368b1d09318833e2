"""A list of small entries in a file of the store's folder, which several processes may change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vpcflow_core.errors import StoreError
from vpcflow_core.workspace import shared_file


def read(path: Path) -> list[dict[str, Any]]:
    """The entries; none where there is no file.

    Raises:
        StoreError: The file is damaged or cannot be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        what = str(error).partition("\n")[0]
        raise StoreError(f"{path} cannot be read: {what}.", "Mend or delete it.") from None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise StoreError(f"{path} is no list of entries.", "Mend or delete it.")
    return found


@contextmanager
def changing(path: Path) -> Iterator[list[dict[str, Any]]]:
    """The entries, to be changed inside; written whole afterwards, one process at a time.

    Raises:
        StoreError: The file cannot be read or written.
    """
    with shared_file.changing(path) as write:
        entries = read(path)
        yield entries
        write(json.dumps(entries, indent=1) + "\n")
