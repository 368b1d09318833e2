"""The way of the logs through CloudWatch Logs and a Lambda function to S3; see docs/collect.md."""
