"""The dashboards from Python: panels, and links to pages.

Imports of a question stand in its method: a command that asks another one does not wait for them.
"""

from __future__ import annotations

import pandas as pd

from vpcflow_core.flow_logs.paths import Paths
from vpcflow_core.flow_logs.rendered import RenderedPanel
from vpcflow_core.panels.request import DEFAULTS, Parameters
from vpcflow_core.ranges import Range
from vpcflow_core.settings import load_settings


class Pages(Paths):
    """The dashboards from Python."""

    def panel(
        self, slug: str, *, zone: str = "UTC", parameters: Parameters = DEFAULTS
    ) -> RenderedPanel:
        """A panel of the dashboards, answered for these logs: its rows, SQL and figure.

        Args:
            slug: Its name: `overview/protocols`.
            zone: IANA name of the zone whose clock days are counted by.
            parameters: What outliers are judged by.

        Raises:
            ParameterError: There is no panel of that slug.
            MissingDataError: The logs lack a field that it needs.

        >>> list(flows.last("24h").panel("rejects/reasons").frame)
        ['reason', 'flows']
        """
        from vpcflow_core.panels.catalogue import panel

        shown = panel(slug)
        request = shown.request(self.window, parameters=parameters, zone=zone)
        return RenderedPanel(shown, shown.answer(request, self))

    def panels(self) -> pd.DataFrame:
        """Every panel and ready question that `panel` answers.

        Returns:
            slug, title, help (what it shows) and chart (how it is drawn).
        """
        from vpcflow_core.panels.catalogue import PANELS
        from vpcflow_core.panels.explore import READY

        listed = [*PANELS.values(), *READY.values()]
        columns = ("slug", "title", "help", "chart")
        return pd.DataFrame({name: [getattr(p, name) for p in listed] for name in columns})

    def link(self, shown: str = "overview", *, fixed: bool = False, zone: str = "UTC") -> str:
        """The address of the page that shows a panel of these logs: same range and filters.

        The app must show the same sources: `vpcflow serve`. The setting `app_url` says where it is.

        Args:
            shown: A panel's slug, such as `overview/protocols`, or a page's name.
            fixed: Whether the link is to show this very time for ever, not the newest data.
            zone: IANA name of the zone that the page shows times in.

        Raises:
            ParameterError: There is no such panel, or pages have no such filter.

        >>> flows.last("24h").where(dstport=22).link("rejects/reasons")
        'http://localhost:8501/rejects?dstport=22&v=1'
        """
        from vpcflow_core.links import View, page_link

        moves = self.range is not None and not fixed
        asked = self.range if moves and self.range else Range(fixed=self.window)
        alone = self.source if len(self.catalogue.sources()) > 1 else ""
        view = View(asked, self.filters, alone, self.counts_once, zone)
        return page_link(load_settings().app_url, shown, view)
