"""AWS for tests: moto's server on localhost, spoken to over HTTP like the real one.

`aws_server` runs once a session; `aws` empties it and sets credentials for one test.
"""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from functools import cache

import pytest
from botocore.loaders import JSONFileLoader

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
    "AWS_SECRET_ACCESS_KEY": "nobody-may-ever-read-this-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """URL of moto's server, which stays up for the whole session."""
    from moto.server import ThreadedMotoServer  # most runs of a file need no AWS

    # No test asks for images, and each test's empty EC2 would load a thousand of them.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    # Each session reads the description of its services anew: of EC2, a third of a second.
    read = cache(JSONFileLoader().load_file)
    JSONFileLoader.load_file = staticmethod(read)  # type: ignore[method-assign]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up credentials, and none of this machine's AWS settings."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def aws(aws_server: str, credentials: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of an empty AWS; boto3 clients made in the test go there by themselves."""
    request = urllib.request.Request(f"{aws_server}/moto-api/reset", method="POST")
    urllib.request.urlopen(request).close()
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server)
    return aws_server
