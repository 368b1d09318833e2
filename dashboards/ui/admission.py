"""The one-time token that makes a browser admin, and the cookie that it becomes; no Streamlit."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from threading import Lock

from vpcflow_core.settings import TOKEN_VARIABLE


class Admission:
    """Who was admitted to this server.

    Attributes:
        token: Admits the first browser that shows it; "" if the server was started without one.
        cookie: Name of the cookie of an admitted browser. Cookies are the same for all ports of
            a host, so that each server has a name of its own.
    """

    def __init__(self, token: str) -> None:
        self.token = token
        self.cookie = f"vpcflow_admin_{secrets.token_hex(4)}"
        self._secret = secrets.token_urlsafe(32)
        self._is_used = False
        self._lock = Lock()

    def admit(self, token: str) -> str:
        """The cookie's value for the first who shows the token; "" for all others.

        Args:
            token: As the browser sent it.
        """
        with self._lock:
            if self._is_used or not self.token or not _equal(token, self.token):
                return ""
            self._is_used = True
            return self._secret

    def is_admitted(self, cookies: Mapping[str, str]) -> bool:
        """Whether a browser with these cookies is; every one is where there is no token."""
        return not self.token or _equal(cookies.get(self.cookie, ""), self._secret)


def _equal(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


# One for the whole process; programs that the server starts do not inherit the token.
ADMISSION = Admission(os.environ.pop(TOKEN_VARIABLE, ""))
