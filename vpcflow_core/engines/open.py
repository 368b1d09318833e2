"""The engine that answers for a catalogue: one row for each kind; nothing else names an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vpcflow_core.engines.base import Catalogue, Engine
from vpcflow_core.errors import ParameterError
from vpcflow_core.settings import Settings
from vpcflow_core.store.store import Store


@dataclass(frozen=True, slots=True)
class EngineKind:
    """One kind of engine.

    Attributes:
        name: Its folder in `engines`, and the name of its SQLAlchemy dialect.
        catalogue: The class of catalogues whose records it reads.
        open: Makes an engine for such a catalogue, within the limits of the settings.
    """

    name: str
    catalogue: type[Any]
    open: Callable[[Settings, Any], Engine]


def _duckdb(settings: Settings, store: Store) -> Engine:
    from vpcflow_core.engines.duckdb.engine import DuckDBEngine

    return DuckDBEngine(store, memory_limit=settings.memory_limit, timeout=settings.query_timeout)


KINDS = (EngineKind("duckdb", Store, _duckdb),)


def open_engine(settings: Settings, catalogue: Catalogue) -> Engine:
    """The engine that answers from the records of a catalogue.

    Args:
        settings: Limits on memory and time.
        catalogue: What there is to ask about; its class decides the engine.

    Raises:
        ParameterError: No engine reads the records of such a catalogue.
    """
    for kind in KINDS:
        if isinstance(catalogue, kind.catalogue):
            return kind.open(settings, catalogue)
    known = ", ".join(f"{kind.name} ({kind.catalogue.__name__})" for kind in KINDS)
    raise ParameterError(
        f"No engine reads the records of a {type(catalogue).__name__}.", f"Engines: {known}"
    )
