"""Terraform's language as far as rules of security groups need it: blocks of literal values.

What depends on variables or functions is known to Terraform alone, which writes it as JSON
(docs/decisions/rule-texts.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from vpcflow_core.errors import ParameterError

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n,]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    |(?P<text>"(?:[^"\\\n]|\\.)*")
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)
    |(?P<mark>[{}\[\]=:])""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"true": True, "false": False, "null": None}
# What is put into a text; doubled, the sign stands for itself.
_EVALUATED = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")
_DEEPEST = 12
ASK_TERRAFORM = (
    "Literal values alone can be read. Give what Terraform makes of it: "
    "terraform plan -out FILE, then terraform show -json FILE."
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that is another resource's: `aws_security_group.web.id`."""

    text: str


@dataclass(slots=True)
class Block:
    """A block: its kind and labels, its attributes, and the blocks in it.

    Attributes:
        kind: `resource`, `ingress`, ...
        labels: Of a resource: its type and name.
        line: Where it begins, from 1.
        values: Attributes: texts, numbers, flags, lists, objects and references.
        blocks: Those inside.
    """

    kind: str
    labels: tuple[str, ...]
    line: int
    values: dict[str, Any] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


def read_blocks(text: str) -> list[Block]:
    """The blocks of a text, the outermost ones.

    Raises:
        ParameterError: It is none, or has what is no literal value; names the line.
    """
    return _Reader(text).blocks()


class _Reader:
    """Reads token by token."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0

    def blocks(self) -> list[Block]:
        """All there are."""
        found = []
        while self.at < len(self.tokens):
            found.append(self._block(self._name(), 1))
        return found

    def _block(self, kind: str, depth: int) -> Block:
        block = Block(kind, tuple(self._labels()), self._line())
        self._mark("{", depth)
        while not self._comes("}"):
            name = self._key()
            if self._comes("=", ":"):
                block.values[name] = self._value(depth + 1)
            else:
                block.blocks.append(self._block(name, depth + 1))
        return block

    def _labels(self) -> Iterator[str]:
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "text":
            yield self._key()

    def _value(self, depth: int) -> Any:
        kind, text, line = self._next()
        if kind == "text":
            return _unquoted(text, line)
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "name":
            return _WORDS[text] if text in _WORDS else Reference(text)
        if text == "[" and depth < _DEEPEST:
            return list(self._until("]", depth))
        if text == "{" and depth < _DEEPEST:
            return dict(self._pairs(depth))
        raise _unreadable(text, line)

    def _until(self, end: str, depth: int) -> Iterator[Any]:
        while not self._comes(end):
            yield self._value(depth + 1)

    def _pairs(self, depth: int) -> Iterator[tuple[str, Any]]:
        while not self._comes("}"):
            name = self._key()
            if not self._comes("=", ":"):
                raise _unreadable(name, self._line())
            yield name, self._value(depth + 1)

    def _name(self) -> str:
        kind, text, line = self._next()
        if kind != "name":
            raise _unreadable(text, line)
        return text

    def _key(self) -> str:
        kind, text, line = self._next()
        if kind == "text":
            return _unquoted(text, line)
        if kind != "name":
            raise _unreadable(text, line)
        return text

    def _mark(self, mark: str, depth: int) -> None:
        kind, text, line = self._next()
        if (kind, text) != ("mark", mark) or depth > _DEEPEST:
            raise _unreadable(text, line)

    def _comes(self, *marks: str) -> bool:
        """Whether one of some marks comes next, which is then passed."""
        if self.at == len(self.tokens):
            raise ParameterError("The text of Terraform ends inside a block.", "Give all of it.")
        kind, text, _ = self.tokens[self.at]
        found = kind == "mark" and text in marks
        self.at += found
        return found

    def _next(self) -> tuple[str, str, int]:
        if self.at == len(self.tokens):
            raise ParameterError("The text of Terraform ends inside a block.", "Give all of it.")
        self.at += 1
        return self.tokens[self.at - 1]

    def _line(self) -> int:
        return self.tokens[max(0, self.at - 1)][2]


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, text and line of each token."""
    at, line = 0, 1
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _unreadable(text[at : at + 20].split("\n")[0], line)
        if found.lastgroup != "space":
            yield str(found.lastgroup), found[0], line
        line += found[0].count("\n")
        at = found.end()


def _unquoted(text: str, line: int) -> str:
    if _EVALUATED.search(text):
        raise _unreadable(text, line)
    try:
        return str(json.loads(text)).replace("$${", "${").replace("%%{", "%{")
    except ValueError:
        raise _unreadable(text, line) from None


def _unreadable(text: str, line: int) -> ParameterError:
    return ParameterError(
        f"Line {line} of the Terraform cannot be read: {text[:60]}", ASK_TERRAFORM
    )
