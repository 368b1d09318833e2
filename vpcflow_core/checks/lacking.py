"""Which panels logs of some fields cannot fill, and what to add."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from vpcflow_core.checks.base import Finding
from vpcflow_core.errors import FieldError
from vpcflow_core.fields import find_field
from vpcflow_core.panels.catalogue import PANELS, Panel
from vpcflow_core.query.dimensions import dimension
from vpcflow_core.query.ends import ENDS
from vpcflow_core.query.measures import MEASURES, measure
from vpcflow_core.units import number_of

# What a single panel does without: it says so itself.
OPTIONAL = ("reject_reason", "next_hop_interface_type")
# By it is learnt from elsewhere what records lack.
INTERFACE = "interface_id"


def lacking(columns: Collection[str]) -> Iterator[Finding]:
    """A finding for each field that panels need and the logs lack.

    Args:
        columns: Columns that some record has.
    """
    needs: dict[str, list[str]] = {}
    for slug, panel in PANELS.items():
        for name in _needed(panel) - set(columns) - {*OPTIONAL}:
            needs.setdefault(name, []).append(slug)
    for name, slugs in sorted(needs.items(), key=lambda item: (-len(item[1]), item[0])):
        yield _finding(name, slugs, INTERFACE in columns)
    if not needs:
        yield Finding("fields", "dashboards", "ok", "The logs have every field that panels need.")


def _needed(panel: Panel) -> set[str]:
    """The columns without which the panel shows nothing.

    What is no measure of records, such as dollars, is computed by an analysis, which says itself
    what it lacks.
    """
    if panel.value not in MEASURES:
        return set()
    asked = (*panel.query.by, *(name for name, _ in panel.query.where))
    # Ends are named by what is known besides, transit gateways have logs of their own.
    fields = [name for name in asked if name not in ENDS and not _is_transit(name)]
    return {*measure(panel.value).needs, *(dimension(name).column for name in fields)}


def _is_transit(name: str) -> bool:
    row = find_field(name)
    return row is not None and row.relation == "transit"


def _finding(name: str, slugs: list[str], has_interfaces: bool) -> Finding:
    pages = ", ".join(dict.fromkeys(slug.split("/")[0] for slug in slugs))
    many = f"{number_of(len(slugs), 'panels')} ({pages})"
    s = "s" if len(slugs) == 1 else ""
    field = find_field(name)
    if field is None:
        raise FieldError(f"'{name}' is not in the field table.")
    if field.learnt and has_interfaces:
        found = f"The records lack {field.aws}, which {many} need{s}; {field.learnt}."
        return Finding("fields", field.aws, "ok", found)
    added = find_field(INTERFACE) if field.learnt else field
    assert added is not None  # noqa: S101 (it is in the table)
    why = f", nor {added.aws}, by which it could be learnt" if field.learnt else ""
    remedy = f"Add ${{{added.aws}}} (version {added.version}) to the flow log's format."
    found = f"No record has {field.aws}{why}: {many} stay{s} empty."
    return Finding("fields", field.aws, "warning", found, remedy)
