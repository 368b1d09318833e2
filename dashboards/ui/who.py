"""Who an entity is, as HTML: heading and facts in running text, with links; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from vpcflow_core.errors import FilterError
from vpcflow_core.panels.entity import Entity, entity_of
from vpcflow_core.panels.entity_facts import WITH_PAGES
from vpcflow_core.plain_text import visible
from vpcflow_core.redaction import redacted

UNKNOWN = "Nothing is known of it but its flows."

# The address of the page of another entity.
UrlOf = Callable[[str], str]


def html(entity: Entity, known: Mapping[str, str], url_of: UrlOf) -> str:
    """Who it is.

    Args:
        entity: What the page is about.
        known: What is known of it, by label.
        url_of: The address of the page of another entity.
    """
    facts = "".join(
        f"<div><dt>{_plain(label)}</dt> <dd>{_values(label, text, entity, url_of)}</dd></div> "
        for label, text in known.items()
    )
    unknown = "" if known or entity.kind == "Block" else f"<p>{UNKNOWN}</p>"
    return f"<h2>{_plain(f'{entity.kind} {entity.text}')}</h2> <dl>{facts}</dl>{unknown}"


def _values(label: str, text: str, entity: Entity, url_of: UrlOf) -> str:
    """A fact's values, those that have a page of their own as links."""
    if label not in WITH_PAGES:
        return _plain(text)
    return ", ".join(_value(one, entity, url_of) for one in text.split(", "))


def _value(text: str, entity: Entity, url_of: UrlOf) -> str:
    """A value and, in brackets, what it is called."""
    value, blank, name = text.partition(" ")
    if value == entity.text.strip('"') or not _has_page(value):
        return _plain(text)
    link = f'<a class="all-about" href="{escape(url_of(value))}" target="_self">{_plain(value)}</a>'
    return f"{link}{blank}{_plain(name)}"


def _has_page(text: str) -> bool:
    try:
        return entity_of(text).field != "port"  # the number of values is no port
    except FilterError:
        return False


def _plain(text: str) -> str:
    """A text of others as it is, on one line."""
    return escape(visible(redacted(text)))
