"""`vpcflow backup` and `vpcflow restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vpcflow_core.plain_text import visible_lines
from vpcflow_core.settings import load_settings
from vpcflow_core.store import backup as backups
from vpcflow_core.store.backup import Backup
from vpcflow_core.units import humane_bytes, number_of
from vpcflow_core.workspace.workspace import find_workspace

StoreOption = Annotated[Path | None, typer.Option(help="Folder of the store.")]


def backup(
    target: Annotated[Path, typer.Argument(help="Folder of the backup; it must not exist.")],
    store: StoreOption = None,
    only_check: Annotated[
        bool, typer.Option("--check", help="Compare a backup that is there with its list.")
    ] = False,
) -> None:
    """Copy the store to a folder, and check the copy; syncs and the app go on meanwhile."""
    target = target.expanduser().absolute()
    if only_check:
        _tell(backups.check(target), "is whole")
        return
    _tell(backups.back_up(_store(store), target), "was made and checked")


def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="Folder of the backup.")],
    store: StoreOption = None,
) -> None:
    """Make a store of a backup that is whole.

    The store's folder must be new or empty.
    """
    found = backups.restore(source.expanduser().absolute(), _store(store))
    _tell(found, f"is the store {_store(store)} now")


def _store(given: Path | None) -> Path:
    return (given or find_workspace(load_settings()).store).expanduser().absolute()


def _tell(found: Backup, what: str) -> None:
    files, size = number_of(found.files, "files"), humane_bytes(found.size)
    print(visible_lines(f"The backup of {found.made} ({files}, {size}) {what}."))
