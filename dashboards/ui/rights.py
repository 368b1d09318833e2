"""What a visitor of the app may do, and whether the server's folders may be named to them.

Whoever adds a source reads with the server's eyes: its credentials, its folders. That is right for
the analyst at the machine itself alone, unless the settings say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from dashboards.ui import resources
from dashboards.ui.admission import ADMISSION
from dashboards.ui.markdown import error_text
from dashboards.ui.visitor import Connection, is_loopback
from vpcflow_core.errors import VpcflowError
from vpcflow_core.plain_text import without_folders
from vpcflow_core.settings import Adding
from vpcflow_core.sources.schemes import scheme_of

# Each word allows what stands before it, too.
LEVELS: tuple[Adding, ...] = ("none", "uploads", "aws", "all")


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
    def sync(self) -> bool:
        """Whether a sync may be started and stopped."""
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

    def lines_of(self, url: str) -> bool:
        """Whether lines of a source may be quoted: whoever may add one like it may read it.

        Args:
            url: Of the source.
        """
        return self.reach(scheme_of(url).adding)


def here() -> Rights:
    """The rights of whoever looks at the page now."""
    headers = st.context.headers
    pairs = [(name, value) for name in headers for value in headers.get_all(name)]
    # Streamlit gives None for a loopback peer, and has no headers where it has no connection.
    found = Connection(st.context.ip_address or "127.0.0.1", pairs)
    return of(found, st.context.cookies.to_dict())


def shown(error: VpcflowError) -> str:
    """An error as Markdown; for visitors from elsewhere without the folders of the server."""
    if here().folders:
        return error_text(error)
    return error_text(VpcflowError(without_folders(error.what), without_folders(error.next_step)))


def rights(setting: Adding, at_the_machine: bool) -> Rights:
    """What a visitor may do.

    Args:
        setting: `add_sources` of the settings.
        at_the_machine: Whether the visitor sits at the machine itself.
    """
    if setting != "auto":
        return Rights(setting)
    return Rights("all" if at_the_machine else "none")


def of(found: Connection, cookies: Mapping[str, str]) -> Rights:
    """The rights of whoever is at the other end of a connection.

    Args:
        found: The connection.
        cookies: That came with it.
    """
    address = str(st.get_option("server.address") or "")
    admitted = is_loopback(address) and ADMISSION.is_admitted(cookies)
    return rights(resources.settings().add_sources, admitted and found.is_of_this_machine)
