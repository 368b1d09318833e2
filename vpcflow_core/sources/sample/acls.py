"""The network ACLs of the sample: each VPC's own, which allows all, and one of public subnets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from vpcflow_core.sources.sample.network import made_id

_ALL = ("{way} 100 allow -1 all 0.0.0.0/0", "{way} 101 allow -1 all ::/0")
_REST = ("{way} 32767 deny -1 all 0.0.0.0/0", "{way} 32768 deny -1 all ::/0")
# What public subnets refuse before any security group does: SMB, by TCP and by UDP.
_NO_SMB = ("in 80 deny 6 445-445 0.0.0.0/0", "in 81 deny 17 445-445 0.0.0.0/0")


def network_acls(rng: np.random.Generator, hosts: pd.DataFrame) -> list[dict[str, Any]]:
    """The network ACLs of some VPCs' hosts, as snapshots have them."""
    rows = []
    for vpc, part in hosts.groupby("vpc_id"):
        is_public = part["subnet_name"].str.contains("public")
        public = sorted(set(part.loc[is_public, "subnet_id"]))
        others = sorted(set(part["subnet_id"]) - set(public))
        rows += [
            _acl(rng, str(vpc), "public", public, _NO_SMB),
            _acl(rng, str(vpc), None, others, (), default=True),
        ]
    return rows


def _acl(
    rng: np.random.Generator,
    vpc: str,
    name: str | None,
    subnets: list[str],
    first: tuple[str, ...],
    *,
    default: bool = False,
) -> dict[str, Any]:
    entries = [text.format(way=way) for way in ("in", "out") for text in (*_ALL, *_REST)]
    return {
        "network_acl_id": made_id(rng, "acl"),
        "name": name,
        "vpc_id": vpc,
        "default": default,
        "subnet_ids": subnets,
        "entries": [*first, *entries],
        "tags": [f"Name={name}"] if name else [],
    }
