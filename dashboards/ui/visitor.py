"""Who asks: where a connection comes from, by what it cannot choose; knows no Streamlit.

What the browser says of its own page is not asked: any page can say "localhost". The peer of the
socket, `Host` and `Origin` together tell a page of this machine from all others. A page elsewhere
that opens a connection has another `Origin`, a name that was pointed at this machine shows in
`Host`, and a proxy has the address of its visitors' page in `Origin`, or adds a header.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

# What proxies, load balancers and tunnels add to say for whom they ask.
PROXY_HEADERS = (
    "forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip",
    "client-ip", "x-scheme", "x-request-id", "x-amzn-trace-id", "x-goog-iap-jwt-assertion",
)  # fmt: skip
PROXY_PREFIXES = ("x-forwarded-", "x-original-", "x-envoy-", "x-amzn-oidc-", "x-auth-", "cf-")


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection of a browser.

    Attributes:
        peer: Address at the other end of its socket.
        headers: Names and values, as they came.
    """

    peer: str
    headers: Sequence[tuple[str, str]]

    def only(self, name: str) -> str:
        """The value of a header that is there once; "" otherwise."""
        found = [value for key, value in self.headers if key.lower() == name]
        return found[0] if len(found) == 1 else ""

    @property
    def is_proxied(self) -> bool:
        """Whether some header says that another machine may have asked."""
        names = [name.lower() for name, _ in self.headers]
        return any(name in PROXY_HEADERS or name.startswith(PROXY_PREFIXES) for name in names)

    @property
    def is_same_origin(self) -> bool:
        """Whether the page that asks was loaded from this very server."""
        return bool(self.only("host")) and authority(self.only("origin")) == self.only("host")

    @property
    def is_of_this_machine(self) -> bool:
        """Whether a page of this machine's own browser asks, with no proxy between."""
        return (
            is_loopback(self.peer)
            and is_loopback(host_name(self.only("host")))
            and self.is_same_origin
            and not self.is_proxied
        )


def authority(origin: str) -> str:
    """Host and port of an origin; "" for what is none.

    >>> authority("http://localhost:8501"), authority("null"), authority("http://[x")
    ('localhost:8501', '', '')
    """
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in ("http", "https") and not parts.path else ""


def host_name(host: str) -> str:
    """The name in a `Host` header; "" for a malformed one.

    >>> host_name("[::1]:8501"), host_name("me@localhost"), host_name("localhost:x")
    ('::1', '', '')
    """
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises if it is no number
    except ValueError:
        return ""
    return parts.hostname or "" if parts.netloc == host and "@" not in host else ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1")]
    [True, True, True, True]
    >>> [is_loopback(host) for host in ("0.0.0.0", "", "logs", "127.0.0.1.nip.io")]
    [False, False, False, False]
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
