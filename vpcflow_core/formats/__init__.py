"""From bytes to records: text, JSON, Parquet and CloudWatch events."""
