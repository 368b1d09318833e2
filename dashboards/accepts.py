"""Accepts: what security groups and network ACLs let through."""

from dashboards.decisions import decision_page

ACCEPTS = decision_page(
    "accepts",
    "Accepts",
    ":material/check_circle:",
    "What do security groups and network ACLs let through, and is it usual?",
)
