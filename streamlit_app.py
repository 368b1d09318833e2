"""vpcflow in the browser: navigation, nothing else."""

from runpy import run_module

import streamlit as st

st.set_page_config("vpcflow", page_icon="\N{WATER WAVE}", layout="wide")
PAGES = [
    st.Page("dashboards/overview.py", title="Overview", icon=":material/public:", default=True),
    st.Page("dashboards/accepts.py", title="Accepts", icon=":material/check_circle:"),
    st.Page("dashboards/rejects.py", title="Rejects", icon=":material/block:"),
    st.Page("dashboards/traffic.py", title="Traffic", icon=":material/swap_horiz:"),
    st.Page(
        "dashboards/security_groups.py", title="Security Groups", icon=":material/shield:",
        url_path="security-groups",
    ),
    st.Page("dashboards/outliers.py", title="Outliers", icon=":material/troubleshoot:"),
    st.Page("dashboards/sources.py", title="Sources", icon=":material/database:"),
]  # fmt: skip
# Without sections: Streamlit's lists of them are no lists to a screen reader.
chosen = st.navigation(PAGES)
# Not `chosen.run()`: its widgets would be the page's own, and the browser's way back to another
# page would lose range, filters and parameters.
run_module(f"dashboards.{chosen.url_path.replace('-', '_') or 'overview'}")
