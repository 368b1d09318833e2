"""A report as one HTML file, whose figures are live without the Internet."""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from html import escape

from vpcflow_core.charts import CONFIG
from vpcflow_core.charts.table import table_texts
from vpcflow_core.notebook import notes_html, rows_html, text
from vpcflow_core.report.build import Report, Section

ROWS = 50
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; connect-src data:"
)
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1f2933; margin: 0 auto; max-width: 1200px;
  padding: 1rem; }
h1 { font-size: 1.6rem } h2 { font-size: 1.3rem; border-bottom: 1px solid #ccd; margin-top: 2rem }
h3 { font-size: 1rem; margin: .2rem 0 }
.facts th { text-align: left; padding-right: 1rem; vertical-align: top }
.facts td, a, pre { overflow-wrap: anywhere }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr));
  gap: 1rem }
section { border: 1px solid #dde; border-radius: 6px; padding: .7rem; min-width: 0;
  break-inside: avoid }
section.wide { grid-column: 1 / -1 }
p { margin: .2rem 0 } small, .help, .problem { color: #52606d }
.figure { overflow: hidden }
.rows { overflow-x: auto; font-size: .85rem } .rows table { border-collapse: collapse }
.rows td, .rows th { padding: .15rem .6rem; text-align: left; white-space: nowrap }
pre { white-space: pre-wrap; font-size: .75rem; background: #f5f7fa; padding: .5rem }
@page { size: A4 landscape; margin: 10mm }
@media print { details, .modebar { display: none !important }
  body { max-width: none; padding: 0; font-size: 12px }
  .rows { overflow: visible; font-size: .6rem }
  .rows td, .rows th { padding: .1rem .3rem; white-space: normal; overflow-wrap: break-word }
  .panels { grid-template-columns: 1fr 1fr } section.wide { break-inside: auto }
  h2, h3, .help, thead { break-after: avoid } tr { break-inside: avoid } }
"""
# plotly.js and the figures come packed, which makes a third of them; browsers since 2023 unpack it.
DRAW = """
(async () => {
  const unpacked = name => {
    const packed = document.getElementById(name).textContent.trim();
    const bytes = Uint8Array.from(atob(packed), c => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Response(stream).text();
  };
  const script = document.createElement('script');
  script.textContent = await unpacked('plotly');
  document.head.append(script);
  const figures = JSON.parse(await unpacked('figures'));
  const config = JSON.parse(document.getElementById('config').textContent);
  for (const place of document.querySelectorAll('.figure')) {
    const figure = figures[place.dataset.slug];
    await Plotly.newPlot(place, figure.data, figure.layout, {...config, responsive: true});
  }
  document.documentElement.dataset.drawn = 'yes';
})();
"""


def report_html(report: Report) -> str:
    """The report as one file of less than 5 MB."""
    facts = "".join(
        f"<tr><th>{text(name)}</th><td>{text(said)}</td></tr>" for name, said in report.facts
    )
    pages = "".join(_page(name, sections, report.zone) for name, sections in report.pages.items())
    href = escape(report.link, quote=True)
    link = f'<p><a href="{href}">The same in the app</a></p>' if href else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>VPC flow logs {text(report.facts[0][1])}</title>"
        f"<style>{STYLE}</style></head><body>"
        f'<h1>VPC flow logs</h1><table class="facts">{facts}</table>'
        f"{notes_html(report.notes)}{link}{pages}"
        f'<script type="text/plain" id="plotly">{_packed_plotly()}</script>'
        f'<script type="text/plain" id="figures">{_packed(_figures(report))}</script>'
        f'<script type="application/json" id="config">{_json(json.dumps(CONFIG))}</script>'
        f"<script>{DRAW}</script></body></html>"
    )


def _page(name: str, sections: tuple[Section, ...], zone: str) -> str:
    title = text(name.replace("-", " ").capitalize())
    panels = "".join(_panel(one, zone) for one in sections)
    return f'<h2>{title}</h2><div class="panels">{panels}</div>'


def _panel(section: Section, zone: str) -> str:
    wide = ' class="wide"' if section.panel.chart == "table" else ""
    head = f'<h3>{text(section.panel.title)}</h3><p class="help">{text(section.panel.help)}</p>'
    return f'<section{wide} id="{text(section.panel.slug)}">{head}{_body(section, zone)}</section>'


def _body(section: Section, zone: str) -> str:
    shown = section.shown
    problem = f'<p class="problem">{text(section.problem)}</p>' if section.problem else ""
    if shown is None:
        return problem
    body = problem or (_rows(section, zone) if section.panel.chart == "table" else _figure(section))
    sql = f"<details><summary>SQL</summary><pre>{escape(shown.sql)}</pre></details>"
    return f"{body}{notes_html(shown.answer.notes)}{sql}"


def _rows(section: Section, zone: str) -> str:
    assert section.shown is not None  # noqa: S101 (for mypy: `_body` has looked)
    answer = section.shown.answer
    count = len(answer.frame)
    more = f"<p>The first {ROWS} of {count:,} rows.</p>" if count > ROWS else ""
    texts = table_texts(section.panel, answer, zone, ROWS)
    return f'<div class="rows">{rows_html(texts)}</div>{more}'


def _figure(section: Section) -> str:
    return f'<div class="figure" data-slug="{text(section.panel.slug)}"></div>'


def _figures(report: Report) -> str:
    """The figures by the slug of their panel, as JSON."""
    sections = (section for page in report.pages.values() for section in page)
    drawn = {
        section.panel.slug: section.shown.figure(report.zone).to_json()
        for section in sections
        if section.shown and not section.problem and section.panel.chart != "table"
    }
    return "{" + ",".join(f"{json.dumps(slug)}:{made}" for slug, made in drawn.items()) + "}"


def _packed(content: str) -> str:
    return base64.b64encode(gzip.compress(content.encode(), 9, mtime=0)).decode()


def _json(made: str) -> str:
    """JSON that ends no script element."""
    return made.replace("<", "\\u003c")


@cache
def _packed_plotly() -> str:
    from plotly.offline import get_plotlyjs

    return _packed(get_plotlyjs())
