"""Measures speed and memory beside other tools, in one run on one machine."""
