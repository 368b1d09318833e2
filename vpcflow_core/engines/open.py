"""The engine that answers for a catalogue: one row for each kind; nothing else names an engine.

An engine beyond this machine also has a catalogue of its own, which its URL names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpcflow_core.engines.base import Catalogue, Engine, FillsMinutes
from vpcflow_core.errors import ParameterError
from vpcflow_core.inventory.block_sets import NamedSets
from vpcflow_core.inventory.naming import Naming
from vpcflow_core.settings import Settings
from vpcflow_core.sources.base import Source
from vpcflow_core.sources.open import require_no_secret
from vpcflow_core.sources.schemes import SCHEMES, scheme_of
from vpcflow_core.store.ledger import LEDGER_NAME
from vpcflow_core.store.store import Store
from vpcflow_core.times import Window

if TYPE_CHECKING:
    from vpcflow_core.engines.trino.catalogue import TrinoCatalogue

# The statements, and what runs one of them.
Tables = tuple[list[str], Callable[[str], object]]


@dataclass(frozen=True, slots=True)
class EngineKind:
    """One kind of engine.

    Attributes:
        name: Its folder in `engines`, and the name of its SQLAlchemy dialect.
        catalogue: Gives the class of catalogues whose records it reads; imports it.
        open: Makes an engine for such a catalogue, within the limits of the settings.
        schemes: What stands before `://` in the URLs of its catalogues; none for local ones.
        at: Makes the catalogue that a URL names; its last argument is a store whose snapshots of
            EC2 say what is known of the network, or None.
        tables: Writes the statements that make logs where they lie tables of that catalogue.
    """

    name: str
    catalogue: Callable[[], type[Any]]
    open: Callable[[Settings, Any], Engine]
    schemes: tuple[str, ...] = ()
    at: Callable[[str, timedelta | None, Store | None], Catalogue] | None = None
    tables: Callable[[str, Source, Window | None, date | None], Tables] | None = None


def _duckdb(settings: Settings, store: Store) -> Engine:
    from vpcflow_core.engines.duckdb.engine import DuckDBEngine

    return DuckDBEngine(
        store,
        memory_limit=settings.memory_limit,
        timeout=settings.query_timeout,
        naming=naming_of(settings),
    )


def _trino_catalogue() -> type[TrinoCatalogue]:
    from vpcflow_core.engines.trino.catalogue import TrinoCatalogue

    return TrinoCatalogue


def _trino(settings: Settings, catalogue: TrinoCatalogue) -> Engine:
    from vpcflow_core.engines.trino.engine import TrinoEngine

    return TrinoEngine(catalogue, timeout=settings.query_timeout, naming=naming_of(settings))


def naming_of(settings: Settings) -> Naming:
    """Where names of addresses come from."""
    files = settings.address_book, settings.aws_ranges, settings.as_database
    return Naming(
        tuple(settings.owner_tags),
        *files,
        zones=_named(settings.zones),
        zone_file=settings.zone_file,
        watch_lists=_named(settings.watch_lists_by_name),
    )


def _named(sets: Mapping[str, Sequence[str]]) -> NamedSets:
    """Sets of blocks as data that is compared."""
    return tuple((name, tuple(entries)) for name, entries in sets.items())


def _trino_at(url: str, since: timedelta | None, inventory: Store | None) -> Catalogue:
    from vpcflow_core.engines.trino.opening import catalogue_at

    return catalogue_at(url, since, inventory)


def _trino_tables(url: str, source: Source, span: Window | None, first: date | None) -> Tables:
    from vpcflow_core.engines.trino.opening import tables_at

    return tables_at(url, source, span, first)


KINDS = (
    EngineKind("duckdb", lambda: Store, _duckdb),
    EngineKind("trino", _trino_catalogue, _trino, ("trino", "athena"), _trino_at, _trino_tables),
)


def open_engine(settings: Settings, catalogue: Catalogue) -> Engine:
    """The engine that answers from the records of a catalogue.

    Args:
        settings: Limits on memory and time.
        catalogue: What there is to ask about; its class decides the engine.

    Raises:
        ParameterError: No engine reads the records of such a catalogue.
    """
    for kind in KINDS:
        if isinstance(catalogue, kind.catalogue()):
            return kind.open(settings, catalogue)
    known = ", ".join(f"{kind.name} ({kind.catalogue().__name__})" for kind in KINDS)
    raise ParameterError(
        f"No engine reads the records of a {type(catalogue).__name__}.", f"Engines: {known}"
    )


def is_elsewhere(url: str) -> bool:
    """Whether a URL names a catalogue of an engine beyond this machine.

    >>> is_elsewhere("trino://me@host:8080/hive/logs"), is_elsewhere("s3://logs")
    (True, False)
    """
    return scheme_of(url).is_engine


def open_catalogue(
    url: str, *, since: timedelta | None = None, inventory: str | Path | None = None
) -> Catalogue:
    """The catalogue of an engine beyond this machine; nothing is asked of it yet.

    Args:
        url: Where it is; see `is_elsewhere`.
        since: Only records of that most recent time count; None: as the URL says, else all.
        inventory: Folder of a store whose snapshots of EC2 say what is known of the network; None,
            or a folder without a store: nothing is.

    Raises:
        SettingsError: The URL lacks a part, or holds a secret.
    """
    require_no_secret(url)
    make = _kind(url).at
    assert make is not None  # noqa: S101 (rows with schemes have it)
    known = inventory is not None and (Path(inventory).expanduser() / LEDGER_NAME).is_file()
    store = Store.open(inventory) if known and inventory is not None else None
    try:
        return make(url, since, store)
    except BaseException:
        if store is not None:
            store.close()
        raise


def summarize_at(settings: Settings, catalogue: Catalogue, place: str = "") -> Iterator[Window]:
    """Have an engine beyond this machine fill its table of minutes; gives each span when it is in.

    Args:
        settings: Limits on time.
        catalogue: Of the records.
        place: Where Athena makes a new table, `s3://...`.

    Raises:
        ParameterError: The engine has no such table.
        MissingDataError: Records have no volumes or times.
        StoreError: The engine cannot write there.
    """
    engine = open_engine(settings, catalogue)
    if not isinstance(engine, FillsMinutes):
        raise ParameterError("That engine has no table of minutes.")
    return engine.minutes().fill(place)


def tables_for(
    url: str, source: Source, *, span: Window | None = None, first: date | None = None
) -> Tables:
    """The statements that make logs where they lie tables of an engine, and what runs one.

    Args:
        url: Where the engine is, and the schema of the tables.
        source: Where the logs lie; names of its objects are listed, and few objects are read.
        span: Flow logs that wrote in it are found; None: all.
        first: Oldest day of the tables; None: that of the oldest object that was seen.

    Raises:
        ParameterError: The URL names no engine beyond this machine.
        SettingsError: The URL lacks a part, or the logs cannot be a table.
        SourceError: The logs cannot be listed or read.
    """
    require_no_secret(url)
    make = _kind(url).tables if is_elsewhere(url) else None
    if make is None:
        able = [SCHEMES[name].example for kind in KINDS if kind.tables for name in kind.schemes]
        raise ParameterError(
            f"'{url}' is no engine that tables can be made at.", f"Write it as {' or '.join(able)}"
        )
    return make(url, source, span, first)


def _kind(url: str) -> EngineKind:
    """The row of an engine beyond this machine."""
    return next(kind for kind in KINDS if url.partition("://")[0].lower() in kind.schemes)
