"""What flow logs lie in a bucket, learnt from the names of objects and one object of each flow log.

A flow log never changes its format, and AWS puts its id into each name: so the columns of a line
follow from the name of its object, and one table of text serves every order of columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from vpcflow_core.errors import EmptyError, SettingsError
from vpcflow_core.fields import TRANSIT_ONLY_FIELDS
from vpcflow_core.formats.parse import parse
from vpcflow_core.sources.base import LogObject, Source, file_path
from vpcflow_core.sources.s3.layout import KeyFacts, Layout, describe
from vpcflow_core.times import Window, format_instant

# Objects of a flow log that are opened until one shows its fields.
TRIED = 3
_TRANSIT = {field.name for field in TRANSIT_ONLY_FIELDS}


@dataclass(frozen=True, slots=True)
class FlowLog:
    """One flow log.

    Attributes:
        id: `fl-...`.
        account, region: Of the folders that its objects lie in.
        fields: Columns of its records, in the order of its lines.
    """

    id: str
    account: str
    region: str
    fields: tuple[str, ...]

    @property
    def is_transit(self) -> bool:
        """Whether a transit gateway logs there."""
        return not _TRANSIT.isdisjoint(self.fields)


@dataclass(frozen=True, slots=True)
class Tree:
    """Objects of one kind in folders of one kind.

    Attributes:
        root: URI of the folder that holds `AWSLogs`, with its slash.
        layout: Kind of folders.
        service: Name of the service's folder.
        is_parquet: Whether they are Parquet; else text.
        flow_logs: Those that write there, by id.
        first: Day of the oldest object that was seen.
    """

    root: str
    layout: Layout
    service: str
    is_parquet: bool
    flow_logs: tuple[FlowLog, ...]
    first: date

    @property
    def accounts(self) -> tuple[str, ...]:
        """Of its folders."""
        return tuple(sorted({log.account for log in self.flow_logs}))

    @property
    def regions(self) -> tuple[str, ...]:
        """Of its folders."""
        return tuple(sorted({log.region for log in self.flow_logs}))


Key = tuple[str, Layout, str, bool]


def trees_of(source: Source, span: Window | None) -> list[Tree]:
    """What lies at a source.

    Args:
        source: A bucket, or a folder that is a copy of one.
        span: Flow logs that wrote in it are found.

    Raises:
        EmptyError: There are no objects that AWS named.
        SettingsError: Text and Parquet lie in the same folders.
    """
    found: dict[Key, dict[str, list[tuple[LogObject, KeyFacts]]]] = {}
    for item in source.find(span):
        local = item.uri.startswith("file:")
        facts = describe(file_path(item.uri) if local else item.uri)
        if facts is None or facts.layout == "bare":
            continue
        # A folder of this machine: Trino reads it where it sees the same one.
        root = f"local://{facts.prefix}" if local else facts.prefix
        key = (root, facts.layout, facts.service, facts.hint == "parquet")
        some = found.setdefault(key, {}).setdefault(facts.flow_log_id, [])
        some[TRIED:] = []
        some.append((item, facts))
    if not found:
        when = f" from {format_instant(span.start)} on" if span else ""
        older = ", or look further back: --since 30d, --since all" if span else ""
        raise EmptyError(
            f"{source.url} has no objects in folders AWSLogs/ACCOUNT/vpcflowlogs/REGION/...{when}.",
            f"Give the bucket and prefix that stand in the flow log's destination{older}.",
        )
    trees = [_tree(source, key, logs) for key, logs in found.items()]
    _require_apart(trees)
    return sorted(trees, key=lambda tree: (tree.is_parquet, tree.root, tree.layout, tree.service))


def _tree(source: Source, key: Key, logs: dict[str, list[tuple[LogObject, KeyFacts]]]) -> Tree:
    root, layout, service, is_parquet = key
    first = min(facts.day for some in logs.values() for _, facts in some)
    known = tuple(
        FlowLog(id, some[0][1].account, some[0][1].region, fields)
        for id, some in sorted(logs.items())
        if (fields := _fields(source, [item for item, _ in some]))
    )
    return Tree(root, layout, service, is_parquet, known, first)


def _fields(source: Source, objects: list[LogObject]) -> tuple[str, ...]:
    """The columns that the first readable one of some objects shows; none if none is."""
    for item in objects:
        parsed = parse(source.read(item), name=item.uri)
        for _ in parsed:
            break
        if parsed.report.fields:
            return tuple(parsed.report.fields)
    return ()


def _require_apart(trees: list[Tree]) -> None:
    """An engine reads all files of a folder as the table says."""
    for text, parquet in _pairs(trees):
        for account, region in sorted(_places(text) & _places(parquet)):
            raise SettingsError(
                f"Text and Parquet lie in the same folders of {text.root} (account {account}, "
                f"{region}): an engine takes all files of a folder for one of them.",
                "Give one of the flow logs a destination with a prefix of its own.",
            )


def _pairs(trees: list[Tree]) -> Iterator[tuple[Tree, Tree]]:
    for one in trees:
        for other in trees:
            same = (one.root, one.layout, one.service) == (other.root, other.layout, other.service)
            if same and other.is_parquet and not one.is_parquet:
                yield one, other


def _places(tree: Tree) -> set[tuple[str, str]]:
    return {(log.account, log.region) for log in tree.flow_logs}
