"""What a link says, and why some of it means nothing, in words; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo, available_timezones

from dashboards.ui.filter_text import decision_of, filter_problem
from dashboards.ui.parameters import NO, PARAMETERS, TYPED_PARAMETERS, YES, read_parameters
from dashboards.ui.state import FILTER_LABELS, NAMES, PageState
from dashboards.ui.words import BOXES, top_problem
from vpcflow_core.errors import TimeError, closest
from vpcflow_core.links import DEFAULT_RANGE, VERSION
from vpcflow_core.ranges import parse_range
from vpcflow_core.redaction import holds_secret
from vpcflow_core.settings import TOKEN_PARAMETER

# Filters and parameters whose boxes take any text.
TYPED = (*(name for name in FILTER_LABELS if name != "action"), *TYPED_PARAMETERS)


def parse_state(params: Mapping[str, str]) -> tuple[PageState, list[str]]:
    """Read a link's parameters; what cannot be read is left out and named in a sentence."""
    found = problems(params)
    good = {name: text.strip() for name, text in params.items() if name not in found}
    zone = good.get("tz") or "UTC"
    text = good.get("range", "")
    state = PageState(
        parse_range(text, ZoneInfo(zone)) if text else DEFAULT_RANGE,
        zone,
        tuple(_filters(good)),
        good.get("source", ""),
        read_parameters(good)[0],
        good.get("once", "").lower() in YES,
    )
    return state, list(found.values())


def problems(params: Mapping[str, str]) -> dict[str, str]:
    """Why parameters of a link mean nothing, by name: a sentence each, with the next step."""
    secret = secrets_in(params)
    said = {
        name: _problem(name, text.strip(), params)
        for name, text in params.items()
        if name not in secret
    }
    said |= {
        name: f"The value of '{name}' holds a password, key or token: left out." for name in secret
    }
    return {name: sentence for name, sentence in said.items() if sentence}


def tidied(params: Mapping[str, str]) -> dict[str, str]:
    """Parameters of a link that widgets know in another form alone; "" is to be left out.

    What cannot be read is in no address. What means nothing here may be Streamlit's.
    """
    known = (*NAMES, *secrets_in(params))
    made = {name: "" for name in problems(params) if name in known}
    if params.get("once", "").lower() in YES:
        made["once"] = "true"
    if (action := params.get("action", "").strip()) and "action" not in made:
        made["action"] = decision_of(action)
    return {name: text for name, text in made.items() if text != params[name]}


def secrets_in(params: Mapping[str, str]) -> list[str]:
    """The parameters that hold a secret, or are named after one."""
    others = {name: text for name, text in params.items() if name != TOKEN_PARAMETER}
    return [name for name, text in others.items() if holds_secret(f"?{name}={text}")]


def _problem(name: str, text: str, params: Mapping[str, str]) -> str:
    """Why a parameter means nothing; "" if it means something."""
    if name in FILTER_LABELS:
        return _not_in_force(filter_problem(name, text))
    if name in PARAMETERS:
        return _of_parameter(name, text)
    if name in BOXES:
        return BOXES[name].problem(name, text)
    if name in _OTHERS:
        return _OTHERS[name](text)
    if name == "range":
        return _of_range(text, params.get("tz", ""))
    # What begins so is Streamlit's.
    if name in NAMES or name.lower().startswith("embed"):
        return ""
    return f"'{name}' means nothing here. {closest(name, NAMES)}".strip()


def _not_in_force(problem: str) -> str:
    return f"{problem} It is not in force." if problem else ""


def _of_parameter(name: str, text: str) -> str:
    parameter = PARAMETERS[name]
    if not text or not (problem := parameter.problem(text)):
        return ""
    label = "" if problem.startswith(f"{parameter.label}:") else f"{parameter.label}: "
    return f"{label}{problem} In force: {parameter.write(parameter.default)}."


def _of_range(text: str, zone: str) -> str:
    """Why a text is no range, by the clock of the zone, if that is one."""
    try:
        parse_range(
            text or str(DEFAULT_RANGE), ZoneInfo("UTC" if _of_zone(zone) else zone or "UTC")
        )
    except TimeError as error:
        return f"{error.what} {error.next_step} The last 24 hours are shown."
    return ""


def _of_zone(text: str) -> str:
    zones = available_timezones()
    if not text or text in zones:
        return ""
    alike = sorted(zone for zone in zones if zone.lower().endswith(f"/{text.lower()}"))
    near = f"Did you mean '{alike[0]}'?" if alike else closest(text, zones)
    step = near or "Choose one beside the range, such as Europe/Berlin."
    return f"The time zone '{text}' is unknown; UTC is used. {step}"


def _of_once(text: str) -> str:
    if text.lower() in ("", *YES, *NO):
        return ""
    return f"Count each flow once: '{text}' is neither true nor false; every record counts."


def _of_version(text: str) -> str:
    is_number = text.isascii() and text.isdigit()
    if not text or (is_number and int(text) <= VERSION):
        return ""
    if is_number:
        return f"It was made by a newer vpcflow (v={text}): some of it may be missing here."
    return f"'{text}' is no version of links."


_OTHERS = {"tz": _of_zone, "once": _of_once, "v": _of_version, "top": top_problem}


def _filters(good: Mapping[str, str]) -> list[tuple[str, str]]:
    """The filters in the order of their boxes."""
    texts = {name: good.get(name, "") for name in FILTER_LABELS}
    texts["action"] = decision_of(texts["action"])
    return [(name, text) for name, text in texts.items() if text]
