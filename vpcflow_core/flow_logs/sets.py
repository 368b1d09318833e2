"""Zones and watch lists of the settings."""

from __future__ import annotations

from collections.abc import Iterable

from vpcflow_core.engines.open import naming_of
from vpcflow_core.errors import FilterError, closest
from vpcflow_core.inventory.block_sets import BlockSets
from vpcflow_core.query.filters import Filters
from vpcflow_core.query.terms import InSet
from vpcflow_core.settings import load_settings

# What each kind of set is called, and its setting.
WORDS = {"zone": ("zone", "zones"), "watch": ("watch list", "watch_lists")}


def block_sets(about: str) -> BlockSets:
    """The sets of a kind: `zone` or `watch`.

    Raises:
        SettingsError: A file of theirs cannot be read.
    """
    naming = naming_of(load_settings())
    return naming.zone_sets() if about == "zone" else naming.watched()


def watched(addresses: Iterable[str]) -> dict[str, str]:
    """The watch list of each of the addresses that is on one.

    Raises:
        SettingsError: A file of a list cannot be read.
    """
    sets = block_sets("watch")
    if not sets.names:
        return {}
    found = {address: sets.of(address) for address in addresses}
    return {address: name for address, name in found.items() if name}


def sets_of(texts: Iterable[str]) -> dict[str, str]:
    """The zones and watch lists of addresses or blocks, in words, by what each kind is called.

    Raises:
        SettingsError: A file of theirs cannot be read.
    """
    naming = naming_of(load_settings())
    found = [naming.memberships(text) for text in texts]
    return {
        word.capitalize(): ", ".join(dict.fromkeys(str(m) for one in found for m in one[about]))
        for about, (word, _) in WORDS.items()
    }


def require_sets(filters: Filters) -> None:
    """Refuse filters by a set that there is not.

    Raises:
        FilterError: Names the closest one, or the setting.
    """
    for item in filters:
        for term in (*item.any_of, *item.none_of):
            if isinstance(term, InSet) and "*" not in term.name:
                _require(term, item.field)


def _require(term: InSet, field: str) -> None:
    known = block_sets(term.about).names
    if term.name in known:
        return
    word, setting = WORDS[term.about]
    there = f"There are: {', '.join(known[:20])}." if known else f"Set {setting}: docs/zones.md."
    raise FilterError(
        f"{field}: there is no {word} '{term.name}'.",
        f"{closest(term.name, known)}  {there}".strip(),
    )
