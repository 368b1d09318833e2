"""Trino's SQL, for Trino and Athena; no engine yet."""
