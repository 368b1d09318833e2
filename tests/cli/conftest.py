"""Fixtures of the command line."""

from tests.commands import vpcflow

__all__ = ["vpcflow"]
