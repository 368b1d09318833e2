"""Packs the function for Lambda: `python -m collector.package` writes a zip file, prints its name.

The name holds a hash of the contents, so that CloudFormation sees when the code has changed.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parent
# A fixed time: equal sources must give equal bytes, and zip knows no year before 1980.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def sources() -> list[Path]:
    """The files that Lambda needs, with the package around them."""
    return [ROOT / "__init__.py", *sorted((ROOT / "function").glob("*.py"))]


def archive() -> bytes:
    """The zip file's contents."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sources():
            entry = zipfile.ZipInfo(str(path.relative_to(ROOT.parent)), _LONG_AGO)
            entry.external_attr = 0o644 << 16  # else Lambda may not read it
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, path.read_bytes())
    return file.getvalue()


def write(folder: Path) -> Path:
    """Write the zip file into a folder, and give its path."""
    data = archive()
    path = folder / f"vpcflow-collector-{hashlib.sha256(data).hexdigest()[:12]}.zip"
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path())}\n")
