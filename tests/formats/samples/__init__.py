"""Flow logs in every form that AWS and the tools around it write; all values are invented.

`SAMPLES` is the table of all of them: the name of a file and its bytes. Each stands for one form
that a reader meets: `lines` has text and Parquet, `wrappings` the same lines inside of messages,
events, exports and other people's JSON.
"""

from __future__ import annotations

from pathlib import Path

from tests.formats.samples.lines import FILES
from tests.formats.samples.orders import ORDERS
from tests.formats.samples.wrappings import WRAPPED

SAMPLES: dict[str, bytes] = {**FILES, **ORDERS, **WRAPPED}


def write_samples(folder: Path) -> Path:
    """All samples as files of one folder."""
    for name, data in SAMPLES.items():
        (folder / name).write_bytes(data)
    return folder
