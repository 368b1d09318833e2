"""Logs in S3."""
