"""Detections: what of known kinds of trouble there was, as incidents."""
