"""The parameters of outliers and comparisons: names, labels, valid values; no Streamlit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, get_args

from vpcflow_core.analysis.outliers import LEAST_HISTORY, METHODS, Method, Watch
from vpcflow_core.errors import MisuseError, ParameterError, TimeError
from vpcflow_core.panels.base import auto_timeslice
from vpcflow_core.panels.grouping import ADDRESS, GROUPINGS
from vpcflow_core.panels.request import DEFAULTS, Parameters
from vpcflow_core.ranges import Range, parse_range
from vpcflow_core.times import Window, format_duration, parse_duration

AUTO = "auto"
# How a link may say yes and no.
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
TIMESLICES = (AUTO, "1m", "5m", "15m", "1h")  # the first one is the default
# Fields whose values episodes may be looked for in; the first one is the default.
JUDGED_BY = (
    "interface_id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "vpc_id", "subnet_id",
    "account_id",
)  # fmt: skip
NO_FIELD = "none"
WATCHES: tuple[Watch, ...] = ("both", "up", "down")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
MOST_EARLIER = 10_000
MOST_COMPARED = 4


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    Attributes:
        name: Of the URL's parameter and of the field of `Parameters`.
        label: What its box is called.
        help: What it does, one sentence.
        read: Its value from text; raises MisuseError.
        write: The shortest text that `read` reads back.
    """

    name: str
    label: str
    help: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]

    @property
    def default(self) -> Any:
        """Its value if not said."""
        return getattr(DEFAULTS, self.name)

    def problem(self, text: str) -> str:
        """Why a text is no value of it, in words; "" if it is one."""
        try:
            self.read(text)
        except MisuseError as error:
            return f"{error.what} {error.next_step}".strip()
        return ""


def _timeslice(text: str) -> timedelta | None:
    if text.strip().lower() == AUTO:
        return None
    length = parse_duration(text)
    if length > DAY:
        raise ParameterError(f"A timeslice of {text} is too long.", "Write a day or less: 1m, 1h.")
    return length


def _whole(name: str, least: int) -> Callable[[str], int]:
    """Reads a whole number of at least so much."""

    def read(text: str) -> int:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not number.is_integer() or not least <= number <= MOST_EARLIER:
            raise ParameterError(
                f"{name}: '{text}' is not a whole number from {least:,} to {MOST_EARLIER:,}."
            )
        return int(number)

    return read


