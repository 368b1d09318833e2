"""From what a person asked for ("the last 24 h") to a window."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from vpcflow_core.ranges import Range
from vpcflow_core.times import Window, ceil_to

RelativeTo = Literal["now", "data"]

# Flow logs reach S3 within about 10 minutes of the end of a 10-minute interval: data that ends an
# hour ago has stopped, and "the last 24 h" then means the last 24 h of the data.
STALE_AFTER = timedelta(hours=1)
# Ends are rounded up to whole minutes, so that equal questions are equal SQL.
STEP = timedelta(minutes=1)


def resolve_window(asked: Range, extent: Window | None, now: datetime) -> tuple[Window, RelativeTo]:
    """The window that is meant, and whether it hangs on the present or on the data's end.

    Args:
        asked: The most recent hours or days, or a fixed window.
        extent: First to last record whose time can be; None without records.
        now: The present, UTC.
    """
    moves = asked.fixed is None and asked.days is None
    if moves and extent is not None and now - extent.end > STALE_AFTER:
        return asked.window(ceil_to(extent.end, STEP)), "data"
    return asked.window(ceil_to(now, STEP)), "now"
