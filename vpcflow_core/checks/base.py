"""One line of what a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vpcflow_core.errors import VpcflowError

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        part: What kind of thing: `permission`, `logs`, `format`, `fields`, `EC2`, `names`,
            `CloudTrail`.
        subject: Which one.
        state: `failed` if nothing can be read because of it.
        found: What was found, one sentence.
        remedy: What to do about it; "" where nothing need be done.
    """

    part: str
    subject: str
    state: State
    found: str
    remedy: str = ""


def refused(part: str, subject: str, error: VpcflowError, *, needed: bool = True) -> Finding:
    """The finding of an error."""
    return Finding(part, subject, "failed" if needed else "warning", error.what, error.next_step)
