"""What is added to a record: VPC, subnet, region, security groups, direction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collector.function.blocks import Blocks
from collector.function.formats import Record
from collector.function.interfaces import Interface, Interfaces

# Stands for the groups of an interface that EC2 does not know: another account's, or one that was
# gone before anybody asked. AWS marks accounts it does not know by the same word.
UNKNOWN = "unknown"
_FLOW_DIRECTIONS = {"ingress": "inbound", "egress": "outbound"}
_STREAM = re.compile(r"eni-[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Enricher:
    """Adds to records what their interfaces tell.

    Attributes:
        interfaces: Where to look.
        region: Region of the interfaces.
        internal: Blocks between which traffic is internal; None: the interface's subnet.
    """

    interfaces: Interfaces
    region: str
    internal: Blocks | None = None

    def additions(self, records: Sequence[Record | None], stream: str) -> list[dict[str, Any]]:
        """The fields to add to each record; none to a line that is no record.

        Args:
            records: Records of one log stream.
            stream: Its name, which begins with the interface's where records do not name it.

        Raises:
            ClientError, BotoCoreError: EC2 refused or throttled to the end.
        """
        names = [None if record is None else _interface_id(record, stream) for record in records]
        known = self.interfaces.find(name for name in names if name)
        return [
            {} if record is None else self._additions(record, name, known.get(name or ""))
            for record, name in zip(records, names, strict=True)
        ]

    def _additions(
        self, record: Record, name: str | None, interface: Interface | None
    ) -> dict[str, Any]:
        added: dict[str, Any] = {"aws-region": self.region}
        if interface is not None:
            added["vpc-id"] = interface.vpc
            added["subnet-id"] = interface.subnet
            added["security-group-ids"] = list(interface.groups)
        elif name is not None:
            added["security-group-ids"] = [UNKNOWN]
        added["direction"] = self._direction(record, interface)
        # The record's own word counts, where its format has the field.
        return {
            name: value
            for name, value in added.items()
            if value not in ("", None) and name not in record
        }

    def _direction(self, record: Record, interface: Interface | None) -> str | None:
        """How the traffic went, as the interface saw it; None where it cannot be known.

        Internal traffic is recognised by the addresses of the packets where the record has them:
        to the Internet through a NAT gateway, `dstaddr` is the gateway's, in the same VPC.
        """
        if record.get("log-status", "OK") != "OK":
            return None
        source, target = record.get("srcaddr", ""), record.get("dstaddr", "")
        ends = record.get("pkt-srcaddr", source), record.get("pkt-dstaddr", target)
        blocks = self.internal or self._subnet_of(interface)
        if blocks is not None and all(blocks.hold(end) for end in ends):
            return "internal"
        if record.get("flow-direction") in _FLOW_DIRECTIONS:
            return _FLOW_DIRECTIONS[record["flow-direction"]]
        if interface is None:
            return None
        return _by_address(interface.addresses, ((source, target), ends))

    def _subnet_of(self, interface: Interface | None) -> Blocks | None:
        if interface is None or not interface.subnet:
            return None
        return self.interfaces.subnet(interface.subnet)


def _by_address(own: Blocks, pairs: Sequence[tuple[str, str]]) -> str | None:
    for source, target in pairs:
        if own.hold(target):
            return "inbound"
        if own.hold(source):
            return "outbound"
    return None


def _interface_id(record: Record, stream: str) -> str | None:
    """The record's interface; None for transit gateways and regional NAT gateways."""
    if "interface-id" in record:
        return record["interface-id"]
    found = _STREAM.match(stream)
    return found[0] if found else None
