"""Which records count for which item, so that no byte is billed twice.

A connection is logged at both ends and up to four times at a NAT gateway: for each item one set of
these records counts. docs/decisions/cost.md has the rules and why.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from vpcflow_core.cost.charges import COLUMNS, priced
from vpcflow_core.cost.choices import Choices
from vpcflow_core.cost.gateways import of_nats, of_services
from vpcflow_core.cost.learned import with_records
from vpcflow_core.cost.network import ENDPOINT, NAT, TGW, KnownNetwork
from vpcflow_core.cost.prices import Prices
from vpcflow_core.cost.private import between_private
from vpcflow_core.cost.public import with_public
from vpcflow_core.cost.rows import INSIDE, prepared
from vpcflow_core.cost.transit import of_transit
from vpcflow_core.cost.work import Work


@dataclass(frozen=True, slots=True)
class Attributed:
    """What became of the records.

    Attributes:
        charges: One row a charge: `COLUMNS` and dollars; `way` is the index of its row of `paths`,
            of the log of a transit gateway that of `transit`, counted from -1 down.
        logged: Bytes of all records.
        copies: Bytes of records that count at another interface.
        network: What is known of the network, by the records too.
    """

    charges: pd.DataFrame
    logged: float
    copies: float
    network: KnownNetwork


def attributed(
    paths: pd.DataFrame,
    network: KnownNetwork,
    prices: Prices,
    choices: Choices = Choices(),  # noqa: B008 (frozen)
    transit: pd.DataFrame | None = None,
    knows_aws: bool = False,
) -> Attributed:
    """The charges of records added up by their way.

    Args:
        paths: Rows of `query.cost.paths_for`.
        network: What is known of interfaces, zones and routes.
        prices: Dollars.
        choices: What people may choose.
        transit: Rows of `query.cost.transit_for`, where a transit gateway is logged.
        knows_aws: Whether AWS's addresses have its names, by its public ranges.
    """
    rows = prepared(paths, network)
    network = with_records(network, rows)
    work = Work(rows, network, choices, transit is not None and len(transit) > 0)
    parts = [*of_nats(work), *of_services(work), *_of_hosts(work)]
    if transit is not None and len(transit):
        parts.append(of_transit(transit).assign(way=-1 - transit.index))
    parts = [part for part in parts if len(part)]
    found = pd.concat(parts, ignore_index=True) if parts else _none()
    # A byte that passed a NAT gateway is in several paths: records tell what counts nowhere.
    copies = float(rows.loc[~work.counted, "bytes"].sum())
    if not (rows["service"].ne("").any() or network.lists or knows_aws):
        found["rule"] = found["rule"].replace("internet", "internet-any")
    return Attributed(priced(found, prices), float(rows["bytes"].sum()), copies, network)


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=list(COLUMNS))


def _of_hosts(work: Work) -> list[pd.DataFrame]:
    """What all other interfaces sent and received."""
    rows = work.rows[~work.rows["kind"].isin((NAT, ENDPOINT, TGW))]
    undirected = rows["egress"].isna()
    made = [work.charge(rows[undirected], "no-direction")]
    rows = rows[~undirected]
    inside = rows["far_class"].eq(INSIDE)
    return [*made, *with_public(work, rows[~inside]), *between_private(work, rows[inside])]
