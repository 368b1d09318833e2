"""The panels of the dashboards, as data; a file for each page."""
