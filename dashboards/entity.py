"""Entity: all about one address, block, interface, instance, group or port."""

from dashboards.ui.entity import draw
from dashboards.ui.navigation import FreePage

ENTITY = FreePage(
    "entity",
    "Entity",
    ":material/person_search:",
    "Who is it, what did it do, and what is new about it?",
    draw,
)
