"""What is made lately is made once, whoever asks, and the oldest goes first."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from vpcflow_core.newest import Newest


def test_threads_that_ask_for_the_same_wait_for_one_of_them() -> None:
    kept: Newest[int] = Newest(10)
    made: list[int] = []

    def make() -> int:
        time.sleep(0.05)
        made.append(threading.get_ident())
        return 7

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: kept.get("a", make), range(8))) == [7] * 8
    assert len(made) == 1


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    kept: Newest[str] = Newest(5, len)
    for key in ("aa", "bb"):
        kept.get(key, lambda key=key: key)  # type: ignore[misc]
    kept.get("aa", lambda: pytest.fail("it is kept"))
    kept.get("cc", lambda: "cc")
    assert kept.get("aa", lambda: "new") == "aa"
    assert kept.get("bb", lambda: "new") == "new"


def test_what_fails_is_tried_again() -> None:
    kept: Newest[int] = Newest(1)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 2) == 2
