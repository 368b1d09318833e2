"""Where the files that ship with vpcflow lie."""

from __future__ import annotations

from pathlib import Path

from vpcflow_core.errors import MissingDataError

# An installed wheel carries the folder inside the package; a checkout has it beside.
_PACKAGE = Path(__file__).parents[1]
# In the installed package, and in a checkout.
FOLDERS = (_PACKAGE / "_data", _PACKAGE.parent / "data")


def data_file(name: str) -> Path:
    """Path of a shipped file, such as `country.mmdb` or `sample/records.log.gz`.

    Raises:
        MissingDataError: This installation does not have it.
    """
    for folder in FOLDERS:
        if (folder / name).exists():
            return folder / name
    places = " or ".join(str(folder) for folder in FOLDERS)
    raise MissingDataError(
        f"The file {name!r} that ships with vpcflow is not in {places}.",
        next_step="This installation is incomplete: install vpcflow again.",
    )
