"""Which columns snapshots fill, kept with the store: each command asks before anything else."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from importlib.metadata import version

import pyarrow as pa

from vpcflow_core.engines.duckdb.kept_days import KeptDays
from vpcflow_core.engines.interfaces.snapshot_facts import Keep, Said
from vpcflow_core.scope import Scope

VERSION = version("vpcflow")


def keeping_said(days: KeptDays, scope: Scope) -> Keep:
    """Keeps it in the folder of a store, for what a scope sees of its snapshots."""

    def keep(key: tuple[Hashable, ...], make: Callable[[], Said]) -> Said:
        path = days.path_of_snapshots((VERSION, scope, *key))
        if (table := days.get(path)) is not None:
            return Said(*(frozenset(table[name].to_pylist()[0]) for name in ("columns", "names")))
        said = make()
        texts = {"columns": [sorted(said.columns)], "names": [sorted(said.names)]}
        kind = pa.list_(pa.string())
        days.put(path, pa.table(texts, schema=pa.schema(dict.fromkeys(texts, kind))))
        return said

    return keep
