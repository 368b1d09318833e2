"""vpcflow in the browser: `vpcflow serve`, or `streamlit run streamlit_app.py`.

Streamlit imports this file for the server, and runs it as `__main__` for each page.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboards.catalogue import PAGES
from dashboards.ui.first_page import FirstPage
from dashboards.ui.guard import announce
from dashboards.ui.metrics_page import MIDDLEWARE
from dashboards.ui.navigation import show
from dashboards.ui.people import secrets

if __name__ == "__main__":
    show(PAGES)
else:
    app = st.App(
        Path(__file__),
        middleware=[*MIDDLEWARE, Middleware(FirstPage, path=PAGES[0].path)],
        lifespan=announce,
        secrets=secrets(),
    )
