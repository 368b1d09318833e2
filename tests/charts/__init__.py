"""Figures and tables of panels."""
