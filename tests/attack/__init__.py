"""Attacks on the product: SQL that must not get out, queries that must end, uploads, visitors."""
