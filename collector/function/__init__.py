"""The Lambda function of collector.yaml. Runs with the standard library and boto3 alone."""
