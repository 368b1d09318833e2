"""The parameters of an address of an engine: known ones, each with a value that it can have."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import SplitResult, parse_qsl, urlsplit

from vpcflow_core.errors import SettingsError, TimeError, closest
from vpcflow_core.times import parse_duration

_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([MGT]B)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What stands behind the `?` of an address.

    Attributes:
        given: Values by name.
        wrong: What an address is called in an error, and how it is written.
    """

    given: Mapping[str, str]
    wrong: tuple[str, str]

    @staticmethod
    def of(query: str, known: Collection[str], wrong: tuple[str, str]) -> Parameters:
        """Read them.

        Raises:
            SettingsError: One is unknown, has no value, or stands twice.
        """
        pairs = parse_qsl(query, keep_blank_values=True)
        read = Parameters(dict(pairs), wrong)
        for name, value in pairs:
            if name not in known:
                hint = closest(name, known)
                raise read.error(f"'{name}' is no parameter, known are {', '.join(known)}", hint)
            if not value:
                raise read.error(f"{name} has no value")
        if len(read.given) < len(pairs):
            raise read.error("a parameter stands there twice")
        return read

    @staticmethod
    def split(
        url: str, known: Collection[str], wrong: tuple[str, str]
    ) -> tuple[SplitResult, Parameters]:
        """The parts of an address, and its parameters; see `of`."""
        try:
            parts = urlsplit(url)
        except ValueError:  # brackets that do not close
            raise Parameters({}, wrong).error("its host is none") from None
        return parts, Parameters.of(parts.query, known, wrong)

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        return self.given.get(name, default)

    def choice(self, name: str, true: str, false: str, default: bool) -> bool:
        """One of two words."""
        if name in self.given and self.given[name] not in (true, false):
            raise self.error(f"{name} is {true} or {false}, not '{self.given[name]}'")
        return self.given.get(name, true if default else false) == true

    def length(self, name: str) -> timedelta | None:
        """A length of time; None: it is not given."""
        if name not in self.given:
            return None
        try:
            return parse_duration(self.given[name])
        except TimeError as error:
            raise self.error(
                f"{name} is no length of time such as 8d: '{self.given[name]}'"
            ) from error

    def size(self, name: str) -> int | None:
        """Bytes; None: it is not given."""
        if name not in self.given:
            return None
        found = _SIZE.fullmatch(self.given[name])
        if not found or not float(found[1]):
            raise self.error(f"{name} is no size such as 500GB: '{self.given[name]}'")
        return int(float(found[1]) * _UNITS[found[2].upper()])

    def price(self, name: str, default: float) -> float:
        """USD."""
        try:
            price = float(self.given.get(name, default))
        except ValueError:
            price = math.nan
        if not 0 <= price < math.inf:
            raise self.error(f"{name} is no price in USD a TB: '{self.given[name]}'")
        return price

    def error(self, why: str, hint: str = "") -> SettingsError:
        """The error of an address that is wrong."""
        what, example = self.wrong
        return SettingsError(f"{what}: {why}.", f"{hint} Write it as {example}".strip())
