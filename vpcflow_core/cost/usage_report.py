"""AWS's Cost and Usage Report as sums by usage type: CSV, CSV.gz or Parquet, with old or new names.

Files are read batch by batch, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from vpcflow_core.cost.usage_types import usage_type_of
from vpcflow_core.errors import FormatError, MissingError, SourceError
from vpcflow_core.times import Window

# Names of a column: of the report until 2023 as CSV, and of its Parquet files and of CUR 2.0.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "usage_type": ("lineItem/UsageType", "line_item_usage_type"),
    "amount": ("lineItem/UsageAmount", "line_item_usage_amount"),
    "dollars": ("lineItem/UnblendedCost", "line_item_unblended_cost"),
    "start": ("lineItem/UsageStartDate", "line_item_usage_start_date"),
    "end": ("lineItem/UsageEndDate", "line_item_usage_end_date"),
    "line_type": ("lineItem/LineItemType", "line_item_line_item_type"),
    "account": ("lineItem/UsageAccountId", "line_item_usage_account_id"),
    "product": ("lineItem/ProductCode", "line_item_product_code"),
    "region": ("product/region", "product/regionCode", "product_region_code", "product_region"),
}
OPTIONAL = frozenset({"line_type", "account", "product", "region"})
KEYS = ["usage_type", "product", "region", "account"]
USED = ("Usage", "DiscountedUsage")  # credits, taxes and fees are no usage
SUFFIXES = (".csv", ".csv.gz", ".parquet")
ROWS = 65_536  # of a batch of Parquet
BLOCK = 8 * 1024**2  # bytes of a batch of CSV
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class UsageReport:
    """A report, as far as the network is in it.

    Attributes:
        files: Where it lies.
        window: From its first line to the end of its last.
        step: How long its longest line is.
    """

    files: tuple[Path, ...]
    window: Window
    step: timedelta

    def common(self, known: Window) -> Window | None:
        """The part of another range that whole lines of the report fill; None: there is none."""
        start, end = max(self.window.start, known.start), min(self.window.end, known.end)
        if self.step > DAY:
            return self.window if (start, end) == (self.window.start, self.window.end) else None
        first = pd.Timestamp(start).ceil(self.step).to_pydatetime()
        last = pd.Timestamp(end).floor(self.step).to_pydatetime()
        return Window(first, last) if first < last else None

    def usage(self, window: Window) -> pd.DataFrame:
        """What was used within a range.

        Returns:
            usage_type, product, region, account ("" where the report does not say), amount (GB or
            hours) and dollars (unblended).
        """
        sums = pd.DataFrame(columns=[*KEYS, "amount", "dollars"])
        for lines in _lines(self.files):
            inside = (lines["start"] >= window.start) & (lines["end"] <= window.end)
            added = lines.loc[inside, list(sums.columns)]
            both = pd.concat([sums, added]) if len(sums) else added
            sums = both.groupby(KEYS, as_index=False)[["amount", "dollars"]].sum()
        return sums


def opened_report(path: Path) -> UsageReport:
    """A report that lies in a file, or in all files of a folder.

    Raises:
        MissingError: There is no such file.
        FormatError: It is no Cost and Usage Report, or has nothing of the network.
        SourceError: It cannot be read.
    """
    files = _files_of(path)
    start = end = None
    step = timedelta(hours=1)
    for lines in _lines(files):
        if lines.empty:
            continue
        first, last = lines["start"].min(), lines["end"].max()
        start = first if start is None else min(start, first)
        end = last if end is None else max(end, last)
        step = max(step, (lines["end"] - lines["start"]).max().to_pytimedelta())
    if start is None or end is None or start >= end:
        raise FormatError(
            f"{path} has no line of network traffic (such as NatGateway-Bytes).",
            "Give the whole report: all its files in one folder.",
        )
    return UsageReport(files, Window(start.to_pydatetime(), end.to_pydatetime()), step)


def _files_of(path: Path) -> tuple[Path, ...]:
    if path.is_dir():
        found = tuple(sorted(f for f in path.rglob("*") if f.name.endswith(SUFFIXES)))
        if not found:
            raise MissingError(
                f"{path} has no file that ends in {', '.join(SUFFIXES)}.",
                "Give a Cost and Usage Report, or the folder of its files.",
            )
        return found
    if not path.exists():
        raise MissingError(f"{path} does not exist.", "Give a Cost and Usage Report: a file.")
    return (path,)


def _lines(files: Sequence[Path]) -> Iterator[pd.DataFrame]:
    """Lines of the network, batch by batch: the columns of `NAMES`, text where it is text."""
    for path in files:
        with _said(path):
            for batch in _batches(path):
                yield _of_network(batch.to_pandas(), path)


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """What goes wrong while a file is read, in a sentence."""
    try:
        yield
    # What a file that is no report makes of its readers: a damaged one (Invalid, EOF), Parquet of
    # types or codecs that Arrow does not read (NotImplemented), text in another encoding.
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError, EOFError) as error:
        reason = str(error).splitlines()[0][:200]
        raise FormatError(
            f"{path} cannot be read as a Cost and Usage Report: {reason}",
            "Give it as AWS delivers it: CSV, CSV.gz or Parquet.",
        ) from None
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read: {error.strerror or str(error)[:200]}.",
            "Check that the file is whole, and that you may read it.",
        ) from None


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    """A file's batches with the columns of `NAMES` that it has."""
    with path.open("rb") as file:
        head = file.read(4)
    if head == b"PAR1":
        with pq.ParquetFile(path) as parquet:
            names = _columns_of(parquet.schema_arrow.names, path)
            for batch in parquet.iter_batches(ROWS, columns=list(names)):
                yield batch.rename_columns([names[name] for name in batch.schema.names])
        return
    if head[:1] in (b"{", b"[") or head[:2] == b"PK":
        kind = "a ZIP archive" if head[:2] == b"PK" else "JSON"
        raise FormatError(
            f"{path} is {kind}, not the report itself.",
            "Give the report's CSV, CSV.gz or Parquet; unpack it first if need be.",
        )
    packed = "gzip" if head[:2] == b"\x1f\x8b" else None
    read, parse = csv.ReadOptions(block_size=BLOCK), csv.ParseOptions(newlines_in_values=True)
    with (
        pa.input_stream(str(path), compression=packed) as stream,
        csv.open_csv(stream, read, parse) as first,
    ):
        names = _columns_of(first.schema.names, path)
    convert = csv.ConvertOptions(
        include_columns=list(names), column_types=dict.fromkeys(names, pa.string())
    )
    with (
        pa.input_stream(str(path), compression=packed) as stream,
        csv.open_csv(stream, read, parse, convert) as reader,
    ):
        for batch in reader:
            yield batch.rename_columns([names[name] for name in batch.schema.names])


