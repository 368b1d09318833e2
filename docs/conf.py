"""How Sphinx makes a site of these pages; `make site`.

The pages are plain Markdown, so that they read well on a forge: the site's navigation is made of
the links of docs/README.md, and links to files outside of docs/ become their names.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

project = "vpcflow"
extensions = ["myst_parser"]
root_doc = "README"
myst_heading_anchors = 4  # as a forge names headings
html_theme = "furo"
html_title = "vpcflow"
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
# Examples of JSON leave things out with three dots.
suppress_warnings = ["misc.highlighting_failure"]

_OUTSIDE = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+)([^)\s]*)\)")
_LINK = re.compile(r"\]\(([^)\s]+)\.md\)")


def setup(app: Any) -> None:
    """Change pages as they are read."""
    app.connect("source-read", _read)


def _read(app: Any, name: str, source: list[str]) -> None:
    here = Path(app.srcdir) / name

    def inside(found: re.Match[str]) -> str:
        target = (here.parent / found[2] / found[3].partition("#")[0]).resolve()
        is_page = target.is_relative_to(app.srcdir)
        return found[0] if is_page else f"{found[1]} (`{found[3]}` of the repository)"

    source[0] = _OUTSIDE.sub(inside, source[0])
    if name == root_doc or name.endswith("/README"):
        source[0] += contents(source[0])


def contents(text: str) -> str:
    """The navigation of an index: a list for each of its headings, as MyST's directives."""
    lists = []
    for part in re.split(r"^## ", text, flags=re.MULTILINE):
        pages = "\n".join(_LINK.findall(part))
        caption = part.partition("\n")[0] if not part.startswith("# ") else ""
        head = f":caption: {caption}\n" if caption else ""
        lists.append(f"\n```{{toctree}}\n:hidden:\n{head}\n{pages}\n```\n")
    return "".join(lists)
