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
[data-testid=stColumn]:has([class*=st-key-panel-] [data-testid=stMetric]) {
  min-width: min(15.5rem, 100%);
}
/* No tile stands alone in a row: four are two pairs where they do not fit beside each other, three
   a column. A row narrower than all of them makes the last terms larger than the others. */
[data-testid=stColumn]:first-child:nth-last-child(4):has([data-testid=stMetric]),
[data-testid=stColumn]:first-child:nth-last-child(4):has([data-testid=stMetric]) ~ * {
  min-width: min(100%, max(15.5rem, min(50% - 1rem, (65rem - 100%) * 999))) !important;
}
[data-testid=stColumn]:first-child:nth-last-child(3):has([data-testid=stMetric]),
[data-testid=stColumn]:first-child:nth-last-child(3):has([data-testid=stMetric]) ~ * {
  min-width: min(100%, max(10.5rem, (34rem - 100%) * 999)) !important;
}
[data-testid=stColumn]:has([class*=st-key-panel-] [data-testid=stDataFrame]) {
  min-width: min(26rem, 100%);
}

/* Charts are a whole number of pixels wide: plotly rounds, and would draw them once more. */
[data-testid=stFullScreenFrame]:has(.stPlotlyChart) { width: round(down, 100%, 1px) }

/* One row above the page, as high as its boxes; what is not shown takes no room. */
[data-testid=stMainBlockContainer] > [data-testid=stVerticalBlock],
.st-key-own-place { gap: 0.6rem }
[data-testid=stLayoutWrapper]:has(> [class*=st-key-unseen-]) { display: none }
.st-key-row-end button { white-space: nowrap; padding-left: 0.35rem; padding-right: 0.35rem }
.st-key-row-end button p { white-space: nowrap }
.st-key-freshness { margin: -0.3rem 0 }
.st-key-freshness [data-testid=stCaptionContainer] p { line-height: 1.3 }

/* It still is one row beside the sidebar on small screens. */
.st-key-controls { container: controls / inline-size }
@container controls (max-width: 800px) {
  h1 { font-size: 1.25rem !important }
  .st-key-controls > :has(> .st-key-range-box) { flex: 0 0 11rem !important }
  .st-key-range-box, .st-key-quick { width: 11rem !important; min-width: 0 !important }
  .st-key-range-box input { font-size: 0.8rem; letter-spacing: -0.01em }
  .st-key-range-box svg { display: none }
  .st-key-controls > .st-key-tz { flex: 0 0 4.9rem !important; min-width: 0 !important }
  :is(.st-key-range-box, .st-key-tz) input { padding-left: 0.5rem; padding-right: 0 }
  .st-key-custom-range button { padding-left: 0.5rem; padding-right: 0.5rem }
  .st-key-custom-range button [data-testid=stMarkdownContainer] {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  }
  .st-key-row-end [data-testid=stPopover] button [aria-hidden=true]:not(:first-child) {
    display: none;
  }
}

/* The names of buttons with an icon are for those who do not see it. */
@media (max-width: 640px) {
  .st-key-evidence-entity button [data-testid=stMarkdownContainer] {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  }
}
[class*=st-key-menu-] button [data-testid=stMarkdownContainer],
.st-key-row-end button [data-testid=stMarkdownContainer] {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}

/* White letters on the accent of dark pages are too faint. */
[data-testid=stBaseButton-primary]:not(:disabled) {
  background: #1d4ed8; border-color: #1d4ed8; color: #ffffff;
}

/* All numbers of a source fit beside the sidebar. */
.st-key-source-table :is(td, th) { padding: 0.3rem 0.35rem !important; font-size: 0.85rem }

