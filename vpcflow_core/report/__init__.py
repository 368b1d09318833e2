"""Dashboards of a range as one file."""
