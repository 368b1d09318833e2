"""Files cut short and overwritten in places, and what may come of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from hypothesis import strategies as st

from tests.formats.reading import read
from vpcflow_core.errors import FormatError

JUNK = st.sampled_from(
    [b"\n", b"\r", b"\0", b"\xff", b"{", b"}", b"[", b'"', b",", b"\\", b"0x1", b"9" * 30]
)


@st.composite
def damaged(draw: st.DrawFn, samples: Iterable[bytes]) -> bytes:
    sample = draw(st.sampled_from(list(samples)))
    data = bytearray(sample[: draw(st.integers(0, len(sample)))])
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 5))] = draw(JUNK)
    return bytes(data)


def read_or_refuse(data: bytes) -> None:
    """Reads what can be read; anything but a refusal is a crash."""
    with contextlib.suppress(FormatError):
        _, report = read(data)
        assert sum(report.counts.values()) == report.malformed
