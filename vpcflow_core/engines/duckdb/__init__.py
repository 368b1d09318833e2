"""DuckDB over the store's Parquet files."""
