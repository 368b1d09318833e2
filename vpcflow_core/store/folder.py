"""Which folder is a store, and which may become one."""

from __future__ import annotations

from pathlib import Path

from vpcflow_core.errors import StoreError
from vpcflow_core.store.domains import FILE_NAME
from vpcflow_core.store.kept import KEPT
from vpcflow_core.store.ledger import FILES, LEDGER_NAME, RESTORE
from vpcflow_core.store.lock import LOCK_NAME

# Beginnings of the names of what vpcflow keeps in a store's folder, some of it before there is a
# ledger: an engine beyond this machine may be watched first.
OWN = (
    LEDGER_NAME, LOCK_NAME, KEPT, FILES, FILE_NAME, "uploads", "sources.json", "audit", "views",
    "notes", "findings.json", "changes.sqlite", "watch.json", "watch-reports", "watched-engines",
)  # fmt: skip


def is_store(folder: Path) -> bool:
    """Whether a folder has a ledger.

    Raises:
        StoreError: It cannot be looked at.
    """
    try:
        return (folder / LEDGER_NAME).is_file()
    except OSError as error:  # no right to look, or a name that is too long
        why = error.strerror or error
        raise StoreError(f"The store at {folder} cannot be opened: {why}.") from None


def make_folder(folder: Path, create: bool) -> None:
    """Make the folder of a new store, if it may be one.

    Args:
        folder: Where; it has no ledger.
        create: Whether there may be a new one.

    Raises:
        StoreError: There may not, the folder holds something else, or it cannot be used.
    """
    if not create and not folder.is_dir():
        raise StoreError(
            f"There is no store at {folder}.", f"Fill one: vpcflow sync SOURCE --store {folder}"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # `ledger.sqlite...`: another process may be creating the same store at this moment.
        if any(folder.joinpath(FILES).rglob("*.parquet")):
            raise StoreError(f"The ledger of the store {folder} is missing.", RESTORE)
        foreign = next((p for p in folder.iterdir() if not p.name.startswith(OWN)), None)
    except OSError as error:
        raise StoreError(f"No store can be made at {folder}: {error.strerror}.") from error
    if foreign is not None or not create:
        raise StoreError(
            f"The folder {folder} is not a store of vpcflow.",
            "Give a new or empty folder with --store.",
        )
