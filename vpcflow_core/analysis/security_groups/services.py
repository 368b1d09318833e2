"""Services that should not be open to the world, and which rules open them."""

from __future__ import annotations

import pandas as pd

# Services that are open to the world by mistake more often than not, the worst first.
SERVICES = {
    "SSH": 22, "RDP": 3389, "Telnet": 23, "SMB": 445, "VNC": 5900, "WinRM": 5985,
    "PostgreSQL": 5432, "MySQL": 3306, "SQL Server": 1433, "Oracle": 1521, "Redis": 6379,
    "Elasticsearch": 9200, "MongoDB": 27017, "Memcached": 11211, "Docker": 2375,
}  # fmt: skip
_PROTOCOLS = ("tcp", "all")


def opening(rules: pd.DataFrame, port: int) -> pd.Series:
    """Whether each rule, as `usage.rules_in_use` gives it, opens a TCP port to the world."""
    covered = pd.Series([_covers(ports, port) for ports in rules["ports"]], rules.index, dtype=bool)
    return covered & rules["open"].astype(bool) & rules["protocol"].isin(_PROTOCOLS)


def worst(rules: pd.DataFrame) -> pd.Series:
    """The place in `SERVICES` of the worst one that each rule opens; their number if none."""
    found = pd.Series(len(SERVICES), index=rules.index)
    for place, port in reversed([*enumerate(SERVICES.values())]):
        found = found.mask(opening(rules, port), place)
    return found


def _covers(ports: str, port: int) -> bool:
    """Whether the ports of a rule, for people, hold one: `all`, `22`, `20-25`."""
    if ports == "all":
        return True
    low, _, high = ports.partition("-")
    return low.isdigit() and int(low) <= port <= int(high or low)
