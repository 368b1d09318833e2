"""Which sources are hostile, by refusals and watch lists: no advice may let them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vpcflow_core.analysis.security_groups.address_keys import Keys, key_of, keys_array

# A source that is refused at this many ports, or at this many destinations, looks for open ones: a
# misconfigured client tries one service over and over.
SCANNED = 15
# Refusals that are many. Late packets of closed connections are refused too: of a client that is
# let in they are few, so they must also be a tenth of all its flows.
OFTEN, SHARE = 20, 0.1
# Hostile sources that are named of each rule.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Hostile:
    """Hostile sources.

    Attributes:
        why: What each did, by its address: `refused 120 times`.
    """

    why: Mapping[str, str]

    @property
    def keys(self) -> Keys:
        """The addresses as keys, each in the place of `why`."""
        return keys_array(key_of(address) for address in self.why)

    def named(self, keys: Keys, weights: NDArray[np.float64]) -> str:
        """Those among some addresses, the busiest first, with what they did."""
        busiest = keys[np.argsort(-weights, kind="stable")]
        # numpy's bytes end before their last zeros.
        known = {key_of(address).rstrip(b"\0"): address for address in self.why}
        found = [known[key] for key in busiest.tolist() if key in known]
        texts = [f"{address} ({self.why[address]})" for address in found[:NAMED]]
        rest = len(found) - NAMED
        return ", ".join([*texts, *([f"and {rest} more"] if rest > 0 else [])])


NONE_HOSTILE = Hostile({})


def hostile_sources(refused: pd.DataFrame, watched: Mapping[str, str] | None = None) -> Hostile:
    """The sources that scanned, were refused often, or are on a watch list.

    Args:
        refused: A row a source: srcaddr, flows (all of them), rejected; destinations and ports,
            distinct ones, among those that were refused.
        watched: The watch list of each source that is on one.
    """
    scanned = (refused["ports"] >= SCANNED) | (refused["destinations"] >= SCANNED)
    share = refused["rejected"] >= SHARE * refused["flows"]
    often = (refused["rejected"] >= OFTEN) & share
    rows = refused[(scanned & (refused["rejected"] >= SCANNED)) | often]
    why = {str(row["srcaddr"]): _why(row) for _, row in rows.iterrows()}
    for address, name in (watched or {}).items():
        did = f"{why[address]}, " if address in why else ""
        why[address] = f"{did}on watch list {name}"
    return Hostile(why)


def _why(row: pd.Series) -> str:
    many = [f"{row[name]:,} {name}" for name in ("ports", "destinations") if row[name] >= SCANNED]
    at = f" at {' and '.join(many)}" if many else ""
    return f"refused {row['rejected']:,} times{at}"
