"""A report with all that it was made of, as one ZIP."""

from __future__ import annotations

import io
import json
import zipfile

from vpcflow_core.arrow import parquet_bytes
from vpcflow_core.csv_file import csv_bytes
from vpcflow_core.report.build import Report, Section


def evidence_zip(report: Report, html: str) -> bytes:
    """The report, and for each panel its rows (CSV, Parquet), SQL and figure.

    Args:
        report: The report.
        html: The same as HTML.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.html", html)
        archive.writestr("report.json", json.dumps(_about(report), indent=1))
        for section in (section for page in report.pages.values() for section in page):
            _add(archive, section, report.zone)
    return buffer.getvalue()


def _about(report: Report) -> dict[str, object]:
    return {
        **{name.lower().replace(" ", "_"): said for name, said in report.facts},
        "link": report.link,
        "notes": report.notes,
        "panels": {
            section.panel.slug: section.problem or section.panel.title
            for page in report.pages.values()
            for section in page
        },
    }


def _add(archive: zipfile.ZipFile, section: Section, zone: str) -> None:
    if section.shown is None:
        return
    slug, shown = section.panel.slug, section.shown
    archive.writestr(f"{slug}.sql", shown.sql)
    archive.writestr(f"{slug}.csv", csv_bytes(shown.frame))
    archive.writestr(f"{slug}.parquet", parquet_bytes(shown.frame))
    if not section.problem:
        archive.writestr(f"{slug}.figure.json", shown.figure(zone).to_json())
