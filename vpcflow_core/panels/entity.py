"""What has a page: one address, block, interface, instance, group, subnet, VPC or port."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vpcflow_core.errors import FilterError
from vpcflow_core.query.dimensions import EITHER_END
from vpcflow_core.query.filters import exactly, parse_filter
from vpcflow_core.query.terms import Address, Block, Exact, Named

# Kinds of ids, by what they begin with: their field and what they are called.
IDS = {
    "eni": ("interface_id", "Network interface"),
    "i": ("instance_id", "Instance"),
    "sg": ("security_group_id", "Security group"),
    "subnet": ("subnet_id", "Subnet"),
    "vpc": ("vpc_id", "VPC"),
}
# Fields whose values have a page, and the fields of the filter box that finds it.
FIELDS = (
    "srcaddr", "dstaddr", "address", "interface_id", "instance_id", "security_group_id",
    "subnet_id", "vpc_id", "srcport", "dstport", "port",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing to look at.

    Attributes:
        text: How it is written: `10.0.0.5`, `10.0.0.0/24`, `eni-0a1b`, `443`.
        kind: What it is, in words.
        field: The filter that finds its flows; of addresses and ports that of either end.
    """

    text: str
    kind: str
    field: str

    @property
    def where(self) -> tuple[tuple[str, str], ...]:
        """The condition that its flows meet."""
        return ((self.field, self.text),)

    @property
    def ends(self) -> tuple[str, ...]:
        """Where it stands as source and as destination; () for what has no sides."""
        return EITHER_END[self.field].ends if self.field in EITHER_END else ()


def entity_of(text: str) -> Entity:
    """What a text names.

    Raises:
        FilterError: It is no address, block, id or port.
    """
    plain = text.strip()
    prefix = plain.partition("-")[0].lower()
    if prefix in IDS and re.fullmatch(r"[a-z]+-[\w-]+", plain, re.IGNORECASE):
        field, kind = IDS[prefix]
        return Entity(exactly(plain), kind, field)
    name = "address" if re.search(r"[.:]", plain) else "port"
    try:
        read = parse_filter(name, plain)
    except FilterError:
        read = None
    if read is None or len(read.any_of) != 1 or read.none_of:
        raise FilterError(
            f"'{text}' is nothing that has a page.",
            "Write an address, a block, a port, or an id: 10.0.0.5, 10.0.0.0/24, 443, eni-0a1b.",
        )
    (term,) = read.any_of
    kinds: dict[type, str] = {Address: "Address", Block: "Block", Exact: "Port", Named: "Service"}
    if type(term) not in kinds:
        raise FilterError(f"'{text}' is nothing that has a page.", "Write one address or port.")
    return Entity(str(term), kinds[type(term)], name)
