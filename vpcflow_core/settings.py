"""Settings from `vpcflow.toml` and `VPCFLOW_*`; may import errors, times and sources' options.

The environment wins over the file. Nested names are joined by two underscores:
`VPCFLOW_SOURCES__PROD__URL=s3://central-logs/prod`.
"""

from __future__ import annotations

import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from vpcflow_core.errors import SettingsError, TimeError, closest
from vpcflow_core.times import parse_duration

CONFIG_VARIABLE = "VPCFLOW_CONFIG"


def default_store() -> Path:
    """Where the store lies when nobody says so."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "vpcflow"


def _duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except TimeError as error:
        raise ValueError(f"{error.what} {error.next_step}") from None


Duration = Annotated[timedelta, BeforeValidator(_duration)]
UserPath = Annotated[Path, BeforeValidator(lambda value: Path(str(value)).expanduser())]


class SourceSetting(BaseModel):
    """One named source."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(description="Where its logs lie: `s3://bucket/prefix`, a folder, `sample://`.")
    log_format: str = Field("", description="Format of its lines, if they have no header.")
    profile: str = Field("", description="AWS profile to use.")
    role_arn: str = Field("", description="Role to assume.")
    external_id: str = Field("", description="External id the role asks for.")
    region: str = Field("", description="Region, if it cannot be found out.")
    endpoint_url: str = Field("", description="Another S3 endpoint, such as a VPC endpoint.")
    no_sign: bool = Field(False, description="Read a public bucket without credentials.")
    requester_pays: bool = Field(False, description="Pay for reading another owner's bucket.")


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
    since: Duration | None = Field(
        None, description="How far back the first sync of a source reaches; unset reads all."
    )
    keep: Duration | None = Field(
        None, description="Days older than this are dropped after a sync; unset keeps all."
    )
    geoip: list[UserPath] = Field(
        default_factory=list, description="GeoIP databases (.mmdb), best first."
    )
    workers: int = Field(2, ge=1, le=64, description="Objects parsed at the same time.")
    memory_limit: str = Field(
        "4GB", pattern=r"^\d+(\.\d+)?\s?[KMGT]i?B$", description="Memory a query may use."
    )
    query_timeout: Duration = Field(
        timedelta(minutes=2), description="A query that takes longer is stopped."
    )

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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())


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
        return Settings()
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from None
    except ValidationError as error:
        mistakes = "; ".join(_mistake(list(item["loc"]), item["msg"]) for item in error.errors())
        raise SettingsError(
            f"Wrong settings: {mistakes}.",
            f"They come from {path} and VPCFLOW_* variables; see docs/reference/settings.md.",
        ) from None


def _mistake(place: list[str | int], message: str) -> str:
    """One mistake with its place, and the closest known name if the name is unknown."""
    name = ".".join(map(str, place))
    if message != "Extra inputs are not permitted":
        return f"{name}: {message}"
    known = SourceSetting.model_fields if len(place) > 1 else Settings.model_fields
    return f"{name} is no setting. {closest(str(place[-1]), known)}".strip().rstrip(".")
