"""Ways to continue a series that are not a regression."""
