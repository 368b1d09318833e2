"""What goes on day and night in the sample: few records that carry much, and cost money.

One batch host asks S3 through the NAT gateway of another zone, as its subnet has no route to the
gateway endpoint; two application hosts of different zones exchange their state.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from vpcflow_core.sources.sample.incidents import Setting
from vpcflow_core.sources.sample.kinds import TCP, Kind
from vpcflow_core.sources.sample.network import Ints
from vpcflow_core.sources.sample.traffic import LONGEST, Dialogues, Records, joined, observed, talk

# Seconds between two dialogues of a sample of a million records; smaller samples have fewer. It is
# a timeslice of the dashboards, so that every bucket holds one and none stands out.
EVERY = 300


class Standing(NamedTuple):
    """One thing that goes on: a kind, and which hosts of the first VPC, by number in their role."""

    kind: Kind
    client: int
    server: int = -1


STANDING = (
    Standing(Kind("batch", "s3", 443, TCP, 0, 16_000, 60, 2.0, 1450, 7), 2),
    Standing(Kind("app", "app", 8080, TCP, 0, 3_000, 1200, 1.0, 1200, 1), 0, 1),
)


def standing(setting: Setting, first: int) -> Records:
    """The records of all that goes on from the sample's first second to its end."""
    every = int(EVERY / min(setting.scale, 1))
    starts = np.arange(first + EVERY // 5, setting.until - LONGEST, every)
    made = [_dialogues(each, setting, starts) for each in STANDING]
    return joined([observed(part, setting.net, setting.until - 1) for part in made])


def _dialogues(each: Standing, setting: Setting, starts: Ints) -> Dialogues:
    net, rng, kind, count = setting.net, setting.rng, each.kind, len(starts)
    made = talk(kind, net, rng, starts)
    client = net.of(kind.client, 0)[each.client]
    server = net.of(kind.server, 0)[each.server] if each.server >= 0 else -1
    nat = net.of("nat", 0)[0] if client in net.unrouted and server < 0 else -1
    packets = (kind.packets * rng.uniform(0.95, 1.05, count)).astype(np.int64)
    back = (packets * kind.back).astype(np.int64)
    return replace(
        made,
        client_if=np.full(count, client),
        client=np.full(count, client),
        server_if=np.full(count, server),
        server=np.full(count, server) if server >= 0 else rng.choice(net.codes(kind.server), count),
        nat_if=np.full(count, nat),
        packets=packets,
        bytes=packets * kind.size,
        back=back,
        back_bytes=back * kind.back_size,
        seconds=np.full(count, LONGEST),
        path=np.full(count, 1),
    )
