"""Logs in CloudWatch Logs."""
