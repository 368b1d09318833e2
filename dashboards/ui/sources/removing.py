"""Remove what was added: from the list of sources, and its records if they are to go too."""

from __future__ import annotations

import streamlit as st

from dashboards.ui import audit, resources
from dashboards.ui.markdown import error_text, inert
from dashboards.ui.rights import Rights
from dashboards.ui.sources.activity import rows
from dashboards.ui.sources.source_rows import Row
from vpcflow_core.errors import VpcflowError
from vpcflow_core.sources.uploads import drop
from vpcflow_core.store.store import Store
from vpcflow_core.store.sync import forget
from vpcflow_core.units import number_of
from vpcflow_core.workspace.source_list import remove

# A sync may have begun in another process meanwhile.
WAIT = 10.0
_LEFT_OVER = "It is no source any more: its records are forgotten."


def draw(rights: Rights) -> None:
    """A choice of what may be removed here, and a button."""
    found = {row.url: row for row in rows() if may_remove(row, rights)}
    if sentence := st.session_state.pop("removed", ""):
        st.toast(inert(sentence), icon=":material/delete:")
    if not found:
        return
    # A new key closes it once something was removed.
    key = f"remove-source-{st.session_state.setdefault('removals', 0)}"
    with st.popover("Remove a source", icon=":material/delete:", key=key):
        labels = {url: row.label(with_paths=rights.folders) for url, row in found.items()}
        chosen = st.selectbox(
            "Source", list(found), key="removal", format_func=lambda url: labels.get(url, url)
        )
        row = found.get(chosen or "", next(iter(found.values())))
        and_records = row.state is not None and (
            row.setting is None
            or row.scheme.is_upload
            or st.checkbox("Forget its records too", value=True, key="forget-records")
        )
        if row.scheme.is_upload or row.setting is None:
            st.caption("Its files and records are deleted." if row.scheme.is_upload else _LEFT_OVER)
        if resources.syncer().running:
            st.caption("A sync is running: stop it first.")
        if st.button(
            "Remove",
            key="remove-now",
            disabled=resources.syncer().running,
            icon=":material/delete:",
        ):
            _remove(row, and_records)


def may_remove(row: Row, rights: Rights) -> bool:
    """Whether a visitor may remove a source: what they may add, they may remove."""
    return row.is_removable and rights.reach(row.scheme.adding)


def _remove(row: Row, and_records: bool) -> None:
    workspace = resources.workspace()
    try:
        count = 0
        if and_records:
            with Store.open(workspace.store) as store:
                count = forget(store, row.url, wait=WAIT)
        if row.is_added:
            remove(workspace.store, row.name)
        if row.scheme.is_upload:
            drop(workspace.store, row.url)
    except VpcflowError as error:
        st.error(error_text(error), icon=":material/error:")
        return
    audit.note("source-removed", source=row.name, url=row.url, records=count)
    st.session_state["removals"] += 1
    st.session_state["removed"] = f"{row.name or 'The source'} was removed" + (
        f" with {number_of(count, 'records')}." if count else "."
    )
    st.rerun()
