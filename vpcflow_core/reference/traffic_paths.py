"""AWS's numbers of the field traffic-path, in words.

Source: Amazon VPC User Guide, "Flow log records", as of November 2026.
"""

from __future__ import annotations

from typing import Final

TRAFFIC_PATHS: Final[dict[int, str]] = {
    1: "in the VPC",
    2: "Internet or gateway endpoint",
    3: "VPN or Direct Connect",
    4: "peering, same region",
    5: "peering, other region",
    6: "Local or Wavelength Zone",
    7: "gateway endpoint",
    8: "Internet gateway",
}


def path_label(number: int) -> str:
    """A traffic path with its number.

    >>> path_label(8), path_label(9)
    ('8 Internet gateway', '9')
    """
    return f"{number} {TRAFFIC_PATHS[number]}" if number in TRAFFIC_PATHS else str(number)
