"""What panels and detections ask of logs: the part of `FlowLogs` and of its engine they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from vpcflow_core.cost.billing import CostQueries
from vpcflow_core.coverage import Coverage
from vpcflow_core.query.connections.questions import AnyQuery
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.novelty import NewGroups
from vpcflow_core.query.question import Query
from vpcflow_core.query.result import QueryResult
from vpcflow_core.reference.geoip import Places
from vpcflow_core.refusals import RefusalQueries
from vpcflow_core.rulesets.tighten import RuleQueries
from vpcflow_core.times import Window


class Columns(Protocol):
    """The part of an engine that a panel needs."""

    def columns(self, relation: str = "flows") -> tuple[str, ...]:
        """The columns that some record has, or that can be known of it."""


@runtime_checkable
class AnswersAtOnce(Protocol):
    """An engine that may answer several questions of a page by one statement."""

    @property
    def answers_at_once(self) -> bool:
        """Whether it does."""


class LogQueries(CostQueries, RefusalQueries, RuleQueries, Protocol):
    """The part of `FlowLogs` that a panel needs."""

    @property
    def places(self) -> Places:
        """Where addresses lie."""

    @property
    def engine(self) -> Columns:
        """What knows the fields of the logs."""

    @property
    def extent(self) -> Window | None:
        """First to last record of the store."""

    @property
    def coverage(self) -> Coverage:
        """What is known of when."""

    def sparse(
        self, query: Query, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """Run one question, without the buckets in which nothing was."""

    def ask_new(
        self,
        query: Query,
        before: Window,
        window: Window | None = None,
        filters: Filters | None = None,
    ) -> NewGroups:
        """Which groups no record of an earlier range belongs to."""

    def ask_change(
        self,
        query: Query,
        fields: Sequence[str],
        ranges: tuple[Window, Window],
        filters: Filters | None = None,
        *,
        most: int = 100,
    ) -> list[QueryResult]:
        """Which values of fields have more or less than before."""

    def ask_connections(
        self, query: AnyQuery, window: Window | None = None, filters: Filters | None = None
    ) -> QueryResult:
        """Run one question for connections."""

    def ask_lost(
        self, window: Window | None = None, filters: Filters | None = None, *, limit: int = 50
    ) -> QueryResult:
        """Packets that transit gateways lost."""

    def names(self, field: str) -> dict[str, str]:
        """Names of interfaces, VPCs, subnets, security groups by their id."""

    def watched(self, addresses: Iterable[str]) -> dict[str, str]:
        """The watch list of each of the addresses that is on one."""

    def sets_of(self, texts: Iterable[str]) -> dict[str, str]:
        """The zones and watch lists that addresses or blocks are in, in words."""
