"""A visitor's file is judged in a process of its own; whatever it holds, a sentence comes back."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vpcflow_core.bounded.base import Limits, StoppedError
from vpcflow_core.formats.base import LogFormat
from vpcflow_core.intake import judging
from vpcflow_core.intake.judge import MB, beyond, judge
from vpcflow_core.intake.verdict import Verdict

HEADER = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
LINE = "2 123456789010 eni-1 10.0.0.1 10.0.1.9 20641 22 6 20 4249 1763640000 1763640060 ACCEPT OK"
DATA = "\n".join([HEADER, LINE, LINE, "no record", ""]).encode()


@pytest.fixture(scope="module", autouse=True)
def at_rest() -> Iterator[None]:
    yield
    judging.rest()


def test_a_verdict_is_the_same_from_a_process_of_its_own() -> None:
    apart = judging.judge_apart("a.log", DATA, 1)
    assert apart == judge("a.log", DATA, 1)
    assert apart.report is not None
    assert (apart.report.records, apart.report.malformed) == (2, 1)
    given = LogFormat.parse("srcaddr dstaddr bytes")
    bare = b"10.0.0.1 10.0.0.2 5\n"
    assert judging.judge_apart("b.log", bare, 1, given) == judge("b.log", bare, 1, given)
    assert judging.judge_apart("c", b"", 1).refused == "It holds no record."


@pytest.mark.parametrize("why", judging._REFUSED)
def test_every_limit_refuses_the_file_in_a_sentence(
    why: judging.Why, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise StoppedError(why)

    monkeypatch.setattr(judging.WORKERS, "ask", stopped)
    refused = judging.judge_apart("a.log", DATA, 1).refused
    assert refused.endswith((".", "?"))
    assert "{" not in refused


def test_the_limits_grow_with_the_file_and_not_with_what_it_unpacks_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[Limits] = []

    def stopped(*_: object, limits: Limits) -> None:
        found.append(limits)
        raise StoppedError("time")

    monkeypatch.setattr(judging.WORKERS, "ask", stopped)
    refused = judging.judge_apart("a.log", bytes(2 * MB), 3).refused
    assert refused.startswith("Reading it takes longer than 34 seconds.")
    assert [(limits.seconds, limits.memory) for limits in found] == [(34.0, 1028 * MB)]
    assert judging.judge_apart("a.log", bytes(4 * MB), 3).refused == "It is larger than 3 MB."
    assert len(found) == 1


def test_an_answer_that_is_no_verdict_refuses_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (b"", b"[]", b'{"name": "a"}', b'{"name": "", "refused": "", "report": {"x": 1}}'):
        reply = _Reply(data)
        monkeypatch.setattr(judging.WORKERS, "ask", lambda *_, reply=reply, **__: reply)
        assert judging.judge_apart("a.log", DATA, 1).refused.startswith("It ended the process")


class _Reply:
    def __init__(self, data: bytes) -> None:
        self.data = memoryview(data)


def same_rows(count: int) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"bytes": pa.array([7] * count, pa.int64())}), sink)
    return sink.getvalue()


def test_what_shrinks_too_well_is_refused_though_it_is_not_too_large() -> None:
    for bomb in (gzip.compress(b"x\n" * 20 * MB), same_rows(2 * MB)):
        assert beyond(bomb, 1000 * MB) == (
            "It is too large: it unpacks to more than 200 times its size."
        )
    lines = "\n".join(LINE.replace("20641", str(n)) for n in range(20_000)).encode()
    assert beyond(gzip.compress(lines), 1000 * MB) == ""
    assert beyond(gzip.compress(b"x\n" * MB), 1000 * MB) == ""


def test_a_verdict_travels_whole() -> None:
    verdict = judge("ä\x00.log", DATA, 1)
    assert Verdict.unpacked(verdict.packed()) == verdict
    assert verdict.report is not None
    assert verdict.report.first is not None
