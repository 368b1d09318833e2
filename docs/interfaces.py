"""Pages of docs/reference about ways to ask: from the tables in the code."""

from __future__ import annotations

from docs.tables import table
from vpcflow_core.mcp.tools import TOOLS


def mcp_page() -> str:
    """Every tool of `vpcflow mcp`, and what it takes."""
    parts = ["# Tools for AI assistants\n", "What `vpcflow mcp` offers: [mcp.md](../mcp.md).\n"]
    for name, tool in TOOLS.items():
        rows = [
            (f"`{field}`", "needed" if info.is_required() else _shown(info), info.description)
            for field, info in tool.model_fields.items()
        ]
        doc = " ".join((tool.__doc__ or "").split())
        parts += [f"## {name}\n", f"{doc}\n", table(("parameter", "default", "meaning"), rows)]
    return "\n".join(parts)


def _shown(info: object) -> str:
    default = getattr(info, "default", None)
    if getattr(info, "default_factory", None) or default in (None, ""):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
