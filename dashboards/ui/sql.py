"""SQL by hand: one SELECT over the page's range and filters, run in a process with limits."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pandas as pd
import streamlit as st
from pandas.api.types import is_object_dtype, is_string_dtype

from dashboards.ui import audit, panel_menu, resources, value_menu
from dashboards.ui.column_widths import hinted
from dashboards.ui.rights import Rights, here, shown
from dashboards.ui.state import PageState
from vpcflow_core.charts import CONFIG
from vpcflow_core.charts.rows import kinds_of, rows_chart
from vpcflow_core.errors import QueryError, VpcflowError
from vpcflow_core.fields import find_field
from vpcflow_core.query.result import QueryResult
from vpcflow_core.ranges import Range
from vpcflow_core.stopping import Stopper, under
from vpcflow_core.times import Window, format_duration
from vpcflow_core.units import number_of

# Seconds between two looks whether a query has ended, or is to be stopped.
LOOK = 0.2
STOPPED = QueryError("The query was stopped.", "Run it again, or another one.")
# Rows that an answer has at most; the notice says so.
MOST_ROWS = 10_000
_ANALYZED = re.compile(r"\bexplain\s+analyze\b", re.IGNORECASE)
REMEMBERED = 20
TABLE = "Table"
UNGUARDED = (
    "SQL by hand would read whatever the server's account may read there.",
    "Whoever runs the app can use it, or set add_sources to aws. Questions and panels answer you.",
)
VIEWERS = "SQL is for analysts and admins. Questions and panels answer you."
EXAMPLES = {
    "Top sources of refused flows": """SELECT srcaddr, count(*) AS flows
FROM flows
WHERE action = 'REJECT'
GROUP BY srcaddr
ORDER BY flows DESC
LIMIT 20""",
    "Bytes by hour": """SELECT date_trunc('hour', start_time) AS hour, sum(bytes) AS bytes
FROM flows
GROUP BY hour
ORDER BY hour""",
    "Ports that one address tried": """SELECT dstport, count(*) AS flows, min(start_time) AS first
FROM flows
WHERE srcaddr = '203.0.113.7'
GROUP BY dstport
ORDER BY first""",
    "Records without traffic": """SELECT interface_id, log_status, count(*) AS records
