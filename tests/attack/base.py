"""What an attack is, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attack.

    Attributes:
        group: What it is one of.
        name: What was tried.
        held: How it ended: the sentence, or "answered".
        fault: What got out; "" if nothing did.
        seconds: By the clock.
    """

    group: str
    name: str
    held: str = ""
    fault: str = ""
    seconds: float = 0.0


def sentence_fault(text: str) -> str:
    """Why an error's text is not one sentence for a person; "" if it is."""
    if not text.strip():
        return "the error says nothing"
    if "\n" in text.strip():
        return "the error has several lines"
    if len(text) > 1500:
        return f"the error has {len(text):,} characters"
    return "the error is a traceback" if "Traceback" in text else ""
