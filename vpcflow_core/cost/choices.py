"""What people may choose about prices, apart from the prices themselves."""

from __future__ import annotations

from dataclasses import dataclass

from vpcflow_core.inventory.naming import OWNER_TAGS


@dataclass(frozen=True, slots=True)
class Choices:
    """What sources disagree about, or the owner alone knows.

    Attributes:
        nat_crossing_ends: Ends that are billed where a client and its NAT gateway are in different
            zones: most texts say 2, some 1.
        owner_tags: Keys of tags that name an owner, the best first.
    """

    nat_crossing_ends: int = 2
    owner_tags: tuple[str, ...] = OWNER_TAGS
