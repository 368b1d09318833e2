"""vpcflow in the browser: `vpcflow serve`, or `streamlit run streamlit_app.py`."""

from dashboards.catalogue import PAGES
from dashboards.ui.navigation import show

show(PAGES)
