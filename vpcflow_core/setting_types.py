"""Values of settings as people write them: lengths of time, blocks of addresses, paths, regions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field

from vpcflow_core.addresses import parse_block
from vpcflow_core.errors import VpcflowError
from vpcflow_core.times import parse_duration

T = TypeVar("T")


def parse_interval(text: str) -> timedelta | None:
    """How often something is done; None for `off`.

    Raises:
        TimeError: Neither `off` nor a length of time.
    """
    return None if text.strip().lower() == "off" else parse_duration(text)


def _read(parse: Callable[[str], T]) -> BeforeValidator:
    """Reads texts as people write them; a mistake is explained in our words."""

    def read(value: object) -> object:
        try:
            return parse(value) if isinstance(value, str) else value
        except VpcflowError as error:
            raise ValueError(f"{error.what} {error.next_step}") from None

    return BeforeValidator(read)


Duration = Annotated[timedelta, _read(parse_duration)]
Interval = Annotated[timedelta | None, _read(parse_interval)]
Block = Annotated[str, _read(parse_block)]
Region = Annotated[str, Field(pattern=r"^[a-z]{2,}(-[a-z]+)+-\d+$")]
Account = Annotated[str, Field(pattern=r"^\d{12}$")]
# Patterns that count \w take 10 ms to compile, at each command: the length stands apart.
SetName = Annotated[str, Field(pattern=r"^[\w-]+$", max_length=60)]
# Blocks, or paths of files of them; one need not stand in a list.
BlockList = Annotated[
    list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
]
UserPath = Annotated[Path, BeforeValidator(lambda value: Path(str(value)).expanduser())]
