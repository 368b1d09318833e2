"""Where logs lie: S3, CloudWatch Logs, files, the built-in sample. boto3 lives here."""
