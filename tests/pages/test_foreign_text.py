"""Text of others is inert on every page: a registry of the places, each fed with hostile text."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from dashboards.ui.markdown import code, error_text, inert
from tests.pages.server import ROOT
from tests.pages.visitors import page
from vpcflow_core.errors import VpcflowError

IMAGE = "![x](http://evil.test/i.png)"
HOSTILE = (
    IMAGE,
    f"a\n\n{IMAGE}",
    f"`{IMAGE}",
    f"``{IMAGE}`` `",
    f"a\\`{IMAGE}",
    f"\u2028{IMAGE}\u202e",
    "[Log in](https://evil.test/login)",
    "https://evil.test/login",
    "www.evil.test",
    "me@evil.test",
    "<img src=//evil.test/i>",
    "[a]: http://evil.test",
    ":red[evil.test]",
    "$evil.test$",
    "# evil.test _x_",
)


def live(markdown: str) -> str:
    """What of a text is Markdown: all but code."""
    return re.sub(r"`[^`\n]+`", "", markdown)


FUNCTIONS: dict[str, Callable[[str], str]] = {
    "code": code,
    "inert": inert,
    "a sentence": lambda text: inert(f"The value {text} is none, '{text}'."),
    "between backticks": lambda text: inert(f"Set `{text}` anew."),
    "an error": lambda text: error_text(VpcflowError(f"{text} is none.", f"Try {text}.")),
}


@pytest.mark.parametrize("place", FUNCTIONS)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_code_and_nothing_else(place: str, text: str) -> None:
    shown = live(FUNCTIONS[place](text))
    assert not re.search(r"[\[\]<>$#`*_\\]|://|www\.|@", shown)
    assert "\u202e" not in FUNCTIONS[place](text)


@pytest.mark.parametrize("icon", [":material/lock:", ":rocket:", ":100:", ":+1:", ":8ball:", "a:b"])
def test_icons_of_others_are_not_drawn(icon: str) -> None:
    assert live(inert(f"x {icon} y")) == "x  y"


def test_plain_sentences_stay_plain() -> None:
    for text in ("12:30 is 10 % of 1,024.", "Still in force: 10.0.0.0/8, 443!", "fe80::1"):
        assert inert(text) == text


# Parameters of the address bar, and what is shown of each on the page.
LINKS = (
    "threshold", "timeslice", "season", "srcaddr", "dstaddr", "dstport", "protocol", "action",
    "interface_id", "range", "tz", "source", "once", "from", "to", "unheard_of",
)  # fmt: skip
# Calls of Streamlit whose first text is Markdown.
MARKDOWN = (
    "markdown", "caption", "error", "warning", "info", "success", "toast", "title", "header",
    "subheader", "button", "menu_button", "popover", "expander", "metric", "toggle", "progress",
)  # fmt: skip


def dynamic_calls() -> Iterator[tuple[str, ast.expr]]:
    """Every text that Streamlit reads as Markdown and that is no constant, by its place."""
    for path in sorted((ROOT / "dashboards" / "ui").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and _is_markdown(call) and call.args:
                    yield f"{path.name}:{function.name}", call.args[0]


def _is_markdown(call: ast.Call) -> bool:
    f = call.func
    return (
        isinstance(f, ast.Attribute)
        and isinstance(f.value, ast.Name)
        and f.value.id == "st"
        and f.attr in MARKDOWN
    )


INERT = ("code", "inert", "error_text", "shown")


def test_no_text_that_is_not_ours_reaches_markdown_unless_it_is_made_inert() -> None:
    wild = [
        (place, ast.unparse(part))
        for place, text in dynamic_calls()
        for part in ast.walk(text)
        if isinstance(part, ast.Attribute)
        and part.attr in ("what", "next_step", "found", "remedy", "refused", "strerror", "sentence")
        and not _is_inside_inert(text, part)
    ]
    assert wild == []


def _is_inside_inert(text: ast.expr, part: ast.expr) -> bool:
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in INERT
        and any(inner is part for inner in ast.walk(call))
        for call in ast.walk(text)
    )


@pytest.mark.parametrize("path", ["", "rejects", "outliers", "sources"])
@pytest.mark.parametrize("text", [f"a\n\n{IMAGE}", "[Log in](https://evil.test/login)"])
def test_links_with_hostile_values_draw_nothing_of_theirs(app: str, path: str, text: str) -> None:
    sent = page(app, path, query=urlencode(dict.fromkeys(LINKS, text)))
    bodies = [body for message in sent for body in texts(message.delta.new_element)]
    assert any("evil.test" in body for body in bodies) or path == "sources"
    assert [body for body in bodies if "evil.test" in live(body)] == []


def texts(element: object) -> Iterator[str]:
    """The Markdown of an element."""
    kind = element.WhichOneof("type")  # type: ignore[attr-defined]
    drawn = getattr(element, kind) if kind else None
    for name in ("body", "label", "text", "help"):
        if kind not in ("text_input", "code", "imgs") or name in ("label", "help"):
            value = getattr(drawn, name, None)
            if isinstance(value, str):
                yield value
