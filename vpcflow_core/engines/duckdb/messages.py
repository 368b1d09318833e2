"""What DuckDB's errors say, cut to what a person needs."""

from __future__ import annotations

import re

# Letters of an error: DuckDB quotes whole values, which a query can make as long as it likes.
LONGEST_MESSAGE = 500
# What DuckDB says of names like a mistyped one; as many of them are passed on.
_NEAR = re.compile(r"(?:Candidate bindings:|Did you mean)[ :]*((?:\"\w+\"(?:, )?)+)")
MOST_NEAR = 3


def near(error: Exception) -> str:
    """The names that a mistyped one may stand for, as a question; "" where DuckDB gives none.

    >>> near(Exception('Column "byte" not found! Candidate bindings: "bytes", "srcaddr"'))
    'Did you mean bytes or srcaddr?'
    """
    found = _NEAR.search(str(error)[:10_000])
    names = re.findall(r"\w+", found[1])[:MOST_NEAR] if found else []
    return f"Did you mean {' or '.join(names)}?" if names else ""


def first_line(error: Exception) -> str:
    """DuckDB's message without the picture of the place; values that it quotes may be cut."""
    text = (str(error)[:10_000].strip().splitlines() or [""])[0]
    text = text.removeprefix("Parser Error: ").removeprefix("Binder Error: ")
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]} ..."