FROM records
WHERE log_status <> 'OK'
GROUP BY ALL
ORDER BY records DESC""",
}


def draw(state: PageState, window: Window) -> None:
    """Draw the box, what helps to fill it, and the answer."""
    if not here().sql:
        audit.refused("sql")
        st.info(VIEWERS, icon=":material/info:")
        return
    left, right = st.columns([2, 1])
    with right:
        _beside()
    with left:
        text = st.text_area("SQL", key="sql", height=220, placeholder=next(iter(EXAMPLES.values())))
        limits = resources.settings()
        timeout = limits.query_timeout
        st.caption(
            f"One SELECT over `flows` or `records`, in the page's range and under its filters. "
            f"It is stopped after {format_duration(timeout) if timeout else 'no time at all'}, and "
            f"shows at most {MOST_ROWS:,} rows."
        )
        run = st.button("Run", type="primary", disabled=not text.strip(), key="run-sql")
    if run:
        _remember(text)
        st.session_state["sql-answer"] = STOPPED  # which holds if another run replaces this one
        st.session_state["sql-answer"] = _answer(text, state, window)
    answer = st.session_state.get("sql-answer")
    if isinstance(answer, QueryResult):
        _result(answer, state)
    elif answer is not None:
        st.info(shown(answer), icon=":material/info:")


def _answer(text: str, state: PageState, window: Window) -> QueryResult | VpcflowError:
    logs = resources.logs(state.source, state.once).filtered(state.where)
    try:
        if not here().sql:
            audit.refused("sql")
            raise QueryError(VIEWERS)
        audit.note("sql", sql=text, range=str(window))
        if refused := refusal(text, logs.engine.guards_sql, here()):
            raise refused
        asked = replace(logs, range=Range(fixed=window))
        return _run(lambda: asked.ask_sql(text, max_rows=MOST_ROWS))
    except VpcflowError as error:
        return error


def _run(ask: Callable[[], QueryResult]) -> QueryResult:
    """Ask while the page stays alive: a click on Stop, or on anything else, stops the query."""
    stopper, began = Stopper(), time.monotonic()

    def asked() -> QueryResult:
        with under(stopper):
            return ask()

    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        st.button("Stop", key="stop-sql", icon=":material/stop:")
        said = st.empty()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(asked)
        try:
            while not answer.done():
                said.caption(f"The query runs: {time.monotonic() - began:.0f} s")
                wait([answer], LOOK)
        except BaseException:  # Streamlit leaves a run in this way that another one replaces
            stopper.stop()
            raise
    place.empty()
    return answer.result()


def refusal(text: str, guards_sql: bool, rights: Rights) -> QueryError | None:
    """Why a visitor may not run a text, if so.

    Args:
        text: What was typed.
        guards_sql: Whether the engine reads its relations alone, whatever the text says.
        rights: The visitor's.
    """
    if names_files(text) and not rights.folders:
        return QueryError("EXPLAIN ANALYZE names files of the server.", "Use EXPLAIN.")
    if not (guards_sql or rights.aws):
        return QueryError(*UNGUARDED)
    return None


def names_files(text: str) -> bool:
    r"""Whether the answer to a text may name files of the server.

    >>> names_files("explain\n Analyze FROM flows"), names_files("EXPLAIN FROM flows")
    (True, False)
    """
    return bool(_ANALYZED.search(text))


def _result(answer: QueryResult, state: PageState) -> None:
    """Rows, and what to do with them."""
    frame = answer.frame
    cut = f"The first {MOST_ROWS:,} rows; add a LIMIT, or aggregate. " if answer.truncated else ""
    st.caption(f"{cut}{number_of(len(frame), 'rows')} in {answer.seconds * 1000:,.0f} ms.")
    kinds = kinds_of(frame)
    kind = TABLE
    if len(kinds) > 1:
        kind = st.segmented_control("Shown as", kinds, default=TABLE, key="sql-shown") or TABLE
    if kind != TABLE and kind in kinds:
        st.plotly_chart(
            rows_chart(frame, kind == "Lines", st.context.theme.type == "dark"),
            config=dict(CONFIG),
            key="sql-chart",
            theme=None,
            alt="Chart of the rows of the query",
        )
    else:
        texts = [str(name) for name in frame if name in value_menu.FIELDS or _is_text(frame[name])]
        rows = value_menu.of_texts(frame, texts)
        value_menu.table(
            frame, rows, state, "sql-rows", placeholder="NULL", alt="Rows of the query"
        )
    with st.container(horizontal=True):
        panel_menu.downloads(frame, "sql")


def _is_text(values: pd.Series) -> bool:
    return is_string_dtype(values.dtype) or is_object_dtype(values.dtype)


def _beside() -> None:
    """Examples, what was asked before, and the columns there are."""
    history = st.session_state.get("sql-history", [])
    with st.container(horizontal=True):
        _offer("Examples", EXAMPLES)
        if history:
            _offer("Asked before", {_short(text): text for text in history})
    columns = resources.flows().engine.columns()
    known = [(name, find_field(name)) for name in columns]
    rows = [
        {"column": name, "type": of.sql if of else "VARCHAR", "what": of.doc if of else ""}
        for name, of in known
    ]
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="",
        height=240,
        key="sql-columns",
        column_config=hinted(pd.DataFrame(rows)),
        alt="Columns of flows",
    )


def _offer(label: str, texts: dict[str, str]) -> None:
    """A menu of texts; a chosen one is put into the box."""
    key = f"sql-{label}"
    st.menu_button(label, list(texts), key=key, on_click=_fill, args=(key, texts))


def _fill(key: str, texts: dict[str, str]) -> None:
    st.session_state["sql"] = texts[st.session_state[key]]


def _remember(text: str) -> None:
    history = st.session_state.get("sql-history", [])
    st.session_state["sql-history"] = list(dict.fromkeys([text, *history]))[:REMEMBERED]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) < 60 else f"{line[:59]}\N{HORIZONTAL ELLIPSIS}"
