"""Settings of alerts: channels that messages go by, and rules that say which go where."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from vpcflow_core.setting_types import Duration, UserPath

Side = Literal["up", "down", "both"]
Method = Literal["seasonal", "robust", "trailing"]
Kind = Literal["webhook", "slack", "teams", "sns", "smtp"]
NOTHING = SecretStr("")


class ChannelSetting(BaseModel):
    """One way to send alerts."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = Field(
        "webhook",
        description="`webhook` (JSON, signed), `slack`, `teams`, `sns` (a topic of Amazon SNS), or "
        "`smtp` (mail).",
    )
    url: SecretStr = Field(NOTHING, description="Address of the webhook; never shown.")
    url_variable: str = Field(
        "", description="Environment variable that holds the address, in the place of `url`."
    )
    secret: SecretStr = Field(
        NOTHING, description="Key that signs a webhook's JSON; of `smtp` the password."
    )
    secret_variable: str = Field(
        "", description="Environment variable that holds the secret, in the place of `secret`."
    )
    topic: str = Field(
        "",
        pattern=r"^(arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?)?$",
        description="ARN of the topic of `sns`.",
    )
    profile: str = Field("", description="AWS profile that publishes to the topic.")
    role_arn: str = Field("", description="Role that publishes to the topic.")
    host: str = Field("", description="Mail server.")
    port: int = Field(
        587,
        ge=1,
        le=65535,
        description="Port of the mail server; on 465 TLS begins at once, on others with STARTTLS.",
    )
    user: str = Field("", description="User at the mail server; used with `secret`.")
    encrypted: bool = Field(
        True, description="Whether mail goes by TLS alone; without, no password is sent."
    )
    sender: str = Field("", description="Address that mail comes from.")
    to: list[str] = Field(default_factory=list, description="Addresses that mail goes to.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "smtp":
            if not (self.host and self.sender and self.to):
                raise ValueError("mail needs host, sender and to")
            if self.user and not self.encrypted:
                raise ValueError("a password goes by TLS alone: leave out user, or encrypted")
        elif self.kind == "sns":
            if not self.topic:
                raise ValueError("sns needs topic")
        elif bool(self.url.get_secret_value()) == bool(self.url_variable):
            raise ValueError("give either url or url_variable")
        elif not self.url_variable and not is_address(self.url.get_secret_value()):
            raise ValueError("url must begin with https://")
        return self

    @property
    def address(self) -> str:
        """Address of the webhook; "" where its variable is not set or holds none."""
        text = os.environ.get(self.url_variable, "") if self.url_variable else ""
        text = text or self.url.get_secret_value()
        return text if is_address(text) else ""

    @property
    def key(self) -> str:
        """The secret; "" without one."""
        text = os.environ.get(self.secret_variable, "") if self.secret_variable else ""
        return text or self.secret.get_secret_value()


class AlertSetting(BaseModel):
    """One rule: which incidents are sent, and where to."""

    model_config = ConfigDict(extra="forbid")

    detections: list[str] = Field(
        default_factory=list,
        description="Slugs of detections: `port-scan`; all if there are no panels either.",
    )
    panels: list[str] = Field(
        default_factory=list, description="Slugs of outlier panels: `outliers/bytes`."
    )
    method: Method = Field(
        "seasonal",
        description="What a panel is expected to show: `seasonal`, `robust` or `trailing`.",
    )
    threshold: float = Field(3.0, gt=0, description="Half width of a panel's band, in deviations.")
    timeslice: Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(hours=1))] = Field(
        timedelta(minutes=5), description="Length of a panel's buckets, 1m to 1h."
    )
    consecutive: int = Field(
        1, ge=1, description="Buckets in a row outside of the band that are an incident."
    )
    side: Side = Field(
        "both", description="Side of the band that is watched: `up`, `down`, `both`."
    )
    where: dict[str, str] = Field(
        default_factory=dict, description="Conditions on the records, as filters of pages."
    )
    thresholds: dict[str, float] = Field(
        default_factory=dict, description="Other thresholds, by name."
    )
    severity: Literal["low", "medium", "high", "critical"] = Field(
        "low", description="Incidents below it are left out."
    )
    quiet_hours: str = Field(
        "",
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$",
        description="Times (UTC) at which messages are held back until they end: `22:00-06:00`.",
    )
    send_to: list[str] = Field(default_factory=list, description="Names of channels.")

    @field_validator("timeslice")
    @classmethod
    def _fits_into_hours(cls, timeslice: timedelta) -> timedelta:
        if timedelta(hours=1) % timeslice:
            raise ValueError("an hour must be whole timeslices: 1m, 5m, 15m, 1h")
        return timeslice


class ReportSetting(BaseModel):
    """A report that `vpcflow watch` makes by itself."""

    model_config = ConfigDict(extra="forbid")

    every: Literal["day", "week"] = Field(
        "day", description="`day`, or `week` (Monday to Sunday); made once all of it has arrived."
    )
    zone: str = Field("UTC", description="IANA name of the zone by whose clock days begin.")
    pages: list[str] = Field(default_factory=list, description="Dashboards; all if empty.")
    where: dict[str, str] = Field(
        default_factory=dict, description="Conditions on the records, as filters of pages."
    )
    folder: UserPath | None = Field(None, description="Folder that it is written to, as HTML.")
    send_to: list[str] = Field(
        default_factory=list,
        description="Names of channels: mail has it attached, others get a link.",
    )

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.folder is None and not self.send_to:
            raise ValueError("give folder or send_to")
        return self

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError(f"'{zone}' is no time zone: write Europe/Berlin") from None
        return zone


def is_address(text: str) -> bool:
    """Whether a text can be the address of a webhook."""
    return text.startswith(("https://", "http://"))