def _threshold(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ParameterError(f"Threshold: '{text}' is not a number above 0.", "Write 3 or 2.5.")
    return number


def _watch(text: str) -> Watch:
    if text not in get_args(Watch):
        raise ParameterError(f"'{text}' is no side to watch.", "Write up, down or both.")
    return text  # type: ignore[return-value]  # it is one of Watch's words


def _method(text: str) -> Method:
    if text not in METHODS:
        raise ParameterError(f"'{text}' is no method of judging.", f"Write {', '.join(METHODS)}.")
    return text


def _by(text: str) -> str:
    if text not in (*JUDGED_BY, NO_FIELD):
        raise ParameterError(
            f"'{text}' is no field to judge by.", f"Write {', '.join(JUDGED_BY)} or {NO_FIELD}."
        )
    return "" if text == NO_FIELD else text


def _compare(text: str) -> tuple[str, ...]:
    parts = ["".join(part.split()).lower() for part in text.split(",") if part.strip()]
    # One that is said twice, as 1d and 24h, counts once.
    by_length = {parse_duration(part): part for part in reversed(parts)}
    if not 0 < len(by_length) <= MOST_COMPARED:
        raise ParameterError(
            f"Compare with: '{text}' is not one to {MOST_COMPARED} lengths of time.",
            "Write 1d, 7d.",
        )
    return tuple(reversed(by_length.values()))


def _baseline(text: str) -> Range:
    try:
        found = parse_range(text)
    except TimeError as error:
        raise ParameterError(
            f"New, compared with: '{text}' is no time.", "Write 7d, 30d, or FROM/TO of two times."
        ) from error
    if found.days:
        raise ParameterError(
            f"New, compared with: '{text}' is no time.", "Write 7d, 30d, or FROM/TO."
        )
    return found


def _grouping(text: str) -> str:
    if text not in (ADDRESS, *GROUPINGS):
        raise ParameterError(
            f"'{text}' is no way to group addresses.", f"Write {', '.join([ADDRESS, *GROUPINGS])}."
        )
    return text


def _open_only(text: str) -> bool:
    if text.lower() not in (*YES, *NO):
        raise ParameterError(f"Open only: '{text}' is neither true nor false.")
    return text.lower() in YES


PARAMETERS = {
    parameter.name: parameter
    for parameter in (
        Parameter(
            "timeslice",
            "Timeslice",
            "How long the buckets are that are judged and compared: `1m`, `90s`, `1h`; `auto` "
            "suits the range and the aggregation interval of the logs.",
            _timeslice,
            lambda length: AUTO if length is None else format_duration(length),
        ),
        Parameter(
            "method",
            "Method",
            "What is expected of a timeslice. `seasonal`: what the last two hours had, or the same "
            "time of the last days; `robust`: what the last two hours had; `trailing`: mean and "
            "deviation of the last few timeslices.",
            _method,
            str,
        ),
        Parameter(
            "window",
            "Window",
            "How many earlier timeslices the band of the method `trailing` is made of.",
            _whole("Window", LEAST_HISTORY),
            str,
        ),
        Parameter(
            "threshold",
            "Threshold",
            "Half the width of the band, in deviations: a smaller one finds more.",
            _threshold,
            lambda number: f"{number:g}",
        ),
        Parameter(
            "consecutive",
            "Consecutive",
            "How many timeslices in a row must lie outside before they count.",
            _whole("Consecutive", 1),
            str,
        ),
        Parameter(
            "watch",
            "Watch",
            "`up` finds too much, `down` too little, `both` finds either.",
            _watch,
            str,
        ),
        Parameter(
            "by",
            "Judge by",
            "The field whose ten busiest values episodes are looked for in, each by itself.",
            _by,
            lambda field: field or NO_FIELD,
        ),
        Parameter(
            "compare",
            "Compare with",
            "How long before, of charts that show now and before: `1d, 7d`, `28d`, `1h`; at most "
            "four.",
            _compare,
            ",".join,
        ),
        Parameter(
            "baseline",
            "New, compared with",
            "What is new was never seen then: `7d`, the seven days before the range; `30d`; or "
            "`FROM/TO`, `2026-11-01 - 2026-11-08`.",
            _baseline,
            str,
        ),
        Parameter(
            "grouping",
            "Addresses by",
            "What panels of addresses group them by: `address`, `24` (the /24, of IPv6 the /64), "
            "`16` (the /16, of IPv6 the /48), `country`, `as`, `name` or `zone`.",
            _grouping,
            str,
        ),
        Parameter(
            "open_only",
            "Open only",
            "`true`: of rules of security groups only those that are open to the world.",
            _open_only,
            lambda chosen: str(chosen).lower(),
        ),
    )
}

# Those whose boxes take any text or number.
TYPED_PARAMETERS = ("timeslice", "window", "threshold", "consecutive", "compare", "baseline")


def read_parameters(texts: Mapping[str, str]) -> tuple[Parameters, list[str]]:
    """Parameters from the texts there are; bad ones keep their default and are reported."""
    found, problems = DEFAULTS, []
    for name, parameter in PARAMETERS.items():
        text = texts.get(name, "").strip()
        if problem := text and parameter.problem(text):
            problems.append(problem)
        elif text:
            found = replace(found, **{name: parameter.read(text)})
    return found, problems


def written(parameters: Parameters) -> dict[str, str]:
    """Text by name of each parameter that is not at its default."""
    values = {name: getattr(parameters, name) for name in PARAMETERS}
    return {n: PARAMETERS[n].write(v) for n, v in values.items() if v != PARAMETERS[n].default}


def auto_now(window: Window, interval: timedelta) -> str:
    """What the timeslice `auto` means, in words.

    Args:
        window: The range of the page.
        interval: The aggregation interval of the logs.

    >>> from vpcflow_core.times import EPOCH
    >>> auto_now(Window(EPOCH, EPOCH + DAY), timedelta(minutes=10))
    'auto is 1m now, 10m for flows'
    """
    volumes, flows = (
        format_duration(auto_timeslice(window, interval, name)) for name in ("bytes", "flows")
    )
    return f"{AUTO} is {volumes} now" + ("" if flows == volumes else f", {flows} for flows")
