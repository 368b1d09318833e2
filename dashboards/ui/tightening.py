"""The page Rules: narrower rules, as text too, and what proposed ones would have refused."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from dashboards.ui import answers, dashboard, saving, value_menu
from dashboards.ui.markdown import inert
from dashboards.ui.rights import shown
from dashboards.ui.state import PageState
from vpcflow_core.analysis.buckets import notes_of
from vpcflow_core.errors import VpcflowError
from vpcflow_core.rulesets.reading import LONGEST
from vpcflow_core.rulesets.tighten import proposal_of
from vpcflow_core.rulesets.writing import WRITERS
from vpcflow_core.times import Window
from vpcflow_core.units import number_of

ALL = ""
# Files of the narrower rules: label, ending and type by writer.
FILES = {
    "terraform": ("Terraform", "tf", "text/plain"),
    "cloudformation": ("CloudFormation", "cloudformation.json", "application/json"),
    "json": ("JSON", "json", "application/json"),
}
CHANGES = {"narrow": "Narrowed", "remove": "Removed", "keep": "Kept"}
COLUMNS = {
    "change": "Change",
    "group_name": "Security group",
    "way": "Way",
    "protocol": "Protocol",
    "ports": "Ports",
    "source": "Source or destination",
    "flows": "Flows now",
    "why": "Why",
    "description": "Description",
    "security_group_id": "Security group ID",
}
# Columns of what rules are about: their own group, other ends, ports.
NAMING = ("security_group_id", "cidr", "referenced_group_id", "ports")
REFUSED = {
    "way": "Way",
    "interface_id": "Interface",
    "peer": "Other end",
    "protocol": "Protocol",
    "port": "Port",
    "flows": "Flows",
    "bytes": "Bytes",
    "first": "First",
    "last": "Last",
    "let_through_by": "Let through by",
    "hostile": "Elsewhere",
}
PROPOSED = "proposed-rules"


def draw(title: str, question: str) -> None:
    """Draw the page."""
    state, row_end = dashboard.begin(title, question, ("vpc_id", "subnet_id"))
    ready = dashboard.freshness(state, row_end)
    if ready is None:
        return
    st.caption(
        "Judged by the range above: choose one as long as the rarest use that is to go on, such as "
        "30 days."
    )
    with st.spinner("Matching flows with rules ...", show_time=True):
        found = _tried(lambda: answers.narrower_rules(state, ready[0]))
    if found is None:
        return
    narrowed = _chosen(found)
    _narrower(narrowed, state)
    _replay(state, ready[0], narrowed)


def _tried(ask: Callable[[], pd.DataFrame]) -> pd.DataFrame | None:
    """An answer; None where there is none, and why stands on the page."""
    try:
        return ask()
    except VpcflowError as error:
        st.warning(shown(error), icon=":material/error:")
        return None


def _chosen(found: pd.DataFrame) -> pd.DataFrame:
    """The rules of the group that is chosen."""
    ids = found.drop_duplicates("security_group_id")
    names = dict(zip(ids["security_group_id"], ids["group_name"].fillna(""), strict=True))
    group = st.selectbox(
        "Security group",
        [ALL, *sorted(names, key=lambda id_: (names[id_], id_))],
        format_func=lambda id_: f"{names[id_]} ({id_})" if id_ else "All security groups",
        key="rules-group",
    )
    return found[found["security_group_id"] == group] if group else found


def _narrower(narrowed: pd.DataFrame, state: PageState) -> None:
    """The narrower rules: how many change, which, and as files."""
    st.header("What the rules could be", anchor=False)
    _counts(narrowed)
    _table(narrowed, state)
    _files(narrowed)


def _counts(narrowed: pd.DataFrame) -> None:
    """How many rules change, and what there is to know of that."""
    now = narrowed["rule_id"].nunique()
    removed = (narrowed["change"] == "remove").sum()
    new = narrowed.loc[narrowed["change"] == "narrow", "rule_id"]
    st.markdown(
        f"Of {number_of(now, 'rules')} **{removed:,}** can go, and **{new.nunique():,}** can be "
        f"narrowed to **{len(new):,}**; the others are used as they are, or cannot be judged."
    )
    for note in notes_of(narrowed):
        st.caption(inert(note))


def _table(narrowed: pd.DataFrame, state: PageState) -> None:
    """The rules that change; all where somebody wants them."""
    every = st.toggle("Show rules that stay as they are too", key="rules-kept")
    table = narrowed if every else narrowed[narrowed["change"] != "keep"]
    if narrowed["security_group_id"].nunique() == 1:
        table = table.drop(columns=["security_group_id", "group_name"])
    table = table.assign(change=table["change"].map(CHANGES))
    if "group_name" in table:
        called = table["group_name"].replace("", None).fillna(table["security_group_id"])
        table = table.assign(group_name=called)
    value_menu.table(
        table[[name for name in COLUMNS if name in table]].rename(columns=COLUMNS),
        value_menu.of_texts(table, NAMING),
        state,
        "narrower-rules",
        {
            "Why": st.column_config.TextColumn(width="medium"),
            "Flows now": st.column_config.NumberColumn(format="localized"),
        },
        value_menu.PAGE_OR_COPY,
        placeholder="",
        alt="Rules that could change",
    )


def _files(narrowed: pd.DataFrame) -> None:
    """All rules of the groups, narrowed, in each form."""
    with st.container(horizontal=True):
        for name, (label, ending, mime) in FILES.items():
            saving.button(
                label,
                _writer(name, narrowed),
                f"narrower-rules.{ending}",
                mime,
                key=f"rules-{name}",
                icon=":material/download:",
                help=f"All rules of these groups, narrowed, as {label}.",
            )


def _writer(name: str, narrowed: pd.DataFrame) -> Callable[[], bytes]:
    return lambda: WRITERS[name](proposal_of(narrowed)).encode()


def _replay(state: PageState, window: Window, narrowed: pd.DataFrame) -> None:
    """The form for proposed rules, and what they would have refused."""
    st.header("What proposed rules would have refused", anchor=False)
    st.button(
        "Begin with the narrower rules",
        icon=":material/content_paste_go:",
        on_click=_begin,
        args=(narrowed,),
    )
    text = st.text_area(
        "Proposed rules",
        key=PROPOSED,
        height=220,
        max_chars=LONGEST,
        placeholder="Terraform or what terraform show -json writes, CloudFormation, or JSON of aws "
        "ec2 describe-security-group-rules",
        help="They take the place of all rules of each group and way that they name; other groups "
        "keep theirs.",
    )
    asked = st.button("Replay", icon=":material/replay:", type="primary")
    if not (asked or st.session_state.get("replayed") == text) or not text.strip():
        return
    st.session_state["replayed"] = text
    with st.spinner("Replaying ...", show_time=True):
        refused = _tried(lambda: answers.replay(state, window, text))
    if refused is not None:
        _refused(refused, state)


def _begin(narrowed: pd.DataFrame) -> None:
    st.session_state[PROPOSED] = WRITERS["terraform"](proposal_of(narrowed))


def _refused(refused: pd.DataFrame, state: PageState) -> None:
    """What would have been refused."""
    for note in notes_of(refused):
        if len(refused) and "would have been refused" in note and note[:4] != "None":
            st.warning(inert(note), icon=":material/block:")
        else:
            st.caption(inert(note))
    if refused.empty:
        st.success("Nothing that was let through would have been refused.")
        return
    zone = ZoneInfo(state.zone)
    table = refused.assign(
        **{
            name: refused[name].dt.tz_convert(zone).dt.tz_localize(None)
            for name in ("first", "last")
        }
    )
    time = st.column_config.DatetimeColumn(format="ddd D MMM HH:mm:ss")
    number = st.column_config.NumberColumn(format="localized")
    value_menu.table(
        table.rename(columns=REFUSED),
        value_menu.of_texts(table, ("interface_id", "peer", "port")),
        state,
        "refused-by-proposal",
        {"First": time, "Last": time, "Flows": number, "Bytes": number},
        value_menu.PAGE_OR_COPY,
        placeholder="",
        alt="What would have been refused",
    )
