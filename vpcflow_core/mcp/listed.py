"""Tools that list: the busiest values, connections, records, refusals with their cause, costs."""

from __future__ import annotations

from pydantic import Field

from vpcflow_core.cost.statement import BY
from vpcflow_core.errors import QueryError
from vpcflow_core.links import SQL_PAGE
from vpcflow_core.mcp.answers import Answer, RecordedLogs, answer_of
from vpcflow_core.mcp.asked import Asked, page_of
from vpcflow_core.panels.base import Chart
from vpcflow_core.query.connections.select import Order
from vpcflow_core.query.measures import MEASURES
from vpcflow_core.query.question import names_of
from vpcflow_core.rulesets.reading import LONGEST

UNGUARDED = QueryError(
    "SQL by hand is not for assistants here: this engine reads all that its account may read.",
    "Ask top, series or panel; a person can run it by vpcflow sql.",
)


class Top(Asked):
    """The busiest values of a field, or of several together."""

    fields: str = Field(description="srcaddr; or srcaddr,dstport for values together.")
    by: str = Field("flows", description=f"Measure to sort by. One of: {', '.join(MEASURES)}.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each value."""
        asked, fields = self.narrowed(flows), names_of(self.fields)
        frame = asked.top(fields, by=self.by, n=self.limit)
        chart: Chart = "bars" if len(fields) == 1 else "table"
        return self.made(asked, frame, page_of(self.by, fields, chart, self.limit))


class Connections(Asked):
    """Connections: client, server, duration, and what went each way."""

    order: Order = Field("duration", description="What the first have most of; start: newest.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each connection."""
        asked = self.narrowed(flows)
        frame = asked.connections(order=self.order, limit=self.limit)
        return self.made(asked, frame, "explore/connections")


class Records(Asked):
    """The log records themselves, the newest first, with every field they have."""

    status: bool = Field(False, description="Also records without traffic: NODATA, SKIPDATA.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each record."""
        asked = self.narrowed(flows)
        made = asked.records(status=self.status, limit=self.limit + 1)
        return answer_of(
            asked,
            made.frame,
            limit=self.limit,
            page="overview",
            sql=[made.sql],
            notes=made.notes,
        )


class Sql(Asked):
    """One SELECT over flows, records or connections; range and filters narrow them before.

    Columns are those that the tool fields lists, start_time and end_time; the dialect is DuckDB's.
    """

    text: str = Field(description="The SELECT.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """The rows of the SELECT."""
        asked = self.narrowed(flows)
        if not asked.engine.guards_sql:
            raise UNGUARDED
        made = asked.ask_sql(self.text, max_rows=self.limit)
        return answer_of(
            asked,
            made.frame,
            limit=self.limit,
            page=SQL_PAGE,
            sql=[made.sql],
            notes=made.notes,
            more=made.truncated,
        )


class Why(Asked):
    """Why connections were refused: the missing rule, or the network ACL that refused them.

    By the groups, rules and network ACLs of the time, from snapshots of EC2.
    """

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each cause, interface, way and port."""
        asked = self.narrowed(flows)
        return self.made(asked, asked.why(n=self.limit + 1), "rejects/why")


class Cost(Asked):
    """What the traffic of the range costs in dollars, by AWS's list prices."""

    by: str = Field("path", description=f"What costs are listed by. One of: {', '.join(BY)}.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each path, owner, pair, ...; the dearest first."""
        asked = self.narrowed(flows)
        return self.made(asked, asked.cost(self.by, n=self.limit + 1), "cost")


class Remedies(Asked):
    """What would lower the costs of traffic: saving a month, evidence and Terraform."""

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each remedy, the largest saving first."""
        asked = self.narrowed(flows)
        return self.made(asked, asked.remedies(), "cost/remedies")


class Collection(Asked):
    """What collecting the flow logs costs, and what other formats and destinations would."""

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each flow log."""
        asked = self.narrowed(flows)
        return self.made(asked, asked.collection(), "cost/collection")


class Narrow(Asked):
    """What the rules of security groups could be narrowed to, by what they let through.

    Ask for a range as long as the rarest use that is to go on, such as 30d.
    """

    groups: str = Field("", description="Ids of security groups: sg-1,sg-2. Without: all.")

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each rule: narrowed, removed or kept, and why."""
        asked = self.narrowed(flows)
        return self.made(asked, asked.narrower_rules(self.groups), "rules")


class Replay(Asked):
    """What proposed rules of security groups would have refused of what was let through."""

    rules: str = Field(
        max_length=LONGEST,
        description="Terraform, CloudFormation, or JSON of aws ec2 describe-security-group-rules: "
        "all rules of each group and way that it names.",
    )

    def answer(self, flows: RecordedLogs) -> Answer:
        """A row for each interface, other end and port that would be refused."""
        asked = self.narrowed(flows)
        return self.made(asked, asked.replay(self.rules), "rules")
