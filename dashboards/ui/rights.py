"""What a visitor of the app may add, and whether the server's folders may be named to them.

Whoever adds a source reads with the server's eyes: its credentials, its folders. That is right for
the analyst at the machine itself alone, unless the settings say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import streamlit as st

from dashboards.ui import resources
from vpcflow_core.settings import Adding

# Each word allows what stands before it, too.
LEVELS: tuple[Adding, ...] = ("none", "uploads", "aws", "all")
# A proxy in front tells for whom it asks: then the visitor sits elsewhere.
PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Rights:
    """What one visitor may do.

    Attributes:
        level: The highest of `LEVELS` that is allowed.
    """

    level: Adding

    @property
    def uploads(self) -> bool:
        """Whether files may be uploaded, and uploads removed."""
        return self.reach("uploads")

    @property
    def aws(self) -> bool:
        """Whether sources in AWS may be added and removed."""
        return self.reach("aws")

    @property
    def folders(self) -> bool:
        """Whether the server's folders may be added, and named at all."""
        return self.reach("all")

    def reach(self, level: Adding) -> bool:
        """Whether what this level allows is allowed."""
        return LEVELS.index(self.level) >= LEVELS.index(level)


def here() -> Rights:
    """The rights of whoever looks at the page now."""
    address = st.get_option("server.address")
    return rights(
        resources.settings().add_sources,
        str(address or ""),
        st.context.url or "",
        st.context.headers.to_dict(),
    )


def rights(setting: Adding, address: str, url: str, headers: Mapping[str, str]) -> Rights:
    """What a visitor may do.

    Args:
        setting: `add_sources` of the settings.
        address: Where the server listens; "" for everywhere.
        url: The page's address as the browser has it.
        headers: Of the browser's request.
    """
    if setting != "auto":
        return Rights(setting)
    host = urlsplit(url).hostname or ""
    proxied = any(name.lower() in PROXIED for name in headers)
    alone = is_this_machine(address) and is_this_machine(host) and not proxied
    return Rights("all" if alone else "none")


def is_this_machine(host: str) -> bool:
    """Whether only this machine can be meant.

    >>> [is_this_machine(host) for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "", "logs")]
    [True, True, True, False, False, False]
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
