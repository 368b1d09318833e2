"""Every panel by its slug; the pages, notebooks and command line draw these same objects."""

from __future__ import annotations

from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.panels.base import Answer, Panel
from vpcflow_core.panels.overview import OVERVIEW

PANELS: dict[str, Panel] = {panel.slug: panel for panel in OVERVIEW}

__all__ = ["PANELS", "Answer", "Panel", "panel"]


def panel(slug: str) -> Panel:
    """The panel of that slug, such as `overview/top-sources`.

    Raises:
        ParameterError: There is none; names the closest one.
    """
    if slug not in PANELS:
        raise ParameterError(
            f"There is no panel '{slug}'.",
            closest(slug, PANELS) or f"There are: {', '.join(PANELS)}.",
        )
    return PANELS[slug]
