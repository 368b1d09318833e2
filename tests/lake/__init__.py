"""Tests of the shared table."""
