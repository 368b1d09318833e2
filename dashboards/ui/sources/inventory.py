"""What is known of the network beside its logs: snapshots of EC2, and a button for a new one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboards.ui import audit, resources
from dashboards.ui.markdown import code, inert
from dashboards.ui.rights import Rights
from dashboards.ui.sources.activity import rows
from dashboards.ui.sources.source_rows import ago
from vpcflow_core.engines.base import Catalogue
from vpcflow_core.engines.open import naming_of
from vpcflow_core.errors import VpcflowError
from vpcflow_core.inventory.tables import TABLES, Kind
from vpcflow_core.settings import load_settings
from vpcflow_core.store.store import Store
from vpcflow_core.workspace.inventory import refresh_inventory

KINDS: dict[Kind, str] = {
    "interfaces": "Interfaces", "security_groups": "Security groups", "rules": "Rules",
    "subnets": "Subnets", "vpcs": "VPCs",
}  # fmt: skip


def draw(rights: Rights) -> None:
    """The newest snapshot of each account and region, how much it knows, and what it lacks."""
    st.markdown("## Known from EC2")
    catalogue = resources.flows().catalogue
    states = catalogue.snapshots()
    if states:
        frame = counts(catalogue, datetime.now(UTC))
        with st.container(key="snapshots"):
            st.table(frame, border="horizontal", hide_index=True, alt="Snapshots of EC2")
    else:
        st.caption(
            "Nothing yet: names of interfaces, their security groups and rules are asked of EC2 "
            "after a sync of logs in AWS, as far as the credentials may see them."
        )
    for state in states:
        for note in state.notes:
            st.warning(inert(f"{state.account_id} {state.region}: {note}"), icon=":material/info:")
    if rights.folders:  # the list is a file on the server, which others may not learn of
        for problem in naming_of(load_settings()).problems:
            st.warning(inert(problem), icon=":material/info:")
    if rights.aws and any(row.scheme.in_aws and row.setting for row in rows()):
        if st.button("Take a snapshot now", icon=":material/photo_camera:", key="snapshot-now"):
            _refresh(resources.store())
        for note in st.session_state.pop("ec2_notes", []):
            st.warning(inert(note), icon=":material/info:")


def counts(catalogue: Catalogue, now: datetime) -> pd.DataFrame:
    """A row an account and region: when it was looked at, and how many of each kind there are."""
    states = catalogue.snapshots()
    frame = pd.DataFrame(
        {
            "Account": [code(state.account_id or "unknown") for state in states],
            "Region": [code(state.region) for state in states],
            "Snapshot": [ago(state.taken, now) for state in states],
        }
    )
    for kind, title in KINDS.items():
        there = _there(catalogue, kind)
        frame[title] = [f"{there.get((s.account_id, s.region), 0):,}" for s in states]
    return frame


def _there(catalogue: Catalogue, kind: Kind) -> dict[tuple[str, str], int]:
    """How many things of a kind the newest snapshots show, by account and region."""
    known = catalogue.known(kind)
    places = ["account_id", "region"]
    now = known[~known["gone"]].drop_duplicates([*places, TABLES[kind].key])
    return dict(Counter(zip(*(now[place] for place in places), strict=True)))


def _refresh(store: Store) -> None:
    """Ask EC2 about the networks of every source in AWS."""
    audit.note("inventory-asked")
    notes: list[str] = []
    taken, began = 0, datetime.now(UTC)
    with st.spinner("Asking EC2 ...", show_time=True):
        for row in rows():
            if row.setting and row.scheme.in_aws:
                try:
                    found = refresh_inventory(store, row.url, row.setting, fresh=began)
                    taken += len(found.snapshots)
                    notes += [f"{row.name}: {note}" for note in found.notes]
                except VpcflowError as error:
                    notes.append(f"{row.name}: {error}")
    if not (taken or notes):
        notes = ["There was nothing to ask: no log that was read names an account and region."]
    st.session_state["ec2_notes"] = notes
    st.rerun()
