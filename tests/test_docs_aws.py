"""Commands of the AWS CLI in the docs have the form that its services' own models want."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.validate import ParamValidator

from tests.test_docs import TEXTS

# From the start of a line of code to its end, over lines that a quoted text spans.
COMMAND = re.compile(r"^ {4,}aws ((?:[^'\n]|'[^']*')*)$", re.MULTILINE)
EVERYWHERE = {"--region", "--profile", "--output", "--query"}
# Commands that the CLI makes of several calls.
OF_THE_CLI = {("s3", "mb"), ("s3", "cp"), ("cloudformation", "deploy")}


def commands() -> Iterator[tuple[str, list[str]]]:
    for page, text in TEXTS.items():
        for command in COMMAND.findall(text.replace("\\\n", " ")):
            words = shlex.split(command, comments=True)
            if (words[0], words[1]) not in OF_THE_CLI:
                yield page, words


FOUND = list(commands())


def test_pages_have_commands_of_aws() -> None:
    assert {words[1] for _, words in FOUND} >= {"create-bucket", "create-work-group"}


@pytest.mark.parametrize(("page", "words"), FOUND, ids=[" ".join(w[:2]) for _, w in FOUND])
def test_a_command_is_what_its_service_takes(page: str, words: list[str]) -> None:
    service = "s3" if words[0] == "s3api" else words[0]
    model = botocore.session.get_session().get_service_model(service)
    named = {xform_name(name, "-"): name for name in model.operation_names}
    shape: Any = model.operation_model(named[words[1]]).input_shape
    members = {f"--{xform_name(name, '-')}": name for name in shape.members}
    given = {}
    for option, values in _options(words[2:]):
        if option not in EVERYWHERE:
            assert option in members, (page, option)
            given[members[option]] = _value(shape.members[members[option]], values)
    report = ParamValidator().validate(given, shape)
    assert not report.has_errors(), (page, words, report.generate_report())
    assert set(shape.required_members) <= given.keys(), page


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    starts = [place for place, word in enumerate(words) if word.startswith("--")]
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        yield words[start], words[start + 1 : end]


def _value(shape: Any, values: list[str]) -> Any:
    """A value as the CLI reads it: JSON, its own short form, or words."""
    if shape.type_name == "list":
        return json.loads(values[0]) if values[0].startswith("[") else values
    (text,) = values
    if shape.type_name == "structure":
        if text.startswith("{"):
            return json.loads(text)
        parts = [part.split("=", 1) for part in text.split(",")]
        return {name: _value(shape.members[name], [value]) for name, value in parts}
    if shape.type_name == "boolean":
        return {"true": True, "false": False}[text]
    return int(text) if shape.type_name in ("integer", "long") else text
