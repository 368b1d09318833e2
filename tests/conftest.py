"""Fixtures that several rooms share."""

from tests.aws import aws, aws_server, credentials

__all__ = ["aws", "aws_server", "credentials"]
