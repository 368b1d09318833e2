"""Mail at servers that want TLS and a password, and at those that do not take it."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.alerts.watching import mail_to
from vpcflow_core.alerts import delivery
from vpcflow_core.alerts.delivery import RefusedError, send
from vpcflow_core.alerts.messages import Message
from vpcflow_core.errors import FailureError

AT = "2026-11-20T09:10:00+00:00"
INCIDENT = {"severity": "low", "what": "x", "next_step": "", "since": AT, "until": AT}
MESSAGE = Message("id1", "night", "began", "2026-11-20T10:00:00+00:00", INCIDENT, "https://x/")
PASSWORD = "pa55"
LOGIN = base64.b64encode(f"\0ops\0{PASSWORD}".encode())


class Guarded(socketserver.StreamRequestHandler):
    """A mail server that wants TLS and a password; `answers` are those to other words than `ok`."""

    server: Any

    def setup(self) -> None:
        if self.server.at_once:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        is_known, is_encrypted = False, self.server.at_once
        self.say("220 here")
        while line := self.rfile.readline():
            word, _, rest = line.strip().partition(b" ")
            if word == b"STARTTLS":
                self.say("220 go on")
                self.request = self.server.context.wrap_socket(self.request, server_side=True)
                super().setup()
                is_encrypted = True
            elif word == b"ehlo":
                self.say("250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN")
            elif word == b"AUTH":
                is_known = is_encrypted and rest.split()[-1] == LOGIN
                self.say("235 welcome" if is_known else "535 who?")
            elif word == b"data" and is_known:
                self.say("354 go on")
                content = b"".join(iter(self.rfile.readline, b".\r\n"))
                answer = self.server.answers.get("content", "250 ok")
                self.server.got += [content] if answer.startswith("250") else []
                self.say(answer)
            elif word == b"QUIT":
                return self.say("221 bye")
            else:
                self.say(self.server.answers.get(word.decode(), "250 ok"))
        return None

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine and its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(made.public_bytes(pem) + private)
    return path


@pytest.fixture
def guarded_mail(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Guarded) as server:
        made: Any = server
        made.daemon_threads = True
        made.got, made.answers, made.at_once = [], {}, False
        made.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.context.load_cert_chain(certificate)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        server.shutdown()


@pytest.mark.parametrize("at_once", [False, True])
def test_mail_goes_by_tls_with_its_password(
    guarded_mail: Any, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    guarded_mail.at_once = at_once
    if at_once:
        monkeypatch.setattr(delivery, "SUBMISSIONS", guarded_mail.server_address[1])
    send("mail", mail_to(guarded_mail, user="ops", secret=PASSWORD), MESSAGE)
    (content,) = guarded_mail.got
    assert b"Message-ID: <id1@vpcflow>" in content


def test_a_wrong_password_is_said_without_it(guarded_mail: Any) -> None:
    with pytest.raises(FailureError) as found:
        send("mail", mail_to(guarded_mail, user="ops", secret="wr0ng"), MESSAGE)
    assert found.value.what == "Channel mail answered 535."
    assert not isinstance(found.value, RefusedError)
    assert guarded_mail.got == []


@pytest.mark.parametrize(
    ("word", "answer", "kind", "said"),
    [
        ("content", "552 too large", RefusedError, "Channel mail answered 552."),
        ("content", "451 later", FailureError, "Channel mail answered 451."),
        ("mail", "550 not from you", FailureError, "Channel mail answered 550."),
        ("rcpt", "550 nobody", FailureError, "takes mail for none of the addresses in `to`"),
    ],
)
def test_what_a_mail_server_does_not_take_holds_up_others_only_if_they_fare_no_better(
    guarded_mail: Any, word: str, answer: str, kind: type[FailureError], said: str
) -> None:
    guarded_mail.answers[word] = answer
    with pytest.raises(FailureError, match=said) as found:
        send("mail", mail_to(guarded_mail, user="ops", secret=PASSWORD), MESSAGE)
    assert type(found.value) is kind


def test_an_unknown_certificate_gets_nothing(
    guarded_mail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(FailureError, match="SSLCertVerificationError"):
        send("mail", mail_to(guarded_mail, user="ops", secret=PASSWORD), MESSAGE)
    assert guarded_mail.got == []
