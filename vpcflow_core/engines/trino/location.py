"""Where a Trino is: `trino://user@host:port/catalog/schema`.

A password is never part of the URL: it comes from the environment variable `TRINO_PASSWORD`, a
token from `TRINO_TOKEN`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from getpass import getuser
from urllib.parse import parse_qs, unquote, urlsplit

from vpcflow_core.errors import SettingsError
from vpcflow_core.times import parse_duration

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
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _wrong(url, "its port is no number") from None
        path = [unquote(part) for part in parts.path.strip("/").split("/")]
        if not parts.hostname or len(path) != 2 or not all(path):
            raise _wrong(url, "it needs a host, a catalog and a schema")
        given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := sorted(given.keys() - set(_KNOWN)):
            raise _wrong(url, f"'{unknown[0]}' is no parameter, known are {', '.join(_KNOWN)}")
        secret = bool(os.environ.get(PASSWORD_VARIABLE) or os.environ.get(TOKEN_VARIABLE))
        tls = given.get("tls", "true" if secret or port in SECURE_PORTS else "false") == "true"
        return Location(
            host=parts.hostname,
            port=port or (443 if tls else 8080),
            user=unquote(parts.username or "") or getuser(),
            catalog=path[0],
            schema=path[1],
            tls=tls,
            since=parse_duration(given["since"]) if "since" in given else None,
            refresh=parse_duration(given["refresh"]) if "refresh" in given else REFRESH,
            shared=given.get("shared") != "false",
        )


def _wrong(url: str, why: str) -> SettingsError:
    return SettingsError(f"'{url}' is no address of a Trino: {why}.", f"Write it as {EXAMPLE}")
