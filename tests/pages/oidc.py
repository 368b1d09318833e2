"""An OpenID Connect provider for tests: discovery, authorization code with PKCE, signed ID tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "vpcflow-test", "the-secret-of-the-client"


@dataclass
class Provider:
    """A provider that listens.

    Attributes:
        url: Its issuer.
        people: Claims by the name of their button.
        key: Signs the tokens; another one than is published makes forged ones.
        issued: When tokens say that they were issued; None: now.
    """

    url: str
    people: Mapping[str, Mapping[str, Any]]
    key: RSAKey
    issued: int | None = None
    published: RSAKey = field(init=False)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.published = self.key

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def code_for(self, asked: dict[str, str]) -> str:
        """The address that a person who chose a name is sent back to."""
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        query = urlencode({"code": code, "state": asked["state"]})
        return f"{asked['redirect_uri']}?{query}"

    def token(self, sent: dict[str, str], authorization: str) -> dict[str, object] | None:
        """The tokens for a code; None for a wrong client, code, or verifier."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(sent.get("code", ""), None)
        challenge = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        made = base64.urlsafe_b64encode(challenge).decode().rstrip("=")
        if authorization != f"Basic {basic}" or not asked or made != asked["code_challenge"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": self.issued or now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "sub": asked["person"],
            **self.people[asked["person"]],
        }
        signed = jwt.encode({"alg": "RS256", "kid": self.published.kid}, claims, self.key)
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": signed}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = dict(parse_qsl(parts.query))
            if parts.path == "/.well-known/openid-configuration":
                self._json(provider.metadata())
            elif parts.path == "/favicon.ico":
                self._send(204, b"", {})
            elif parts.path == "/jwks":
                self._json({"keys": [provider.published.as_dict(private=False)]})
            elif parts.path == "/authorize" and "person" in asked:
                self._send(302, b"", {"Location": provider.code_for(asked)})
            elif parts.path == "/authorize":
                links = (
                    f'<a href="/authorize?{urlencode({**asked, "person": name})}">{name}</a>'
                    for name in provider.people
                )
                self._send(200, "<br>".join(links).encode(), {"Content-Type": "text/html"})
            else:
                self._send(404, b"", {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = {name: values[0] for name, values in parse_qs(body).items()}
            made = provider.token(sent, self.headers.get("Authorization", ""))
            self._json(made or {"error": "invalid_grant"}, 200 if made else 400)

        def _json(self, value: object, status: int = 200) -> None:
            self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def providing(people: Mapping[str, Mapping[str, Any]]) -> Iterator[Provider]:
    """Run a provider on a free port."""
    key = RSAKey.generate_key(2048, {"kid": "first"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    provider = Provider(f"http://localhost:{server.server_port}", people, key)
    server.RequestHandlerClass = _handler(provider)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