def _columns_of(names: Sequence[str], path: Path) -> dict[str, str]:
    """Our names by those of a file.

    Raises:
        FormatError: A column that is needed is missing.
    """
    found = {
        next((name for name in known if name in names), ""): ours for ours, known in NAMES.items()
    }
    found.pop("", None)
    missing = [known for ours, known in NAMES.items() if ours not in {*found.values(), *OPTIONAL}]
    if missing:
        raise FormatError(
            f"{path} is no Cost and Usage Report: it has no column {' or '.join(missing[0])}.",
            "Give the report as AWS delivers it (CUR or CUR 2.0), with its header.",
        )
    return found


def _of_network(lines: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The lines that are usage of the network, in the right types."""
    for name in ("usage_type", *OPTIONAL):
        lines[name] = lines[name].astype("object").fillna("").astype(str) if name in lines else ""
    pairs = lines[["usage_type", "product"]].drop_duplicates().itertuples(index=False)
    network = {(name, product) for name, product in pairs if usage_type_of(name, product)}
    wanted = pd.Series(
        [pair in network for pair in zip(lines["usage_type"], lines["product"], strict=True)],
        lines.index,
        dtype="bool",
    )
    if lines["line_type"].ne("").any():
        wanted &= lines["line_type"].isin(USED)
    lines = lines[wanted]
    numbers = {name: pd.to_numeric(lines[name], "coerce") for name in ("amount", "dollars")}
    times = {
        name: pd.to_datetime(lines[name], utc=True, errors="coerce", format=_format(lines[name]))
        for name in ("start", "end")
    }
    for name, values in (numbers | times).items():
        if values.isna().any():
            raise FormatError(
                f"{path} has '{lines.loc[values.isna(), name].iloc[0]}' as {NAMES[name][1]}.",
                "Give the report as AWS delivers it, not as a spreadsheet saved it.",
            )
    numbers = {name: values.astype("float64") for name, values in numbers.items()}
    return lines.assign(**numbers, **times)


def _format(values: pd.Series) -> str | None:
    """How times are written; Parquet has them as times."""
    return "ISO8601" if values.dtype == "object" or values.dtype == "str" else None
