"""Alerts: incidents that are sent to people as they begin and as they end."""
