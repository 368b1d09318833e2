"""Where a Trino is: `trino://user@host:port/catalog/schema`.

A password is never part of the URL: it comes from the environment variable `TRINO_PASSWORD`, a
token from `TRINO_TOKEN`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from getpass import getuser
from urllib.parse import unquote

from vpcflow_core.engines.trino.parameters import Parameters

PASSWORD_VARIABLE = "TRINO_PASSWORD"  # noqa: S105 (a name)
TOKEN_VARIABLE = "TRINO_TOKEN"  # noqa: S105 (a name)
EXAMPLE = "trino://user@host:8080/hive/logs"
# Ports at which Trino speaks TLS.
SECURE_PORTS = (443, 8443)
# How long answers count as those of one generation.
REFRESH = timedelta(minutes=5)
_KNOWN = ("tls", "since", "refresh", "shared")


@dataclass(frozen=True, slots=True)
class Location:
    """A schema with the relations, at a Trino.

    Attributes:
        host, port, user: Of the server.
        catalog, schema: Where the relations are.
        tls: Whether the connection is encrypted; always with a password or token.
        since: Only records of the most recent `8d` count; None: all.
        refresh: How often it is looked whether there are new records.
        shared: Whether questions that a page asks at once are few statements, which read once.
    """

    host: str
    port: int
    user: str
    catalog: str
    schema: str
    tls: bool = False
    since: timedelta | None = None
    refresh: timedelta = REFRESH
    shared: bool = True

    @property
    def url(self) -> str:
        """The URL without parameters; it holds no secret."""
        return f"trino://{self.user}@{self.host}:{self.port}/{self.catalog}/{self.schema}"

    @staticmethod
    def parse(url: str) -> Location:
        """Read a URL.

        Raises:
            SettingsError: It lacks a part, or has one that is unknown.
        """
        wrong = f"'{url}' is no address of a Trino", EXAMPLE
        parts, read = Parameters.split(url, _KNOWN, wrong)
        try:
            port = parts.port
        except ValueError:
            raise read.error("its port is no number up to 65535") from None
        path = [unquote(part) for part in parts.path.strip("/").split("/")]
        if not parts.hostname or len(path) != 2 or not all(path):
            raise read.error("it needs a host, a catalog and a schema")
        secret = bool(os.environ.get(PASSWORD_VARIABLE) or os.environ.get(TOKEN_VARIABLE))
        tls = read.choice("tls", "true", "false", secret or port in SECURE_PORTS)
        return Location(
            # Addresses of IPv6 stand in brackets wherever a port may follow.
            host=f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname,
            port=port or (443 if tls else 8080),
            user=unquote(parts.username or "") or getuser(),
            # Trino has all names of them in small letters.
            catalog=path[0].lower(),
            schema=path[1].lower(),
            tls=tls,
            since=read.length("since"),
            refresh=read.length("refresh") or REFRESH,
            shared=read.choice("shared", "true", "false", True),
        )
