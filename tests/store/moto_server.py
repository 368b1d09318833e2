"""Moto's S3 server in a process of its own, with 500 objects of two days in a bucket.

Prints its address, serves until its input ends. The objects are put without HTTP, which is faster;
they are read over HTTP.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

from tests.store.doubles import START, key, line, log

OBJECTS = 500
PER_OBJECT = 8
BUCKET = "central-logs"


def fill() -> None:
    """Every tenth object has a NODATA record, the last one is cut short."""
    backend = s3_backends["123456789012"]["aws"]
    backend.create_bucket(BUCKET, "us-east-1")
    for number in range(OBJECTS):
        at = START + timedelta(minutes=5 * number)
        lines = [
            line(number * PER_OBJECT + i, at + timedelta(seconds=i)) for i in range(PER_OBJECT)
        ]
        if number % 10 == 0:
            lines.append(line(0, at, "NODATA"))
        data = log(lines)
        backend.put_object(BUCKET, key(number), data if number < OBJECTS - 1 else data[:-12])


def main() -> None:
    fill()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
