"""The parse report as tables: objects that have problems, and examples of lines; no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from vpcflow_core.formats.base import Report
from vpcflow_core.sources.schemes import scheme_of
from vpcflow_core.store.damage import Damage, sentences
from vpcflow_core.store.repeats import Repeated
from vpcflow_core.store.state import ObjectReport
from vpcflow_core.units import number_of

OBJECT_COLUMNS = ["source", "object", "state", "records", "malformed", "why"]
LINE_COLUMNS = ["source", "object", "line", "why", "text"]


def objects_table(
    reports: Sequence[ObjectReport], names: dict[str, str], *, with_paths: bool
) -> pd.DataFrame:
    """A row an object: its state, its numbers, and why lines of it, or all of it, are missing.

    Args:
        reports: Of the store.
        names: What each source is called, by URL.
        with_paths: Whether the server's folders may be named.
    """
    rows = [
        (names.get(r.source, ""), inside(r), r.state, r.records, r.malformed, why(r, with_paths))
        for r in reports
    ]
    return pd.DataFrame(rows, columns=OBJECT_COLUMNS)


def lines_table(reports: Sequence[ObjectReport], names: dict[str, str]) -> pd.DataFrame:
    """A row an example of a line that was not loaded."""
    rows = [
        (names.get(r.source, ""), inside(r), kept.line, kept.reason, kept.text)
        for r in reports
        for kept in r.reasons
    ]
    return pd.DataFrame(rows, columns=LINE_COLUMNS)


def reasons_table(reports: Sequence[ObjectReport]) -> pd.DataFrame:
    """Lines that were not loaded by their reason, the most frequent first."""
    counts: dict[str, int] = {}
    for report in reports:
        for reason, count in report.counts.items():
            counts[reason] = counts.get(reason, 0) + count
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return pd.DataFrame(rows, columns=["why", "lines"])


def why(report: ObjectReport, with_paths: bool = True) -> str:
    """All that is to be said of an object, in one line."""
    problem = report.problem
    hidden = scheme_of(report.source).is_folder and not with_paths
    if problem and hidden and report.state == "failed":
        problem = "It could not be read."  # the system's own words would name the folder
    notes = report.notes
    if not with_paths and report.state == "copy":
        notes = ("Same content as another object, counted once.",)  # its name may be a folder's
    counted = [f"{count:,} x {reason}" for reason, count in report.counts.most_common()]
    text = "; ".join([*([problem] if problem else []), *counted, *notes])
    return text.replace(report.uri, inside(report))


def damage_sentences(found: Sequence[Damage], *, with_paths: bool) -> list[str]:
    """What the store should have and has not; folders are named only if they may be shown."""
    if not with_paths:
        found = [replace(one, source=_without_folder(one.source)) for one in found]
    return sentences(found)


def repeated_sentence(found: Repeated, *, with_paths: bool) -> str:
    """Which of two flow logs is used; sources without ids by their URL, if that may be shown."""
    if not with_paths:
        used, repeated = (_without_folder(name) for name in (found.used, found.repeated))
        found = replace(found, used=used, repeated=repeated)
    return found.sentence


def _without_folder(name: str) -> str:
    return "a folder of the server" if "://" in name and scheme_of(name).is_folder else name


def inside(report: ObjectReport) -> str:
    """The object's name below its source; the source's own name says where that is."""
    if report.uri.startswith(report.source) and report.uri != report.source:
        return report.uri.removeprefix(report.source).lstrip("/")
    return report.uri.rpartition("/")[2]


def summary(report: Report) -> str:
    """What was read of a file, in a sentence."""
    parts = [number_of(report.records, "records")]
    parts += [
        f"{count:,} {word}"
        for count, word in ((report.nodata, "NODATA"), (report.skipdata, "SKIPDATA"))
        if count
    ]
    if report.first and report.last:
        parts.append(f"{report.first:%d %b %Y %H:%M} to {report.last:%d %b %Y %H:%M} UTC")
    if report.malformed:
        parts.append(f"{number_of(report.malformed, 'lines')} not loaded")
    return ", ".join(parts)


def examples(report: Report) -> pd.DataFrame:
    """The first lines of a file that were not loaded, with their number and why."""
    return pd.DataFrame(
        [(kept.line, kept.reason, kept.text) for kept in report.reasons],
        columns=["line", "why", "text"],
    )
