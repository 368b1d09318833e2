"""Which inbound flows answer connections that the interface opened.

Security groups are stateful: the answer to an outbound connection is let in whatever the inbound
rules say, and the log shows it as an accepted inbound flow. It is no match of any rule.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TCP, UDP = 6, 17
# Clients' ports start here on Linux (ip_local_port_range); Windows and IANA start at 49152.
EPHEMERAL = 32768
# Ports below are the system's (RFC 6335): what sends from there is a service, not a client.
SYSTEM_PORTS = 1024
# Services above the system ports whose answers are common in a VPC: SQL Server, Oracle, NFS,
# MySQL, RDP, PostgreSQL, Redshift, AMQP, WinRM, Redis, HTTP, Kafka, Elasticsearch, memcached,
# MongoDB. A short list on purpose: each port is also one that a client may happen to use.
SERVICE_PORTS = (
    1433, 1521, 2049, 3306, 3389, 5432, 5439, 5671, 5672, 5985, 5986, 6379, 8080, 8443, 9092, 9094,
    9098, 9200, 11211, 27017,
)  # fmt: skip
# Bits of tcp-flags: a SYN alone opens a connection, SYN and ACK together answer it.
SYN, SYN_ACK = 2, 18


def replies(flows: pd.DataFrame) -> NDArray[np.bool_]:
    """Mark the answers among inbound flows.

    TCP flags decide where they are logged: SYN-ACK is an answer, SYN alone is none. They are logged
    only with the start of a connection; without them a TCP or UDP flow is an answer if it comes
    from a service's port (below 1024, or of `SERVICE_PORTS`) to a client's (32768 and up). So
    answers from other ports are missed, and the rare client that uses a service's port to reach a
    high port is taken for an answer. ICMP and other protocols have no ports, and cannot be decided.

    Args:
        flows: Columns protocol (number), srcport, dstport; maybe tcp_flags.
    """
    protocol, source, target = (numbers(flows[n]) for n in ("protocol", "srcport", "dstport"))
    service = ((source > 0) & (source < SYSTEM_PORTS)) | np.isin(source, SERVICE_PORTS)
    by_port = np.isin(protocol, (TCP, UDP)) & service & (target >= EPHEMERAL)
    if "tcp_flags" not in flows:
        return by_port
    opening = np.where(protocol == TCP, numbers(flows["tcp_flags"]).clip(min=0), 0) & SYN_ACK
    return np.where(opening == SYN_ACK, True, by_port & (opening != SYN))


def numbers(column: pd.Series[int], missing: int = -1) -> NDArray[np.int64]:
    """A column of whole numbers, with what stands for the missing ones."""
    return pd.to_numeric(column).fillna(missing).to_numpy(dtype="int64")
