"""Settings from `vpcflow.toml` and `VPCFLOW_*`.

The environment wins over the file. Nested names are joined by two underscores:
`VPCFLOW_SOURCES__PROD__URL=s3://central-logs/prod`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Hashable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic_settings
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from vpcflow_core.alert_settings import AlertSetting, ChannelSetting, ReportSetting
from vpcflow_core.errors import SettingsError, closest
from vpcflow_core.json_logs import LogFormat
from vpcflow_core.redaction import holds_secret, redacted
from vpcflow_core.setting_types import (
    BlockList,
    Duration,
    Interval,
    SetName,
    UserPath,
)
from vpcflow_core.source_settings import DnsLogSetting, SourceSetting, TrailSetting
from vpcflow_core.team import Grant, SignIn

CONFIG_VARIABLE = "VPCFLOW_CONFIG"
# Names of settings, joined by commas, that hold as if the file did not have them: `vpcflow serve`
# hands its server what the command line has named in their place.
WITHOUT_VARIABLE = "VPCFLOW_CONFIG_WITHOUT"
# The one-time token that makes a browser admin, as `vpcflow serve` hands it to the app, and the
# parameter of the app's address that shows it.
TOKEN_VARIABLE = "VPCFLOW_ADMIN_TOKEN"  # noqa: S105 (a name)
TOKEN_PARAMETER = "admin_token"  # noqa: S105 (a name)


def default_store() -> Path:
    """Folder of the store where none is set."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "vpcflow"


Adding = Literal["auto", "none", "uploads", "aws", "all"]


class _File(TomlConfigSettingsSource):
    """The settings file, without the settings that are named in `WITHOUT_VARIABLE`."""

    def __call__(self) -> dict[str, Any]:
        without = os.environ.get(WITHOUT_VARIABLE, "").split(",")
        return {name: value for name, value in super().__call__().items() if name not in without}


