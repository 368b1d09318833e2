"""Which questions ask for the records as they were logged, though flows are to count once.

A flow between two logged interfaces counts once in totals. Whoever asks about interfaces, their
groups or directions asks what each of them logged: without the receiver's copy a database that is
only ever asked would have no traffic.
"""

from __future__ import annotations

from vpcflow_core.query.filters import Filters
from vpcflow_core.query.question import Query

# Fields that say something of the interface that logged the record.
OF_THE_INTERFACE = frozenset(
    {
        "interface_id", "interface_name", "interface_owner", "instance_id", "vpc_id", "subnet_id",
        "az_id", "sublocation_type", "sublocation_id", "resource_id", "security_group_id",
        "direction", "flow_direction", "traffic_path",
    }
)  # fmt: skip
NOTE = (
    "As logged: a flow between two logged interfaces counts at both, as this is about interfaces."
)


def is_about_interfaces(query: Query, filters: Filters) -> bool:
    """Whether a question groups or filters by the interface that logged a record."""
    fields = (*query.by, *(name for name, _ in query.where), *(item.field for item in filters))
    return not OF_THE_INTERFACE.isdisjoint(name.replace("-", "_") for name in fields)
