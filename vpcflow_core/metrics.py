"""Metrics in the text format of Prometheus; and those of this process: how long questions take.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from threading import Lock
from typing import Literal, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Upper ends of the histogram's buckets, in seconds; a question is stopped after two minutes.
BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """One number.

    Attributes:
        value: The number.
        labels: Values by label.
        suffix: What follows the name of its metric: `_sum`.
    """

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: name, kind, what it is, and its numbers."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: tuple[Sample, ...]


class Questions:
    """How long the questions of this process to an engine took, and which failed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0
        self._errors: Counter[str] = Counter()

    def note(self, seconds: float, error: str = "") -> None:
        """Count one; `error` is the kind of its failure."""
        with self._lock:
            self._counts[bisect_left(BUCKETS, seconds)] += 1
            self._seconds += seconds
            if error:
                self._errors[error] += 1

    def metrics(self) -> list[Metric]:
        """What was counted."""
        with self._lock:
            counts, seconds, errors = list(self._counts), self._seconds, dict(self._errors)
        total, samples = 0, list[Sample]()
        for end, count in zip((*BUCKETS, None), counts, strict=True):
            total += count
            labels = {"le": "+Inf" if end is None else f"{end:g}"}
            samples.append(Sample(total, labels, "_bucket"))
        samples += [Sample(seconds, suffix="_sum"), Sample(total, suffix="_count")]
        failed = tuple(Sample(count, {"error": name}) for name, count in sorted(errors.items()))
        return [
            Metric(
                "vpcflow_query_seconds",
                "histogram",
                "Seconds that questions to the engine took, those that failed too.",
                tuple(samples),
            ),
            Metric(
                "vpcflow_query_errors_total", "counter", "Questions that failed, by error.", failed
            ),
        ]


QUESTIONS = Questions()


def timed(run: Callable[P, R]) -> Callable[P, R]:
    """A function that asks an engine; each call is counted in `QUESTIONS`."""

    @wraps(run)
    def counted(*args: P.args, **kwargs: P.kwargs) -> R:
        began = time.perf_counter()
        error = ""
        try:
            return run(*args, **kwargs)
        except Exception as failure:
            error = type(failure).__name__
            raise
        finally:
            QUESTIONS.note(time.perf_counter() - began, error)

    return counted


def exposition(metrics: Iterable[Metric]) -> str:
    r"""Metrics as text.

    >>> lag = Metric("lag_seconds", "gauge", "Age.", (Sample(2.5, {"source": 'a"b'}),))
    >>> print(exposition([lag]), end="")
    # HELP lag_seconds Age.
    # TYPE lag_seconds gauge
    lag_seconds{source="a\"b"} 2.5
    """
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        for sample in metric.samples:
            labels = ",".join(f'{name}="{_escaped(v)}"' for name, v in sample.labels.items())
            shown = f"{{{labels}}}" if labels else ""
            lines.append(f"{metric.name}{sample.suffix}{shown} {_number(sample.value)}")
    return "".join(f"{line}\n" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