class CostSetting(BaseModel):
    """What differs from the price list."""

    model_config = ConfigDict(extra="forbid")

    factor: float = Field(
        1.0, gt=0, le=10, description="What every price is multiplied by: 0.9 for 10 % discount."
    )
    prices: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="Prices in dollars by item, or by region and item: "
        '`{"nat-gb" = 0.04, "eu-central-1 internet-out-gb" = 0.07}`.',
    )
    internet_out_tb: float = Field(
        0.0, ge=0, description="TB a month from all accounts to the Internet: they choose the tier."
    )
    internet_free_gb: float = Field(
        0.0,
        ge=0,
        le=100,
        description="GB a month to the Internet that cost nothing: of the 100 that AWS gives all "
        "accounts of a bill together, those that are left for what these logs show.",
    )
    nat_crossing_ends: Literal[1, 2] = Field(
        2, description="Ends billed where a NAT gateway is in another zone than its client: 1 or 2."
    )


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="VPCFLOW_", env_nested_delimiter="__", extra="forbid"
    )

    store: UserPath = Field(
        default_factory=default_store, description="Folder of the store: Parquet files and ledger."
    )
    sources: dict[str, SourceSetting] = Field(
        default_factory=dict, description="Named sources; without any, the built-in sample."
    )
    trails: dict[SetName, TrailSetting] = Field(
        default_factory=dict,
        description="Trails of CloudTrail by name: changes of networks become notes after a sync.",
    )
    cost: CostSetting = Field(
        default_factory=CostSetting, description="What differs from the price list."
    )
    dns_logs: dict[SetName, DnsLogSetting] = Field(
        default_factory=dict,
        description="Query logs of Route 53 Resolver by name, for domain names of far ends: "
        '`{prod = {url = "s3://dns-logs"}}`; see docs/identity.md.',
    )
    channels: dict[str, ChannelSetting] = Field(
        default_factory=dict, description="Ways to send alerts, by name."
    )
    alerts: dict[str, AlertSetting] = Field(
        default_factory=dict, description="Rules of `vpcflow watch`, by name."
    )
    reports: dict[SetName, ReportSetting] = Field(
        default_factory=dict, description="Reports that `vpcflow watch` makes, by name."
    )
    since: Duration | None = Field(
        None, description="How far back the first sync of a source reaches; unset reads all."
    )
    keep: Duration | None = Field(
        None, description="Days older than this are dropped after a sync; unset keeps all."
    )
    watch_list: UserPath | None = Field(
        None,
        description="File of addresses and blocks whose traffic is a finding: one a line, or the "
        "first column of a CSV; `#` begins a comment.",
    )
    watch_lists: dict[SetName, BlockList] = Field(
        default_factory=dict,
        description="Watch lists by name, each a file or blocks: "
        '`{threats = "threats.txt"}`; see docs/zones.md.',
    )
    zones: dict[SetName, BlockList] = Field(
        default_factory=dict,
        description="Zones by name, each blocks or files of them: "
        '`{office = ["203.0.113.0/24"], partners = "partners.csv"}`; see docs/zones.md.',
    )
    zone_file: UserPath | None = Field(
        None, description="CSV file of zones with the columns zone and block."
    )
    geoip: list[UserPath] = Field(
        default_factory=list, description="GeoIP databases (.mmdb), best first."
    )
    owner_tags: list[str] = Field(
        default=["owner", "team"],
        description="Keys of tags that name the owner of an instance or interface, the best first.",
    )
    address_book: UserPath | None = Field(
        None,
        description="Your own list of who has which addresses: a CSV file with the columns block, "
        "name, owner, kind, from and until; see docs/identity.md.",
    )
    aws_ranges: UserPath | None = Field(
        None, description="AWS's ip-ranges.json, for the AWS service of a public address."
    )
    as_database: UserPath | None = Field(
        None, description="Database (.mmdb) of autonomous systems, for the network of an address."
    )
    lake_catalog: str = Field(
        "",
        description="Iceberg catalog of `vpcflow sync --into`: `glue`, the URL of a REST catalog "
        "or of a database (`postgresql://...`); unset: Glue for S3, for a folder a file in it.",
    )
    lake_database: str = Field(
        "flowlogs",
        pattern=r"^[a-z][a-z0-9_]{0,63}$",
        description="Database (schema) of that catalog with the table `records`.",
    )
    workers: int = Field(2, ge=1, le=64, description="Objects parsed at the same time.")
    memory_limit: str = Field(
        "4GB", pattern=r"^\d+(\.\d+)?\s?[KMGT]i?B$", description="Memory a query may use."
    )
    query_timeout: Duration = Field(
        timedelta(minutes=2), description="A query that takes longer is stopped."
    )

    sync_every: Interval = Field(
        timedelta(minutes=5),
        description="Interval between background syncs in the app; `off` disables them.",
    )
    add_sources: Adding = Field(
        "auto",
        description="What visitors of the app may add: `none`, `uploads`, also `aws` (with the "
        "server's credentials), or `all`, the server's folders too. `auto`: all on the machine "
        "that the app runs on, nothing from elsewhere.",
    )
    app_url: str = Field(
        "http://localhost:8501",
        pattern=r"^https?://[^\s?#]+$",
        description="Address of the app, for links that Python and the command line write.",
    )
    sign_in: SignIn | None = Field(
        None,
        description="Sign-in by OpenID Connect, a table `[sign_in]`; without it only the machine "
        "that the app runs on is admin, and everyone else an analyst.",
    )
    log_format: LogFormat = Field(
        "text",
        description="`text`, or `json`: logs of sync, watch and the app as an object a line.",
    )
    metrics_token: SecretStr | None = Field(
        None,
        description="Bearer token with which Prometheus reads /metrics; without it only the "
        "machine that the app runs on may.",
    )
    upload_limit: int = Field(50, ge=1, le=1000, description="Largest uploaded file, in MB.")

    @property
    def watch_lists_by_name(self) -> dict[str, list[str]]:
        """All watch lists; the single one is called as its file is."""
        single = {self.watch_list.stem: [str(self.watch_list)]} if self.watch_list else {}
        return {**single, **self.watch_lists}

    @field_validator("sources")
    @classmethod
    def _name_the_role(cls, sources: dict[str, SourceSetting]) -> dict[str, SourceSetting]:
        for name, source in sources.items():
            if source.ec2_accounts and not source.ec2_role:
                raise ValueError(f"{redacted(name)} has ec2_accounts, but no ec2_role to assume")
        return sources

    @field_validator("sources")
    @classmethod
    def _hold_no_secrets(cls, sources: dict[str, SourceSetting]) -> dict[str, SourceSetting]:
        for name, source in sources.items():
            for part in ("url", "endpoint_url"):
                if holds_secret(getattr(source, part)):
                    raise ValueError(
                        f"{part} of {redacted(name)} must not hold a password, key, token or "
                        "signature; name a profile instead"
                    )
        return sources

    @field_validator("trails")
    @classmethod
    def _trails_hold_no_secrets(cls, trails: dict[str, TrailSetting]) -> dict[str, TrailSetting]:
        for name, trail in trails.items():
            if holds_secret(trail.url) or holds_secret(trail.endpoint_url):
                raise ValueError(
                    f"{name} must not hold a password, key, token or signature; name a profile"
                )
        return trails

    @model_validator(mode="after")
    def _names_channels_that_exist(self) -> Self:
        for table, senders in (("alerts", self.alerts), ("reports", self.reports)):
            for name, sender in senders.items():
                for channel in sender.send_to:
                    if channel not in self.channels:
                        raise ValueError(f"{table}.{name}.send_to: there is no channel {channel}")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, which wins over the file."""
        return init_settings, env_settings, _File(settings_cls, config_file())


def config_file() -> Path:
    """The file the settings are read from; it need not exist."""
    return Path(os.environ.get(CONFIG_VARIABLE) or "vpcflow.toml")


def load_settings() -> Settings:
    """The settings in force.

    Raises:
        SettingsError: The file or a variable is wrong; names the place of each mistake.
    """
    path = config_file()
    if os.environ.get(CONFIG_VARIABLE) and not path.is_file():
        raise SettingsError(f"The settings file {path} does not exist.", f"See {CONFIG_VARIABLE}.")
    try:
        return _settings_of(_state_of(path))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from None
    except pydantic_settings.SettingsError as error:  # a variable with a list that is not JSON
        field = re.search(r'field "(\w+)"', str(error))
        begin = f"VPCFLOW_{field[1]}".upper() if field else "VPCFLOW_"
        names = ", ".join(sorted(name for name in os.environ if name.upper().startswith(begin)))
        raise SettingsError(
            f"A list or table in a variable is no JSON: {names}.",
            'A list is written ["10.8.0.0/16"], a table {"prod": {"url": "s3://logs/prod"}}.',
        ) from None
    except ValidationError as error:
        mistakes = "; ".join(_mistake(list(item["loc"]), item["msg"]) for item in error.errors())
        raise SettingsError(
            f"Wrong settings: {mistakes}.",
            f"They come from {path} and VPCFLOW_* variables; see docs/reference/settings.md.",
        ) from None


def _state_of(path: Path) -> tuple[Hashable, ...]:
    """What the settings depend on: their file and the environment."""
    state = path.stat() if path.is_file() else None
    of_file = (path.absolute(), state.st_mtime_ns, state.st_size) if state else ()
    return of_file, tuple(sorted(os.environ.items()))


@lru_cache(maxsize=4)
def _settings_of(_: tuple[Hashable, ...]) -> Settings:
    """The settings, read once: a page asks for them ten times, each of which takes 20 ms."""
    return Settings()


def _mistake(place: list[str | int], message: str) -> str:
    """One mistake with its place, and the closest known name if the name is unknown."""
    name = ".".join(map(str, place))
    if message != "Extra inputs are not permitted":
        return f"{name}: {message}"
    models: dict[str, type[BaseModel]] = {
        "sources": SourceSetting,
        "trails": TrailSetting,
        "dns_logs": DnsLogSetting,
        "cost": CostSetting,
        "channels": ChannelSetting,
        "alerts": AlertSetting,
        "reports": ReportSetting,
        "sign_in": Grant if "grants" in place else SignIn,
    }
    model = models.get(str(place[0]), Settings) if len(place) > 1 else Settings
    known: dict[str, Any] = model.model_fields
    return f"{name} is no setting. {closest(str(place[-1]), known)}".strip().rstrip(".")
