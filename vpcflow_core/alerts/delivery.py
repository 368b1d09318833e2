"""Sends a message by the channels of the settings. What is secret stands in no error."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPException
from typing import Any

from vpcflow_core.alert_settings import ChannelSetting
from vpcflow_core.alerts.messages import Message
from vpcflow_core.alerts.sns import publish
from vpcflow_core.errors import FailureError, VpcflowError

TIMEOUT = 10.0
# Answers that are about the message, not about the receiver or who sends (RFC 9110).
REFUSED = frozenset({400, 409, 411, 413, 415, 422})
# Answers of mail servers from here on say the same however often they are asked (RFC 5321).
PERMANENT = 500
# On this port TLS begins at once (RFC 8314); on others with STARTTLS.
SUBMISSIONS = 465


# Answers with which a receiver may say when to come again (RFC 6585, RFC 9110).
BUSY = frozenset({429, 503})
# Times that are waited for at the request of a receiver: no answer may silence a channel for good.
LEAST, MOST = timedelta(seconds=1), timedelta(hours=1)


class RefusedError(FailureError):
    """A receiver does not take this message."""


class BusyError(FailureError):
    """A receiver takes nothing for a while.

    Attributes:
        wait: How long, a second at least and an hour at most.
    """

    def __init__(self, what: str, next_step: str, wait: timedelta) -> None:
        super().__init__(what, next_step)
        self.wait = wait


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A webhook that points elsewhere gets nothing: the signature is for the address as set."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def send(
    name: str, channel: ChannelSetting, message: Message, attached: bytes | None = None
) -> None:
    """Send a message.

    Args:
        name: Name of the channel.
        channel: How to send.
        message: The message.
        attached: What mail has attached as `message.file`.

    Raises:
        RefusedError: The receiver does not take this message; others it may.
        BusyError: It takes none for a while.
        FailureError: It was not taken; the message may be sent again.
    """
    try:
        if channel.kind == "smtp":
            _mail(channel, message, attached)
        else:
            _BY_KIND[channel.kind](channel, message)
    except VpcflowError as error:
        raise FailureError(f"Channel {name}: {error.what}", error.next_step) from None
    except urllib.error.HTTPError as error:
        raise _answered(name, error) from None
    except smtplib.SMTPRecipientsRefused:
        said = f"Channel {name}: its server takes mail for none of the addresses in `to`."
        raise FailureError(said, "It is tried again.") from None
    except smtplib.SMTPResponseException as error:
        refused = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= PERMANENT
        raised = RefusedError if refused else FailureError
        said = f"Channel {name} answered {error.smtp_code}."
        raise raised(said, "It is tried again.") from None
    except (OSError, HTTPException, smtplib.SMTPException, ValueError) as error:
        kind = type(error).__name__
        what = f"Channel {name} was not reached ({kind})."
        raise FailureError(what, "It is tried again.") from None


def lines_of(message: Message) -> list[str]:
    """A message for people: what, since when, what to do, and where it is shown."""
    incident = message.incident
    since, until = (
        datetime.fromisoformat(incident[name]).astimezone(UTC) for name in ("since", "until")
    )
    form = "%H:%M" if since.date() == until.date() else "%a %d %b %H:%M"
    times = f"{since:%a %d %b %Y %H:%M} - {until:{form}} UTC"
    todo = [f"What to do: {incident['next_step']}"] if incident["next_step"] else []
    return [message.text, times, *todo, message.link]


def signature(secret: str, moment: int, body: bytes) -> str:
    """What `X-Vpcflow-Signature` holds: HMAC-SHA256 over the time, a point and the body.

    >>> signature("s", 7, b"{}")[:12]
    't=7,v1=b12ca'
    """
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={made.hexdigest()}"


def _answered(name: str, error: urllib.error.HTTPError) -> FailureError:
    """What an answer other than 2xx means."""
    what, todo = f"Channel {name} answered {error.code}.", "It is tried again."
    if error.code in REFUSED:
        return RefusedError(what, todo)
    wait = _wait(error.headers.get("Retry-After", ""), datetime.now(UTC))
    if error.code in BUSY and wait:
        return BusyError(what, todo, wait)
    return FailureError(what, todo)


def _wait(asked: str, now: datetime) -> timedelta | None:
    """How long `Retry-After` asks to wait: seconds, or a date (RFC 9110, 10.2.3).

    >>> now = datetime(2026, 11, 20, 9, 59, tzinfo=UTC)
    >>> for asked in ("0", "90", "9" * 400, "Fri, 20 Nov 2026 10:01:00 GMT", "soon"):
    ...     print(_wait(asked, now))
    0:00:01
    0:01:30
    1:00:00
    0:02:00
    None
    """
    text = asked.strip()
    try:
        if text.isdecimal():
            seconds = float(text)
        else:
            seconds = (parsedate_to_datetime(text).astimezone(UTC) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    bounded = min(max(seconds, LEAST.total_seconds()), MOST.total_seconds())
    return timedelta(seconds=bounded)


def _webhook(channel: ChannelSetting, message: Message) -> None:
    _post(channel, message, message.as_dict())


def _slack(channel: ChannelSetting, message: Message) -> None:
    _post(channel, message, {"text": "\n".join(lines_of(message))})


def _teams(channel: ChannelSetting, message: Message) -> None:
    card = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": text, "wrap": True} for text in lines_of(message)],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attached = [{"contentType": kind, "content": card}]
    _post(channel, message, {"type": "message", "attachments": attached})


def _post(channel: ChannelSetting, message: Message, content: Mapping[str, Any]) -> None:
    body = json.dumps(content).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.id}
    if channel.key:
        headers["X-Vpcflow-Signature"] = signature(channel.key, int(time.time()), body)
    if not channel.address:
        raise FailureError(
            f"{channel.url_variable} holds no address of a webhook.", "Set it for vpcflow watch."
        )
    request = urllib.request.Request(channel.address, body, headers)  # noqa: S310 (is_address)
    with _OPENER.open(request, timeout=TIMEOUT) as answer:
        answer.read(1)


def _mail(channel: ChannelSetting, message: Message, attached: bytes | None) -> None:
    mail = EmailMessage()
    mail["Subject"] = "".join(c if c.isprintable() else " " for c in message.text)[:200]
    mail["From"], mail["To"] = channel.sender, ", ".join(channel.to)
    mail["Message-ID"] = f"<{message.id}@vpcflow>"
    mail.set_content("\n\n".join(lines_of(message)))
    if attached is None:
        text = json.dumps(message.as_dict(), indent=1)
        mail.add_attachment(text, "json", filename="alert.json")
    else:
        mail.add_attachment(attached, "text", "html", filename=message.file)
    context = ssl.create_default_context()
    at_once = channel.encrypted and channel.port == SUBMISSIONS
    connect = partial(smtplib.SMTP_SSL, context=context) if at_once else smtplib.SMTP
    with connect(channel.host, channel.port, timeout=TIMEOUT) as server:
        if channel.encrypted and not at_once:
            server.starttls(context=context)
        if channel.user:
            server.login(channel.user, channel.key)
        server.send_message(mail)


_BY_KIND: Mapping[str, Callable[[ChannelSetting, Message], None]] = {
    "webhook": _webhook,
    "slack": _slack,
    "teams": _teams,
    "sns": publish,
}
