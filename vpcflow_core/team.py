"""Who may do and see what once people sign in: grants by claim, roles, and the scope of each.

The tokens are checked where people sign in (Streamlit and Authlib); here their claims are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from vpcflow_core.errors import SettingsError
from vpcflow_core.scope import EVERYTHING, Part, Scope
from vpcflow_core.setting_types import Account, Duration, UserPath

Role = Literal["viewer", "analyst", "admin"]
# Each may do what those before it may.
ROLES: tuple[Role, ...] = ("viewer", "analyst", "admin")
# The value of a grant that fits everyone who signs in.
EVERYONE = "*"
# Characters that a secret which signs cookies has at least.
SHORTEST_SECRET = 32


class Grant(BaseModel):
    """What people with one value of the claim get."""

    model_config = ConfigDict(extra="forbid")

    group: str = Field(
        min_length=1, description="Value of the claim, such as a group; `*`: whoever signs in."
    )
    role: Role = Field(
        description="`viewer` looks at pages, `analyst` also writes SQL and downloads, `admin` "
        "also adds sources and starts syncs."
    )
    accounts: list[Account] = Field(
        default_factory=list,
        description="Accounts whose records they see, by the field account-id; empty: all.",
    )
    sources: list[str] = Field(
        default_factory=list, description="Names or URLs of sources that they see; empty: all."
    )

    @model_validator(mode="after")
    def _admins_see_all(self) -> Self:
        if self.role == "admin" and (self.accounts or self.sources):
            raise ValueError("an admin adds sources and so sees everything: no accounts or sources")
        return self


class SignIn(BaseModel):
    """Sign-in by OpenID Connect."""

    model_config = ConfigDict(extra="forbid")

    metadata_url: str = Field(
        pattern=r"^(https://[^\s?#]+|http://(localhost|127\.0\.0\.1)(:\d+)?/[^\s?#]*)$",
        description="The provider's `.../.well-known/openid-configuration`.",
    )
    client_id: str = Field(description="Id of vpcflow at the provider.")
    client_secret: SecretStr = Field(
        SecretStr(""), description="Its secret; better by `VPCFLOW_SIGN_IN__CLIENT_SECRET`."
    )
    client_secret_file: UserPath | None = Field(None, description="A file that holds it instead.")
    cookie_secret: SecretStr = Field(
        SecretStr(""),
        description="Signs the cookies of who is signed in: 32 random characters or more, the same "
        "for all servers of one address.",
    )
    cookie_secret_file: UserPath | None = Field(None, description="A file that holds it instead.")
    scopes: str = Field("openid email profile", description="What the provider is asked for.")
    claim: str = Field(
        "groups",
        description="Claim of the ID token that grants go by; `realm_access.roles` is one inside "
        "another.",
    )
    name_claim: str = Field("email", description="Claim that people are called by.")
    lasts: Duration = Field(
        timedelta(hours=12), description="After this time people have to sign in again."
    )
    grants: list[Grant] = Field(
        min_length=1,
        description="Who gets what. Of the grants that fit a person, those of the highest role "
        "count: together they say what is seen. Without a grant nothing is seen.",
    )

    def secret_of_client(self) -> str:
        """The client's secret.

        Raises:
            SettingsError: The file cannot be read.
        """
        return _secret("client_secret", self.client_secret, self.client_secret_file)

    def secret_of_cookies(self) -> str:
        """What cookies are signed with.

        Raises:
            SettingsError: There is none, it is too short, or the file cannot be read.
        """
        found = _secret("cookie_secret", self.cookie_secret, self.cookie_secret_file)
        if len(found) < SHORTEST_SECRET:
            raise SettingsError(
                f"sign_in.cookie_secret has fewer than {SHORTEST_SECRET} characters.",
                "Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
            )
        return found


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in.

    Attributes:
        name: What they are called.
        role: What they may do; None: no grant fits them.
        scope: What they may see.
    """

    name: str
    role: Role | None
    scope: Scope


def person(
    sign_in: SignIn,
    claims: Mapping[str, Any],
    now: datetime,
    url_of: Callable[[str], str] = lambda name: name,
) -> Person | None:
    """Whom the claims of a checked token are of; None where they are too old.

    Args:
        sign_in: The settings.
        claims: Of the ID token.
        now: The present, UTC.
        url_of: The URL of a source, as the store knows it, from what a grant calls it.
    """
    issued = claims.get("iat")
    if (
        not isinstance(issued, int | float)
        or now.timestamp() - issued > sign_in.lasts.total_seconds()
    ):
        return None
    values = values_of(claims, sign_in.claim)
    fitting = [grant for grant in sign_in.grants if grant.group in {EVERYONE, *values}]
    name = str(claims.get(sign_in.name_claim) or claims.get("sub") or "unnamed")
    if not fitting:
        return Person(name, None, Scope.of([]))
    role = max((grant.role for grant in fitting), key=ROLES.index)
    parts = (_part(grant, url_of) for grant in fitting if grant.role == role)
    return Person(name, role, EVERYTHING if role == "admin" else Scope.of(parts))


def values_of(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """The texts that a claim has: one, or a list of them; of one inside others by dots.

    >>> sorted(values_of({"realm_access": {"roles": ["a", "b"]}}, "realm_access.roles"))
    ['a', 'b']
    >>> values_of({"https://example.com/team": "net"}, "https://example.com/team")
    frozenset({'net'})
    """
    found: Any = claims.get(claim)
    if found is None:
        found = claims
        for name in claim.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    texts: Iterable[Any] = found if isinstance(found, list | tuple) else [found]
    return frozenset(text for text in texts if isinstance(text, str))


def _part(grant: Grant, url_of: Callable[[str], str]) -> Part:
    return Part(
        tuple(map(url_of, grant.sources)) if grant.sources else None,
        tuple(grant.accounts) if grant.accounts else None,
    )


def _secret(name: str, given: SecretStr, file: Path | None) -> str:
    if file is None:
        return given.get_secret_value()
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"sign_in.{name}_file cannot be read: {error.strerror}.") from None
