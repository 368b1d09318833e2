"""Filters that several questions have, as an analyst would write them."""

from __future__ import annotations

PRIVATE = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7, fe80::/10"
PUBLIC = ", ".join(f"!{block}" for block in PRIVATE.split(", "))
# Ports below those that clients send from (Linux): what answers come to is no service.
SERVICES = "1-32767"
