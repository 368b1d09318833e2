"""One record with a value in every field of a VPC's flow log, in several orders of its fields."""

from __future__ import annotations

import random

from vpcflow_core.fields import VPC_FIELDS

WORDS = {
    "account-id": "210987654321", "interface-id": "eni-0f56c0de", "srcaddr": "2001:db8:20::15",
    "dstaddr": "2001:db8:30::9", "srcport": "50500", "dstport": "853", "protocol": "17",
    "packets": "33", "bytes": "4125", "start": "1795176015", "end": "1795176075",
    "action": "ACCEPT", "log-status": "OK", "type": "IPv6", "region": "eu-west-3",
    "tcp-flags": "0", "traffic-path": "8", "flow-direction": "egress", "encryption-status": "1",
    "pkt-srcaddr": "2001:db8:20::16", "pkt-dstaddr": "2001:db8:30::10",
    "pkt-src-aws-service": "EC2", "pkt-dst-aws-service": "S3", "version": "11",
}  # fmt: skip
VALUES = {field.aws: WORDS.get(field.aws, f"its-{field.aws}") for field in VPC_FIELDS}


def shuffled(names: list[str]) -> list[str]:
    return random.Random(11).sample(names, len(names))


NAMES = list(VALUES)
IN_ORDER = {
    "order_of_aws": NAMES,
    "order_alphabetical": sorted(NAMES),
    "order_reversed": NAMES[::-1],
    "order_shuffled": shuffled(NAMES),
}
ORDERS: dict[str, bytes] = {
    f"{order}.log": f"{' '.join(names)}\n{' '.join(VALUES[name] for name in names)}\n".encode()
    for order, names in IN_ORDER.items()
}
