"""Fixtures that several rooms share."""

from hypothesis import HealthCheck, settings

from tests.aws import aws, aws_server, credentials
from tests.sample import bare_store, sample, sample_store

__all__ = ["aws", "aws_server", "bare_store", "credentials", "sample", "sample_store"]

# No test depends on how fast the machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
