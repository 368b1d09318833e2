"""From bytes to records: text, JSON, Parquet, CSV and CloudWatch events.

`parse.parse` reads, `base` has what it gives. Nothing is imported here: a store that is only asked
needs `base`, and none of what parses.
"""
