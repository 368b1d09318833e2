"""Lists, the largest first: values of fields, and connections.

Imports of a question stand in its method: a command that asks another one does not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.flow_logs.questions import Questions
from vpcflow_core.query.filters import NO_FILTERS
from vpcflow_core.query.question import Query, names_of
from vpcflow_core.query.select import without_value_for
from vpcflow_core.units import number_doing

if TYPE_CHECKING:
    from vpcflow_core.query.connections.select import Order

# What a top list shows beside the measure it is sorted by.
VOLUMES = ("flows", "bytes", "packets")


class Lists(Questions):
    """Lists, the largest first."""

    def top(
        self, fields: str | Iterable[str], *, by: str = "flows", n: int | None = 10
    ) -> pd.DataFrame:
        """The busiest values of a field, or of fields together.

        Args:
            fields: `srcaddr`; `srcaddr,dstport` or a list for values together.
            by: Measure to sort by.
            n: How many; None: all.

        Returns:
            The fields, the measure sorted by, then flows, bytes and packets where the logs have
            them; highest first. Flows without a value (ICMP has no ports) are in no row:
            `attrs["notes"]` says how many.

        >>> ssh = flows.last("7d").where(action="REJECT", dstport="ssh")
        >>> ssh.top("srcaddr", n=1)["srcaddr"].tolist()
        ['113.88.14.201']
        """
        columns = self.engine.columns("flows")
        others = [m for m in VOLUMES if m != by and (m == "flows" or m in columns)]
        query = Query((by, *others), by=names_of(fields), top=n)
        result = self.ask(query)
        return noted(result.frame, *result.notes, *self._in_no_row(query))

    def _in_no_row(self, query: Query) -> Iterator[str]:
        """A sentence about the flows that lack what a question groups by, if there are any."""
        columns, wanted = self.engine.columns("flows"), self.wanted(NO_FILTERS, self.window)
        lacking = without_value_for(query, self.window, wanted, columns)
        engine, _ = self._counting(query, wanted)
        count = int(engine.run(lacking, self.window).frame["flows"].iloc[0])
        if count:
            words = number_doing(count, "flows", "have")
            yield f"{words} no {' or no '.join(query.by)}: left out of the rows."

    def why(self, *, n: int | None = 50) -> pd.DataFrame:
        """Why connections were refused: which rule is missing, or what refused them.

        Groups, rules and network ACLs are those that the interface had at that time, by snapshots
        of EC2. docs/why-refused.md says how each cause is known.

        Args:
            n: How many rows; None: all.

        Returns:
            One row for each cause, interface, way, protocol and port, most flows first: cause
            (`no rule`, `network ACL`, `network ACL, way back`, `late packet`,
            `Block Public Access`, `encryption controls`, `not known`), why (a sentence),
            interface_id, way (`in`, `out`), peer (the one with most flows), peers (how many),
            protocol, port (of the service), flows, bytes, first, last, missing_rule.

        Raises:
            MissingDataError: No snapshot has interfaces or rules, or the logs lack a field.
        """
        from vpcflow_core.refusals import explained

        found = explained(self, self.window, NO_FILTERS, n)
        return noted(found.frame, *found.result.notes, *found.notes)

    def connections(self, *, order: Order = "duration", limit: int = 100) -> pd.DataFrame:
        """Connections: all records of a five-tuple at one interface, both ways, as they lived.

        docs/decisions/connections.md says how a connection ends and how its client is known.

        Args:
            order: What the first rows have the most of: `duration`, `bytes`, `records`; `start`
                puts the newest first.
            limit: How many.

        Returns:
            client, server, service_port (of the server), protocol, interface_id, vpc_id, first,
            last, duration (seconds, from the first start to the last end), bytes_out, bytes_in,
            packets_out, packets_in (out: sent by the client), records, action (`ACCEPT`, `REJECT`,
            `mixed`), initiator_known_by (`tcp-flags`, `partner-ports`, `service`, `lower-port`,
            `first-packet`, `public-address`, `unknown`). With filters, those of which some record
            meets them, as a whole. One that was going on when the range began is looked up for a
            day before it; `attrs["notes"]` says so.

        Raises:
            ParameterError: There is no such order, or the limit is below 1.
            MissingDataError: The logs lack addresses, or a field that is filtered by.
        """
        from vpcflow_core import connections as lived
        from vpcflow_core.query.connections.select import ConnectionQuery

        query = ConnectionQuery(order, limit)
        found = lived.listed(self.ask_connections, query, self.window, self.extent)
        notes = dict.fromkeys(
            [*found.notes, *(n for result in found.results for n in result.notes)]
        )
        return noted(found.frame[list(lived.COLUMNS)], *notes)