/* Links beside the chips of filters look as those of charts do. */
a.all-about { color: #1d4ed8; text-decoration: none; font-size: 0.875rem }
a.all-about:is(:hover, :focus) { text-decoration: underline }

/* Rules of a text stand below each other as in an editor. */
.st-key-proposed-rules textarea { font-family: monospace; font-size: 0.85rem }

/* Names of regions would be cut at their hyphens. */
.st-key-snapshots code { white-space: nowrap }

/* Who an entity is stands in running text, so that its numbers begin higher. */
.st-key-facts :is([data-testid=stHtml], dt, dd, p) { font-size: 0.875rem; line-height: 1.35 }
.st-key-facts :is(h2, dl, dl > div, dt, dd, p) { display: inline; margin: 0; padding: 0 }
.st-key-facts h2 { font-size: 1.1rem; line-height: 1.2 }
.st-key-facts :is(h2 + dl, h2 + dl + p) { margin-left: 0.75rem }
.st-key-facts dl > div { margin-right: 0.75rem }
.st-key-facts dt { white-space: nowrap; opacity: 0.75 }
.st-key-facts dd { overflow-wrap: anywhere }
.st-key-facts a { display: inline-block; max-width: 100% }

/* A panel that is not answered yet has room for its title and more, so that the page stays put. */
[class*=st-key-panel-] { min-height: 6rem }
[class*=st-key-head-] { min-height: 2.5rem; padding-top: 0; padding-bottom: 0; margin: 0 }
[class*=st-key-head-] [data-testid=stMarkdownContainer] { margin-bottom: 0 }
[class*=st-key-panel-] { padding: 0.4rem 0.9rem 0.7rem }
[class*=st-key-panel-] [data-testid=stVerticalBlock] { gap: 0.4rem }
[class*=st-key-open-only-] label { margin: 0; white-space: nowrap }

/* What takes longer than a moment says so, and for how long, where the panel's menu will be. */
@keyframes shown-late { from { visibility: hidden } }
[class*=st-key-head-] [data-testid=stSpinner] { animation: shown-late 0s 0.7s both }
[class*=st-key-head-] [data-testid=stSpinner] :is(p, span) {
  font-size: 0.8rem; line-height: 1.2; margin: 0; white-space: nowrap;
}
[class*=st-key-head-] [data-testid=stSpinner] > * { align-items: center }

/* A panel's title is a heading right below that of the page, or of its part. */
[class*=st-key-panel-] h2 { font-size: 1.1rem; line-height: 1.2; margin: 0; padding: 0 }
[data-testid=stCaptionContainer] code { color: inherit; background: none }

/* Names in charts lead to their pages; in a legend the mark before the name shows and hides. */
.js-plotly-plot svg a { pointer-events: all; fill: #1d4ed8 !important }
.js-plotly-plot svg a:is(:hover, :focus) { text-decoration: underline }
.js-plotly-plot .legend .traces:has(a) .legendtoggle { width: 34px }

/* The menu of a row with many values is as high as small screens have room for. */
[data-testid=stDataFrameButtonActionMenu] { max-height: min(22rem, 45vh); overflow-y: auto }

/* What was copied is said at the lower edge, for a while. */
[data-testid=stLayoutWrapper]:has(> .st-key-copied) {
  position: fixed; right: 1rem; bottom: 1rem; z-index: 1000; width: auto; max-width: 90vw;
}
.st-key-copied span:not(:empty) {
  display: block; max-width: 32rem; padding: 0.5rem 0.8rem; border-radius: 0.4rem;
  background: #1d4ed8; color: #ffffff; overflow-wrap: anywhere;
}

@media print {
  [data-testid=stSidebar], [data-testid=stHeader], [data-testid=stToolbar],
  [class*=st-key-menu-], [class*=st-key-group-], .st-key-row-end, .st-key-custom-range,
  [class*=st-key-violations-], [class*=st-key-bands-], .st-key-evidence-entity {
    display: none !important;
  }
  [data-testid=stMain], [data-testid=stApp], [data-testid=stAppViewContainer] {
    position: static !important; overflow: visible !important; height: auto !important;
  }
  [class*=st-key-panel-] { break-inside: avoid }
}

[data-testid=stMainBlockContainer] { padding-left: 2rem; padding-right: 2rem }
@media (max-width: 1100px) {
  [data-testid=stMainBlockContainer] { padding-left: 1rem; padding-right: 1rem }
}
"""


# Paper is light: dark pages are printed with light and dark exchanged, and their hues kept. Links
# need more light on dark pages.
_DARK = """
@media print { [data-testid=stApp] { filter: invert(1) hue-rotate(180deg) brightness(1.12) } }
.js-plotly-plot svg a { fill: #93c5fd !important }
a.all-about { color: #93c5fd }
"""


def apply() -> None:
    """Tell the browser; once on every page."""
    dark = st.context.theme.type == "dark"
    st.html(f"<style>{_RULES}{_DARK if dark else ''}</style>")
