"""Parquet files by day and the ledger that says which of them count."""
