"""What Streamlit has no option for: a few rules of CSS, without which all still works."""

from __future__ import annotations

import streamlit as st

# Tables have a small button that saves cells as they are: a spreadsheet would run those that begin
# a formula. Our own downloads do not. It is known by its label; an option of Streamlit that takes
# it away would take copying, too.
_RULES = """
[class*=st-key-unseen-], button[aria-label^="Download as CSV"] { display: none }

/* Panels that would be too narrow to read stand below each other. */
[data-testid=stColumn]:has([class*=st-key-panel-]) { min-width: min(20rem, 100%) }

/* Buttons of the header keep their words on one line. */
.st-key-copy-link button, .st-key-refresh-button button { white-space: nowrap }
.st-key-copy-link button p, .st-key-refresh-button button p { white-space: nowrap }

/* The name of a panel's menu is for those who do not see its icon. */
[class*=st-key-menu-] button [data-testid=stMarkdownContainer] {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}

@media print {
  [data-testid=stSidebar], [data-testid=stHeader], [data-testid=stToolbar],
  [class*=st-key-menu-] { display: none !important }
  [data-testid=stMain], [data-testid=stApp], [data-testid=stAppViewContainer] {
    position: static !important; overflow: visible !important; height: auto !important;
  }
  [class*=st-key-panel-] { break-inside: avoid }
}

[data-testid=stMainBlockContainer] { padding-left: 2rem; padding-right: 2rem }
@media (max-width: 640px) {
  [data-testid=stMainBlockContainer] { padding-left: 1rem; padding-right: 1rem }
}
"""


def apply() -> None:
    """Tell the browser; once on every page."""
    st.html(f"<style>{_RULES}</style>")
