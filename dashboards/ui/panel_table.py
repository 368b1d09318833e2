"""The table of a panel: which columns it has, in which order and how wide, and where rows lead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.ui import actions, drill, links, value_menu, violation_links
from dashboards.ui.column_widths import WHOLE, fitted, narrowed, too_long, wide
from dashboards.ui.markdown import inert
from dashboards.ui.state import PageState
from vpcflow_core.charts import styled, title
from vpcflow_core.charts.labels import ADDRESSES, LABELS
from vpcflow_core.panels.base import NAMED_IDS
from vpcflow_core.panels.catalogue import PANELS, Panel, PanelAnswer

# The column of a table that leads to another page.
LEAD = "Traffic then"
# Names of hosts stand right of the numbers that say most, which narrow tables are to show, too, and
# left of this one; long texts stand last.
HOSTS, AFTER_HOSTS = tuple(map(title, ADDRESSES.values())), "Packets"
LAST = ("What shows it",)
# Columns of numbers with a word behind.
LABELLED = tuple(map(title, LABELS))
# The column of a remedy that leads to Explore, narrowed to the interface and address it is about.
EXPLORE = "Explore"
NARROWED = ("Network interface", "Network interface ID")


def draw(panel: Panel, given: PanelAnswer, state: PageState, said: str) -> None:
    """Draw the rows of an answer.

    Args:
        panel: Whose.
        given: The answer.
        state: The page's.
        said: The table in words, for those who do not see it.
    """
    key = actions.unchosen(f"table-{panel.slug}")
    leads = _leads(given, state)
    more = {LEAD: leads} if leads else _explored(given, state)
    rows = _values(given)
    menus = value_menu.menus(rows, len(given.frame))
    styler = styled(panel, given, state.zone, {**more, **menus})
    widths = wide(styler.data)  # type: ignore[attr-defined]
    widths |= narrowed(given.frame, styler.data)  # type: ignore[attr-defined]
    cut = too_long(styler.data.drop(columns=[*more, *menus]), widths)  # type: ignore[attr-defined]
    for name, most in cut.items():
        styler = styler.format(partial(fitted, name=name, most=most), subset=[name], na_rep="")
    titles = _titles(styler.data, menus)  # type: ignore[attr-defined]
    order = _order(titles, EXPLORE in more, _spared(styler.data))  # type: ignore[attr-defined]
    # The browser writes what stays in sight in a fainter ink: of texts only names of rules do, and
    # who they are open to. On a phone these three are over 60 % of the table, and nothing stays.
    pinned = order[: 2 + len(menus)] if "open" in given.frame else []
    st.dataframe(
        styler,
        column_order=order,
        hide_index=True,
        placeholder="",
        key=key,
        alt=said,
        selection_mode="single-row",
        column_config=_config(widths, pinned, cut) | value_menu.config(rows, state, key),
        on_select=(
            (lambda: actions.choose_row(panel, given, state, key)) if panel.drill else "ignore"
        ),
    )
    _templates(given)


def _config(
    widths: Mapping[str, int], pinned: Collection[str], cut: Collection[str]
) -> dict[str, Any]:
    """How columns are shown: links, widths, what stays in sight, and where a text is cut."""
    links = {
        name: st.column_config.LinkColumn(display_text="Open", width="small")
        for name in (LEAD, EXPLORE)
    }
    return links | {
        name: st.column_config.Column(
            width=widths.get(name),
            pinned=name in pinned,
            help=WHOLE if name in cut else None,
            # The number is to be seen of a port whose name is cut.
            alignment="left" if name in LABELLED else None,
        )
        for name in (*widths, *pinned, *cut, *LABELLED)
    }


def _templates(given: PanelAnswer) -> None:
    """Terraform of the rows that have some."""
    if "template" not in given.frame:
        return
    with_text = given.frame[given.frame["template"].ne("")]
    for remedy, text in zip(with_text["remedy"], with_text["template"], strict=True):
        with st.expander(f"Terraform: {inert(remedy)}"):
            st.code(text, language="hcl")


def _titles(frame: pd.DataFrame, menus: Collection[str]) -> list[str]:
    """Its columns; those without a value in any row would take room from names."""
    return [
        str(name)
        for name, values in frame.items()
        if name in menus or (values.notna() & values.ne("")).any()
    ]


def _spared(frame: pd.DataFrame) -> list[str]:
    """Columns of ids that stand beside a name in every row, which menus have, too."""
    pairs = [(name, f"{name} ID") for name in map(title, NAMED_IDS)]
    return [of for name, of in pairs if name in frame and of in frame and frame[name].notna().all()]


def _order(titles: list[str], is_explored: bool = False, spared: Collection[str] = ()) -> list[str]:
    """Menus stand first, names behind numbers, long texts last; links stay in sight.

    What a link to Explore is narrowed to is not shown besides.
    """
    shown = [title for title in titles if not (is_explored and title in NARROWED)]
    if LEAD in shown:
        shown.remove(LEAD)
        shown.insert(1, LEAD)
    if value_menu.MENU in shown:
        shown.remove(value_menu.MENU)
        shown.insert(0, value_menu.MENU)
    last = (*spared, *LAST)
    numbers = [t for t in shown if t not in (*last, *HOSTS)]
    place = numbers.index(AFTER_HOSTS) if AFTER_HOSTS in numbers else len(numbers)
    hosts = [t for t in shown if t in HOSTS and t not in last]
    return [*numbers[:place], *hosts, *numbers[place:], *(t for t in shown if t in last)]


def _explored(given: PanelAnswer, state: PageState) -> dict[str, list[str]]:
    """For each remedy Explore's pairs, narrowed to the interface and the address it is about."""
    if "remedy" not in given.frame:
        return {}
    url, made = st.context.url or "", []
    for row in given.frame[["interface_id", "address"]].fillna("").to_dict("records"):
        texts = {str(name): str(text) for name, text in row.items() if text}
        made.append(links.beside(url, "explore", drill.narrowing(state, texts)) if texts else "")
    return {EXPLORE: made}


def _values(given: PanelAnswer) -> value_menu.Rows:
    """What the menus of its rows are about: of an episode who made it."""
    if "filters" in given.frame:
        return value_menu.of_filters(given.frame["filters"])
    return value_menu.of_fields(given.frame) or value_menu.of_ends(given.frame)


def _leads(given: PanelAnswer, state: PageState) -> list[str]:
    """For each violation or episode the Traffic page at its time; none for other tables."""
    if "filters" in given.frame:
        return [violation_links.episode(state, row) for _, row in given.frame.iterrows()]
    if "deviations" not in given.frame:
        return []
    found = zip(given.frame["panel"], given.frame["bucket"], strict=True)
    return [violation_links.lead(state, PANELS[slug], at, given.every) for slug, at in found]
