"""What traffic costs: prices, which records count for which item, and what to do about it."""
