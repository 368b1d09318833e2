"""Accepts: what security groups and network ACLs let through."""

from dashboards.decisions import decision_page

decision_page(
    "accepts", "Accepts", "What do security groups and network ACLs let through, and is it usual?"
).draw()
