"""The panels of Outliers: everything unusual on one page."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from vpcflow_core.errors import MissingDataError
from vpcflow_core.panels.analyses.time import band
from vpcflow_core.panels.base import MINUTE, Panel, PanelAnswer, PanelContext
from vpcflow_core.panels.request import ALL_PARAMETERS
from vpcflow_core.query.question import Query

# What is watched: slug, title, measure, condition.
WATCHED = (
    ("bytes", "Bytes", "bytes", ()),
    ("packets", "Packets", "packets", ()),
    ("accepted", "Accepted flows", "flows", (("action", "ACCEPT"),)),
    ("rejected", "Rejected flows", "flows", (("action", "REJECT"),)),
    ("inbound-bytes", "Inbound bytes", "bytes", (("direction", "inbound"),)),
    ("inbound-packets", "Inbound packets", "packets", (("direction", "inbound"),)),
    ("outbound-bytes", "Outbound bytes", "bytes", (("direction", "outbound"),)),
    ("outbound-packets", "Outbound packets", "packets", (("direction", "outbound"),)),
)

BANDS: tuple[Panel, ...] = tuple(
    Panel(
        f"outliers/{slug}",
        title,
        f"{title} in each timeslice, and the band they were expected in.",
        Query((measure,), every=MINUTE, where=where),
        "band",
        analysis=band,
        about=f"{where[0][1]} records" if where else "records",
    )
    for slug, title, measure, where in WATCHED
)
COLUMNS = ["bucket", "panel", "measure", "value", "lower", "upper", "error", "deviations", "title"]


def violations(context: PanelContext) -> PanelAnswer:
    """Every violation of every band, the furthest outside first.

    The distance is measured in half widths of the band from its middle, times the threshold: a
    value at the band's edge has as many deviations as the threshold says.
    """
    answers, missing = [], []
    for panel in BANDS:
        try:
            answers.append((panel, band(replace(context, panel=panel))))
        except MissingDataError as error:
            missing.append(f"{panel.title} cannot be judged: {error.what} {error.next_step}")
    found = [
        _found(panel, answer.frame, context.request.parameters.threshold)
        for panel, answer in answers
    ]
    frame = pd.concat(found) if found else pd.DataFrame(columns=COLUMNS)
    frame = frame.sort_values(["deviations", "bucket"], ascending=[False, True], ignore_index=True)
    return context.answer(
        *(answer for _, answer in answers), frame=frame, notes=missing, every=context.timeslice
    )


def _found(panel: Panel, frame: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """The violations of one band."""
    out = frame[frame["violation"]]
    half = (out["upper"] - out["lower"]) / 2
    return out.assign(
        panel=panel.slug,
        title=panel.title,
        measure=panel.value,
        deviations=threshold * out["error"].abs() / half,
    )[COLUMNS]


OUTLIERS: tuple[Panel, ...] = (
    *BANDS,
    Panel(
        "outliers/violations",
        "All violations",
        "Every timeslice that left its band, the furthest outside first.",
        Query(("flows",), every=MINUTE),
        "table",
        analysis=violations,
        about="violations",
        parameters=ALL_PARAMETERS,
    ),
)
