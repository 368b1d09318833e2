"""Detections about the log itself: what went silent, and what AWS lost."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.detections.base import DAY, HOUR, Detection, Hourly, Look, Threshold
from vpcflow_core.flow_log_hours import EXPECTED, MISSED, SILENT
from vpcflow_core.query.question import Query

STATES = (("log_status", "OK, NODATA, SKIPDATA"),)


def silent(look: Look) -> pd.DataFrame:
    """Interfaces that logged every hour, and log nothing any more while others do."""
    query = Query(("records",), ("interface_id",), HOUR, STATES, records=True)
    seen = look.ask(query, 2 * DAY)
    if seen.empty:
        return seen
    there = _by_hour(look, seen)
    enough = (there >= look.thresholds["records"]).astype("float64")
    often = enough.rolling(DAY).sum() >= look.thresholds["hours"]
    # What an interface was when it was last seen holds for a day of silence.
    usual = often.astype("float64").where(there > 0).ffill(limit=DAY // HOUR) > 0
    missing = usual & (there == 0)
    alive = there.sum(axis=1) > 0
    # Where most of those that should speak are silent, the log has stopped: its gaps say so.
    some = missing.sum(axis=1) < look.thresholds["share"] * usual.sum(axis=1)
    missing = missing & missing.shift(fill_value=False)
    wide = missing[alive & some].rename_axis(index="bucket").reset_index()
    found = wide.melt(id_vars="bucket", var_name="interface_id", value_name="is_silent")
    return found[found["is_silent"].astype("bool")].assign(hours=1)


def silent_log(look: Look) -> pd.DataFrame:
    """Hours in which a flow log delivered nothing, two hours or more after its last record.

    Whether an hour is one depends on what was delivered before its end alone: how long nothing
    came, and the pace of the day before.
    """
    rows: list[dict[str, object]] = []
    for one in look.logs.coverage.silences:
        end = look.window.start + HOUR
        while end <= min(look.window.end, one.end or look.window.end):
            lasted = end - one.start
            missed = one.pace * (lasted / HOUR)
            if SILENT <= lasted <= MISSED + HOUR and missed >= look.thresholds["records"]:
                rows.append({"bucket": end - HOUR, "flow_log": one.flow_log, "hours": 1})
            end += HOUR
    found = pd.DataFrame(rows, columns=["bucket", "flow_log", "hours"])
    return found.astype({"bucket": "datetime64[us, UTC]"})


def _by_hour(look: Look, seen: pd.DataFrame) -> pd.DataFrame:
    """Records of each interface (columns) in each hour (rows)."""
    start, end = pd.Timestamp(look.window.start - 2 * DAY), pd.Timestamp(look.window.end)
    hours = pd.date_range(start, end, freq="1h", inclusive="left")
    there = seen.pivot_table(index="bucket", columns="interface_id", values="records")
    return there.reindex(hours).fillna(0.0).astype("float64")


LOG_HEALTH = (
    Detection(
        "silent",
        "Interface went silent",
        "Does an interface log nothing any more that logged every hour?",
        "{interface_id} logs nothing any more",
        "low",
        "T1562.008",
        ("interface_id",),
        {"hours": "sum"},
        silent,
        {
            "hours": Threshold(
                22,
                "of its last 24 hours",
                "An interface writes NODATA where it has no traffic, so a living one is in every "
                "hour; hosts that come and go are not. Two hours of silence are the least.",
            ),
            "records": Threshold(
                6,
                "records in each of these hours",
                "With records of ten minutes each interface has six an hour, with or without "
                "traffic.",
            ),
            "share": Threshold(
                0.8,
                "of the interfaces",
                "Where more are silent together the flow log has stopped, not its interfaces.",
            ),
        },
        "See whether the interface was deleted or detached; if not, whether its flow log was.",
        "sources",
        quiet=2 * HOUR,
    ),
    Detection(
        "silent-log",
        "Flow log went silent",
        "Does a flow log deliver nothing any more?",
        "{flow_log} delivers nothing any more, {hours} hours seen",
        "high",
        "T1562.008",
        ("flow_log",),
        {"hours": "sum"},
        silent_log,
        {
            "records": Threshold(
                EXPECTED,
                "records that are missing",
                "At the pace of the day before. At random, none come where 6 are expected one time "
                "in 400; an interface alone has 6 NODATA records an hour.",
            ),
        },
        "See whether the flow log was deleted, and whether its role and the policy of its "
        "destination still let it deliver; then whether this reads the right place.",
        "sources",
    ),
    Detection(
        "skipdata",
        "Records lost",
        "Did AWS lose records (SKIPDATA)?",
        "Records of {interface_id} were lost, {records} times",
        "low",
        "",
        ("interface_id",),
        {"records": "sum"},
        Hourly(("records",), ("interface_id",), (("log_status", "SKIPDATA"),), records=True),
        {},
        "Numbers of that time are too low. It comes from internal limits of AWS: if it stays, "
        "write to AWS support.",
        "overview",
    ),
)
