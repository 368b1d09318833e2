"""Panels as data: what they are asked, and what they answer."""
