"""What records lack so that nothing can be said of their price."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.query.dimensions import how_to_get
from vpcflow_core.units import humane_bytes


def without_direction(charges: pd.DataFrame, logged: float) -> list[str]:
    """A sentence about traffic whose direction is not known, from one percent on.

    Args:
        charges: With the columns `rule` and `bytes`.
        logged: All bytes.
    """
    lost = float(charges.loc[charges["rule"].eq("no-direction"), "bytes"].sum())
    if lost * 100 < max(logged, 1):
        return []
    _, remedy = how_to_get("direction")
    return [
        f"{100 * lost / logged:.0f} % of {humane_bytes(logged)} have no direction, and so no way "
        f"that could have a price. {remedy}"
    ]
