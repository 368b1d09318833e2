"""vpcflow in the browser: navigation, nothing else."""

import streamlit as st

st.set_page_config("vpcflow", page_icon="\N{WATER WAVE}", layout="wide")
PAGES = [
    st.Page("dashboards/overview.py", title="Overview", icon=":material/public:", default=True),
]
st.navigation(PAGES).run()
