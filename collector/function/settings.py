"""What the stack's parameters tell the function, by way of its environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from collector.function.blocks import Blocks
from collector.function.formats import parse_format

Form = Literal["VPC-RAW", "VPC-JSON"]
FORMS: tuple[Form, ...] = ("VPC-RAW", "VPC-JSON")


class SettingsError(Exception):
    """A parameter of the stack cannot be used; says which and what it may be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's settings.

    Attributes:
        bucket: Where the objects go.
        prefix: What stands before `AWSLogs/`: empty, or ends with a slash.
        region: Region of the function, and so of its log group and interfaces.
        form: What a line of an object holds.
        groups: Whether interfaces are looked up and directions judged.
        internal: Blocks between which traffic is internal; None: each interface's subnet.
        owner: Account that the bucket must belong to; "" lets it be anybody's.
        own_log: Log group of the function itself, which it never collects.
        fields: Fields of the log group's lines, in order; None: as DescribeFlowLogs says.
    """

    bucket: str
    region: str
    prefix: str = ""
    form: Form = "VPC-JSON"
    groups: bool = False
    internal: Blocks | None = None
    fields: tuple[str, ...] | None = None
    owner: str = ""
    own_log: str = ""

    @staticmethod
    def read(environment: Mapping[str, str]) -> Settings:
        """The settings that the environment holds.

        Raises:
            SettingsError: One is missing or cannot be used.
        """
        form = environment.get("LOG_FORMAT") or "VPC-JSON"
        if form not in FORMS:
            raise SettingsError(f"LogFormat is '{form}'. It may be {' or '.join(FORMS)}.")
        prefix = environment.get("PREFIX", "").strip("/")
        internal = environment.get("VPC_CIDR_PREFIX", "").strip()
        fields = environment.get("FLOW_LOG_FIELDS", "").strip()
        owner = environment.get("BUCKET_OWNER", "").strip()
        if owner and not re.fullmatch(r"[0-9]{12}", owner):
            raise SettingsError(f"BucketOwner is '{owner}'. It is an account of 12 digits.")
        try:
            return Settings(
                bucket=environment["BUCKET"],
                region=environment["AWS_REGION"],
                prefix=f"{prefix}/" if prefix else "",
                form=form,
                groups=_yes("IncludeSecurityGroupInfo", environment),
                internal=Blocks.parse(internal) if internal else None,
                fields=parse_format(fields) if fields else None,
                owner=owner,
                own_log=environment.get("AWS_LAMBDA_LOG_GROUP_NAME", ""),
            )
        except KeyError as missing:
            raise SettingsError(f"The environment lacks {missing}.") from None
        except ValueError as error:
            raise SettingsError(str(error)) from None


def _yes(parameter: str, environment: Mapping[str, str]) -> bool:
    word = environment.get("INCLUDE_SECURITY_GROUP_INFO", "false").lower()
    if word not in ("true", "false"):
        raise SettingsError(f"{parameter} is '{word}'. It may be true or false.")
    return word == "true"
