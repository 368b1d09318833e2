"""What tests of CloudWatch Logs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sources.cloudwatch.logs_proxy import Proxy, proxy_of


@pytest.fixture
def proxy(aws: str) -> Iterator[Proxy]:
    """An empty CloudWatch Logs that behaves as AWS's does."""
    with proxy_of(aws) as opened:
        yield opened
