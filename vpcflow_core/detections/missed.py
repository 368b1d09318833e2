"""What could not be looked for, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from vpcflow_core.errors import MissingDataError


def why_missed(error: MissingDataError) -> str:
    """What the logs lack, and how they get it."""
    return f"{error.what} {error.next_step}".strip()


def sentences(missed: Mapping[str, str]) -> list[str]:
    """One sentence for each reason.

    Args:
        missed: Reasons by the title of what could not be looked for.

    >>> sentences({"Port scan": "No ports.", "Address sweep": "No ports."})
    ['Port scan, Address sweep could not be looked for: No ports.']
    """
    titles: dict[str, list[str]] = {}
    for title, why in missed.items():
        titles.setdefault(why, []).append(title)
    return [f"{', '.join(of)} could not be looked for: {why}" for why, of in titles.items()]
