"""Notes on the time axis: seen on every chart over time, written beside every page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboards.ui import audit, people, resources
from dashboards.ui.answers import KEYS
from dashboards.ui.markdown import error_text, inert
from dashboards.ui.resources import Generation
from dashboards.ui.rights import here
from vpcflow_core.changes.sentences import named
from vpcflow_core.errors import VpcflowError
from vpcflow_core.scope import Scope
from vpcflow_core.times import Window
from vpcflow_core.workspace import notes as kept
from vpcflow_core.workspace.notes import KINDS, Note

LISTED = 20


def shown(window: Window) -> list[Note]:
    """What the visitor may see of a time; nothing of a damaged list, which `draw` tells of.

    What CloudTrail logged has names in the place of ids.
    """
    try:
        found = kept.notes(resources.workspace().store, window, resources.scope())
    except VpcflowError:
        return []
    return [replace(one, text=_named(one)) for one in found]


def _named(one: Note, *, with_ids: bool = False) -> str:
    """A note's text; ids in a network change are called by their names."""
    if one.kind != "network":
        return one.text
    return named(one.text, _names(resources.scope(), resources.generation()), with_ids=with_ids)


@st.cache_data(show_spinner=False, max_entries=20, hash_funcs=KEYS)
def _names(scope: Scope, generation: Generation) -> dict[str, str]:
    """Names by id, of what the scope sees."""
    logs = resources.logs_within(scope, "", False)
    fields = ("security_group_id", "vpc_id", "subnet_id", "interface_id")
    return {id_: name for field in fields for id_, name in logs.names(field).items()}


def draw() -> None:
    """A button that opens the newest notes, and a form for a new one."""
    if st.button("Notes", icon=":material/flag:", width="stretch", key="notes"):
        st.dialog("Notes", icon=":material/flag:")(_body)()


def may_write() -> bool:
    """Who writes what others see: analysts who are signed in, else the machine itself."""
    rights = here()
    return rights.admin or (people.here() is not None and rights.sql)


def _body() -> None:
    store = resources.workspace().store
    try:
        found = kept.notes(store, scope=resources.scope())[-LISTED:]
    except VpcflowError as error:
        st.error(error_text(error), icon=":material/error:")
        return
    st.caption("Deploys, incidents and changes, drawn on every chart over time.")
    for number, one in enumerate(reversed(found)):
        said = inert(_named(one, with_ids=True))
        line = f"**{one.at:%d %b %H:%M}** UTC {one.kind}: {said}"
        if not _may_remove(one):
            st.markdown(line)
            continue
        text, button = st.columns([6, 1], vertical_alignment="center")
        text.markdown(line)
        button.button(
            "",
            icon=":material/delete:",
            key=f"note-remove-{number}",
            type="tertiary",
            help="Remove this note",
            on_click=_remove,
            args=(one,),
        )
    if not may_write():
        return
    with st.form("note", border=False, clear_on_submit=True):
        at = st.datetime_input("When (UTC)", value=_now(), key="note-at")
        kind = st.selectbox("Kind", KINDS, key="note-kind")
        text_ = st.text_input("What happened", max_chars=kept.LONGEST, key="note-text")
        if st.form_submit_button("Add note"):
            _add(at, str(kind), text_)


def _now() -> datetime:
    now = datetime.now(UTC).replace(tzinfo=None, second=0, microsecond=0)
    return now - timedelta(minutes=now.minute % 5)


def _add(at: datetime, kind: str, text: str) -> None:
    found = people.here()
    try:
        new = kept.made(f"{at:%Y-%m-%dT%H:%M}Z", text, kind, "", found.name if found else "")
        kept.add(resources.workspace().store, [new])
    except VpcflowError as error:
        st.error(error_text(error), icon=":material/error:")
        return
    audit.note("note-added", text=new.text, at=f"{new.at:%Y-%m-%dT%H:%MZ}")
    st.rerun()


def _may_remove(one: Note) -> bool:
    found = people.here()
    mine = found is not None and one.owner == found.name and may_write()
    return one.kind in KINDS and (mine or here().admin)  # what CloudTrail logged stays


def _remove(one: Note) -> None:
    if _may_remove(one):
        kept.remove(resources.workspace().store, one)
        audit.note("note-removed", text=one.text)
