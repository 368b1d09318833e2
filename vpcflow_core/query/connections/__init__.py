"""Connections: records of one five-tuple at one interface, both directions, with their client.

docs/decisions/connections.md says how a connection ends, and how its client is known.
"""
