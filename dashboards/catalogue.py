"""Every page of the app, in the order of the navigation; the first one is the app's own address."""

from __future__ import annotations

from dashboards.accepts import ACCEPTS
from dashboards.cost import COST
from dashboards.entity import ENTITY
from dashboards.explore import EXPLORE
from dashboards.findings import FINDINGS
from dashboards.outliers import OUTLIERS
from dashboards.overview import OVERVIEW
from dashboards.rejects import REJECTS
from dashboards.rules import RULES
from dashboards.security_groups import SECURITY_GROUPS
from dashboards.sources import SOURCES
from dashboards.traffic import TRAFFIC
from dashboards.ui.dashboard import Dashboard
from dashboards.ui.navigation import Page

DASHBOARDS: tuple[Dashboard, ...] = (
    OVERVIEW, ACCEPTS, REJECTS, TRAFFIC, SECURITY_GROUPS, OUTLIERS, COST,
)  # fmt: skip
PAGES: tuple[Page, ...] = (*DASHBOARDS, FINDINGS, RULES, EXPLORE, ENTITY, SOURCES)
