"""Every panel by its slug; the pages, notebooks and command line draw these same objects."""

from __future__ import annotations

from vpcflow_core.errors import ParameterError, closest
from vpcflow_core.panels.accepts import ACCEPTS
from vpcflow_core.panels.answer import Headline, PanelAnswer
from vpcflow_core.panels.base import Panel
from vpcflow_core.panels.built import PREFIX, built
from vpcflow_core.panels.cost import COST
from vpcflow_core.panels.entity_panels import entity_panel
from vpcflow_core.panels.explore import READY
from vpcflow_core.panels.grouping import GROUPINGS, MARK, grouped
from vpcflow_core.panels.outliers import OUTLIERS
from vpcflow_core.panels.overview import OVERVIEW
from vpcflow_core.panels.rejects import REJECTS
from vpcflow_core.panels.request import PanelRequest, Parameters
from vpcflow_core.panels.security_groups import SECURITY_GROUPS
from vpcflow_core.panels.sources import SOURCES
from vpcflow_core.panels.traffic import TRAFFIC

PANELS: dict[str, Panel] = {
    panel.slug: panel
    for page in (OVERVIEW, ACCEPTS, REJECTS, TRAFFIC, SECURITY_GROUPS, OUTLIERS, COST, SOURCES)
    for panel in page
}

__all__ = ["PANELS", "Headline", "Panel", "PanelAnswer", "PanelRequest", "Parameters", "panel"]


def panel(slug: str) -> Panel:
    """The panel of that slug, such as `overview/top-sources`, or a question of Explore.

    Raises:
        ParameterError: There is none; names the closest one.
    """
    plain, mark, way = slug.rpartition(MARK)
    if mark and way in GROUPINGS:
        return grouped(panel(plain), way)
    if slug.startswith(PREFIX):
        return built(slug).panel
    if slug in READY:
        return READY[slug]
    if (found := entity_panel(slug)) is not None:
        return found
    if slug not in PANELS:
        raise ParameterError(
            f"There is no panel '{slug}'.",
            closest(slug, [*PANELS, *READY]) or f"There are: {', '.join(PANELS)}.",
        )
    return PANELS[slug]
