"""What passed a transit gateway: by its own log, or by the records of senders."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.cost.charges import charge
from vpcflow_core.cost.network import TGW
from vpcflow_core.cost.work import Work


def of_transit(rows: pd.DataFrame) -> pd.DataFrame:
    """What came into a transit gateway: the owner of the source attachment pays."""
    filled = {
        "account_id": "tgw_src_vpc_account_id",
        "vpc_id": "tgw_src_vpc_id",
        "az_id": "tgw_src_az_id",
        "interface_id": "tgw_src_eni",
    }
    made = rows.assign(
        **{to: rows[name].fillna("") for to, name in filled.items()},
        owner="",
        service="",
        real_near=rows["srcaddr"],
        real_far=rows["dstaddr"],
        region=rows["region"].fillna(""),
        bytes=rows["bytes"].astype("float64"),
    )
    return charge(made, "tgw", far_az=rows["tgw_dst_az_id"].fillna(""), gateway=rows["tgw_id"])


def through_transit(work: Work, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Through a transit gateway: counted at it if it is logged, else at the sender."""
    if rows.empty or work.has_transit:
        return []
    logged = set(work.rows.loc[work.rows["kind"].eq(TGW), "vpc_id"])
    sent = rows[rows["egress"].eq(True) & ~rows["vpc_id"].isin(logged)]
    far_az = work.zones(sent["far_vpc"], sent["real_far"]) if "far_vpc" in sent else ""
    return [work.charge(sent, "tgw-client", far_az=far_az)]
