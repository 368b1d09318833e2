"""A small look-alike of Athena's API over HTTP: its states, pages and faults, any engine behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

Answer = tuple[list[tuple[str, str]], list[list[Any]]]
PAGE = 100


@dataclass
class LookAlike:
    """What it does, and what it was asked.

    Attributes:
        answer: Columns with types, and rows, for a statement.
        cutoff: The workgroup's limit of bytes; None: it has none.
        throttled: Starts that are refused before one is taken.
        polls: Looks at a query before it has ended.
        fail: Reason for which queries fail; "" if they succeed.
        error: Code of an error that every start gets; "" for none.
        message: What AWS says of it.
        blames: Whom it blames for a query that failed: 1 itself, 2 the user.
        scanned: Bytes that each query scans.
        stop: Stops a statement where it is answered.
    """

    answer: Callable[[str], Answer]
    cutoff: int | None = 10**9
    throttled: int = 0
    polls: int = 2
    fail: str = ""
    error: str = ""
    message: str = "no"
    blames: int = 2
    scanned: int = 25_000_000
    stop: Callable[[str], object] = lambda sql: None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    queries: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_token: dict[str, str] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=count)
    _pool: ThreadPoolExecutor = field(default_factory=ThreadPoolExecutor)

    def names(self) -> list[str]:
        """The operations that were called."""
        return [name for name, _ in self.calls]

    def handle(self, name: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.calls.append((name, asked))
        made: tuple[int, dict[str, Any]] = _OPERATIONS[name](self, asked)
        return made

    def _work_group(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        configuration = {"BytesScannedCutoffPerQuery": self.cutoff} if self.cutoff else {}
        return 200, {"WorkGroup": {"Name": asked["WorkGroup"], "Configuration": configuration}}

    def _start(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.error:
            return 400, {"__type": self.error, "Message": self.message}
        if self.throttled:
            self.throttled -= 1
            return 400, {"__type": "TooManyRequestsException", "Message": "slow down"}
        assert len(asked["QueryString"].encode()) <= 262_144
        token = asked["ClientRequestToken"]
        assert 32 <= len(token) <= 128
        if token not in self.by_token:
            id = f"q-{next(self.numbers)}"
            self.by_token[token] = id
            reused = asked["QueryString"] in self.texts
            self.texts.add(asked["QueryString"])
            self.queries[id] = {
                "sql": asked["QueryString"],
                "looks": 0,
                "state": "",
                "reused": reused,
                "answer": self._pool.submit(self.answer, asked["QueryString"]),
            }
        return 200, {"QueryExecutionId": self.by_token[token]}

    def _look(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        query = self.queries[asked["QueryExecutionId"]]
        query["looks"] += 1
        state = query["state"] or ("QUEUED" if query["looks"] == 1 else "RUNNING")
        reason: dict[str, Any] = {}
        if not query["state"] and query["looks"] > self.polls and _is_over(query["answer"]):
            state = query["state"] = "FAILED" if self.fail else "SUCCEEDED"
            if not self.fail and (error := query["answer"].exception()):
                # The engine's own refusal is Athena's.
                state, self_fail = "FAILED", getattr(error, "message", str(error))
                reason = {
                    "StateChangeReason": self_fail,
                    "AthenaError": {"ErrorCategory": self.blames},
                }
        if self.fail and state == "FAILED":
            reason = {"StateChangeReason": self.fail, "AthenaError": {"ErrorCategory": self.blames}}
        kind = "DDL" if query["sql"].startswith(("CREATE", "DROP")) else "DML"
        statistics = {
            "DataScannedInBytes": 0 if query["reused"] else self.scanned,
            "ResultReuseInformation": {"ReusedPreviousResult": query["reused"]},
        }
        return 200, {
            "QueryExecution": {
                "QueryExecutionId": asked["QueryExecutionId"],
                "StatementType": kind,
                "Status": {"State": state, **reason},
                "Statistics": statistics,
            }
        }

    def _stop(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        query = self.queries[asked["QueryExecutionId"]]
        query["state"] = "CANCELLED"
        self.stop(query["sql"])
        return 200, {}

    def _results(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        columns, rows = self.queries[asked["QueryExecutionId"]]["answer"].result()
        shown = [[name for name, _ in columns], *rows]
        start = int(asked.get("NextToken", "0"))
        page = [{"Data": [_cell(value) for value in row]} for row in shown[start : start + PAGE]]
        info = [_column(name, kind) for name, kind in columns]
        more = {"NextToken": str(start + PAGE)} if start + PAGE < len(shown) else {}
        return 200, {
            "ResultSet": {"Rows": page, "ResultSetMetadata": {"ColumnInfo": info}},
            **more,
        }


_OPERATIONS: dict[str, Callable[[LookAlike, dict[str, Any]], tuple[int, dict[str, Any]]]] = {
    "GetWorkGroup": LookAlike._work_group,
    "StartQueryExecution": LookAlike._start,
    "GetQueryExecution": LookAlike._look,
    "StopQueryExecution": LookAlike._stop,
    "GetQueryResults": LookAlike._results,
}


def _is_over(answer: Future[Answer]) -> bool:
    """Whether a query has ended, or does within a moment."""
    return bool(wait([answer], 0.2).done)


def _cell(value: Any) -> dict[str, str]:
    """As Athena writes values: lists without quotes, null as nothing at all."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"VarCharValue": str(value).lower()}
    if isinstance(value, list):
        return {"VarCharValue": f"[{', '.join(map(str, value))}]"}
    if isinstance(value, datetime):
        return {"VarCharValue": value.isoformat(" ", "milliseconds")}
    return {"VarCharValue": str(value)}


def _column(name: str, kind: str) -> dict[str, Any]:
    plain = kind.partition("(")[0]
    column: dict[str, Any] = {"Name": name, "Type": plain}
    if plain == "decimal":
        precision, scale = kind[8:-1].split(",")
        column |= {"Precision": int(precision), "Scale": int(scale)}
    return column


@contextmanager
def serving(like: LookAlike) -> Iterator[str]:
    """Serves it; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = self.headers["X-Amz-Target"].rpartition(".")[2]
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = like.handle(name, json.loads(body))
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
