"""What a visitor of the app may do, and whether the server's folders may be named to them.

Whoever adds a source reads with the server's eyes: its credentials, its folders. That is right for
the analyst at the machine itself alone, unless the settings say so. Where people sign in, their
role decides alone, at the machine itself too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from dashboards.ui import people, resources
from dashboards.ui.admission import ADMISSION
from dashboards.ui.markdown import error_text
from dashboards.ui.visitor import Connection, is_loopback
from vpcflow_core.errors import VpcflowError
from vpcflow_core.plain_text import without_folders
from vpcflow_core.settings import Adding
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.team import ROLES, Person, Role

# Each word allows what stands before it, too.
LEVELS: tuple[Adding, ...] = ("none", "uploads", "aws", "all")


@dataclass(frozen=True, slots=True)
class Rights:
    """What one visitor may do.

    Attributes:
        level: The highest of `LEVELS` that is allowed.
        role: Of the visitor; None for who may not even look.
        is_named: Whether the visitor has signed in, so that it is known who does something.
    """

    level: Adding
    role: Role | None = "analyst"
    is_named: bool = False

    @property
    def sql(self) -> bool:
        """Whether SQL may be written by hand."""
        return self._is("analyst")

    @property
    def downloads(self) -> bool:
        """Whether answers may be saved as files."""
        return self._is("analyst")

    @property
    def admin(self) -> bool:
        """Whether what all share may be changed."""
        return self._is("admin")

    def _is(self, role: Role) -> bool:
        return self.role is not None and ROLES.index(self.role) >= ROLES.index(role)

    @property
    def uploads(self) -> bool:
        """Whether files may be uploaded, and uploads removed."""
        return self.reach("uploads")

    @property
    def sync(self) -> bool:
        """Whether a sync may be started and stopped."""
        return self.reach("uploads")

    @property
    def reviews(self) -> bool:
        """Whether findings may be acknowledged and muted, for all who look and for alerts.

        Analysts may where they have signed in: the audit log then says who it was.
        """
        return self.reach("uploads") or (self.is_named and self._is("analyst"))

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
    if (somebody := people.here()) is not None:
        return of_person(resources.settings().add_sources, somebody)
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
    role: Role = "admin" if at_the_machine else "analyst"
    if setting != "auto":
        return Rights(setting, role)
    return Rights("all" if at_the_machine else "none", role)


def of_person(setting: Adding, somebody: Person) -> Rights:
    """What somebody may do who is signed in: only admins add sources, up to what is set."""
    if somebody.role != "admin":
        return Rights("none", somebody.role, is_named=True)
    return Rights("all" if setting == "auto" else setting, "admin", is_named=True)


def of(found: Connection, cookies: Mapping[str, str]) -> Rights:
    """The rights of whoever is at the other end of a connection.

    Args:
        found: The connection.
        cookies: That came with it.
    """
    settings = resources.settings()
    if settings.sign_in is not None:
        somebody = people.of_cookies(settings.sign_in, found, cookies)
        return of_person(settings.add_sources, somebody)
    address = str(st.get_option("server.address") or "")
    admitted = is_loopback(address) and ADMISSION.is_admitted(cookies)
    return rights(settings.add_sources, admitted and found.is_of_this_machine)
