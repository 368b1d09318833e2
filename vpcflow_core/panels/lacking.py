"""What cannot be answered as the logs lack a field, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from vpcflow_core.errors import MissingDataError


def reason(error: MissingDataError) -> str:
    """What the logs lack, and how they get it."""
    return f"{error.what} {error.next_step}".strip()


def sentences(reasons: Mapping[str, str], verb: str) -> list[str]:
    """One sentence for each reason.

    Args:
        reasons: By the title of what cannot be answered.
        verb: What cannot be done.

    >>> sentences({"Port scan": "No ports.", "Address sweep": "No ports."}, "cannot be seen")
    ['Port scan, Address sweep cannot be seen: No ports.']
    """
    titles: dict[str, list[str]] = {}
    for title, why in reasons.items():
        titles.setdefault(why, []).append(title)
    return [f"{', '.join(of)} {verb}: {why}" for why, of in titles.items()]
