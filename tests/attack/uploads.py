"""Files that a visitor may send: bombs, archives, lies, wrong types; and the names they bear.

Each is judged as an upload is. It must end in a verdict, in time; a file that is taken must be
read by a sync as the verdict says, and no name may lead out of the folder of uploads.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from tests.attack.base import Outcome, sentence_fault
from vpcflow_core.intake import judging
from vpcflow_core.intake.verdict import Verdict
from vpcflow_core.sources.uploads import UploadSource, keep

MB = 2**20
LIMIT = 10
# Of the largest file; what the machine does besides goes on top.
SECONDS = judging.SECONDS + judging.SECONDS_A_MB * LIMIT + 30

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status"
)
LINE = "2 123456789010 eni-1 10.0.0.1 10.0.1.9 20641 22 6 20 4249 1763640000 1763640060 ACCEPT OK"
LOG = f"{HEADER}\n{LINE}\n".encode()


def _zip(members: dict[str, bytes], *, link: bool = False) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if link else 0o100644) << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def _tar(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", mode: str = "w:gz") -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=mode) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        info.size = len(LOG) if kind == tarfile.REGTYPE else 0
        archive.addfile(info, io.BytesIO(LOG))
    return sink.getvalue()


def _nested(levels: int, content: bytes) -> bytes:
    for _ in range(levels):
        content = gzip.compress(content, 9)
    return content


def _parquet(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def _records(count: int = 3, **columns: object) -> pa.Table:
    return pa.table({
        "srcaddr": ["10.0.0.1"] * count, "dstaddr": ["10.0.0.2"] * count, "bytes": [7] * count,
        "interface_id": ["eni-1"] * count, "start": [1763640000] * count, "end": [1763640060] * count,
    } | columns)  # fmt: skip


def _footer(length: int, tail: bytes = b"PAR1") -> bytes:
    """Parquet that says its footer has another length."""
    return _parquet(_records())[:-8] + struct.pack("<I", length) + tail


def _damaged(step: int) -> bytes:
    """Parquet with every so many bytes of its footer changed."""
    whole = bytearray(_parquet(_records(1000)))
    (length,) = struct.unpack("<I", whole[-8:-4])
    for place in range(len(whole) - 8 - length, len(whole) - 8, step):
        whole[place] ^= 0x7F
    return bytes(whole)


def _same(count: int, **options: object) -> bytes:
    column = pa.array([7], pa.int64()).take(pa.array([0]).take(pa.array([0] * count)))
    return _parquet(pa.table({"bytes": column}), **options)


def _keys(count: int) -> bytes:
    lines = (json.dumps({f"k{n}": 1, "srcaddr": "10.0.0.1"}) for n in range(count))
    return "\n".join(lines).encode()


def _rows(count: int) -> bytes:
    return f"{HEADER}\n".encode() + f"{LINE}\n".encode() * count


Made = Callable[[], bytes]
UPLOADS: dict[str, dict[str, Made]] = {
    "packed": {
        "gzip of 2 GB of nothing": lambda: gzip.compress(bytes(2**27), 9) * 16,
        "gzip of a line over and over": lambda: gzip.compress(_rows(3_000_000), 9),
        "gzip of line ends": lambda: gzip.compress(b"\n" * 400 * MB, 9),
        "gzip of one long line": lambda: gzip.compress(b"x" * 400 * MB, 9),
        "gzip of brackets": lambda: gzip.compress(b"[" * 400 * MB, 9),
        "gzip of objects in objects": lambda: gzip.compress(b'{"a":' * 80 * MB, 9),
        "gzip in gzip in gzip": lambda: _nested(3, _rows(200_000)),
        "gzip twenty times": lambda: _nested(20, LOG),
        "gzip in gzip, a bomb": lambda: _nested(2, b"\n" * 400 * MB),
        "gzip that is cut short": lambda: gzip.compress(_rows(1000))[:-20],
        "gzip with a wrong checksum": lambda: gzip.compress(LOG)[:-8] + b"\0" * 8,
        "gzip with a long name": lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 9 * MB,
        "gzip of 100,000 empty members": lambda: gzip.compress(b"") * 100_000,
        "gzip, then something else": lambda: gzip.compress(LOG) + b"#!/bin/sh\n",
        "gzip of itself, in its head alone": lambda: b"\x1f\x8b",
        "zstd bomb": lambda: zstandard.compress(bytes(400 * MB)),
        "bzip2 bomb": lambda: bz2.compress(bytes(100 * MB)),
        "xz bomb": lambda: lzma.compress(bytes(100 * MB)),
    },
    "archives": {
        "zip of a log": lambda: _zip({"a.log": LOG}),
        "zip bomb": lambda: _zip({f"{n}.log": bytes(40 * MB) for n in range(8)}),
        "zip of zips": lambda: _zip({"a.zip": _zip({"b.zip": _zip({"c.log": bytes(MB)})})}),
        "zip with names that lead out": lambda: _zip({"../../etc/cron.d/x": LOG, "/etc/x": LOG}),
        "zip with a symbolic link": lambda: _zip({"a.log": b"/etc/passwd"}, link=True),
        "zip in gzip": lambda: gzip.compress(_zip({"a.log": LOG})),
        "tar with a symbolic link": lambda: _tar("a.log", tarfile.SYMTYPE, "/etc/passwd"),
        "tar with a hard link": lambda: _tar("a.log", tarfile.LNKTYPE, "/etc/passwd"),
        "tar with a device": lambda: _tar("a.log", tarfile.CHRTYPE),
        "tar with names that lead out": lambda: _tar("../../../tmp/a.log", mode="w"),
    },
    "text": {
        "one line of 9 MB": lambda: f"{HEADER}\n".encode() + b"x" * 9 * MB,
        "one line of 9 MB of numbers": lambda: f"{HEADER}\n".encode() + b"1 " * (4 * MB),
        "a header of 9 MB": lambda: b"srcaddr " * MB + b"\n" + LOG,
        "100,000 columns": lambda: " ".join(f"c{n}" for n in range(100_000)).encode() + b"\n1\n",
        "lines of ever more columns": lambda: b"\n".join(b"1 " * n for n in range(3_000)),
        "3 million line ends": lambda: LOG + b"\n" * 3_000_000,
        "3 million lines that are none": lambda: LOG + b"x\n" * 3_000_000,
        "carriage returns alone": lambda: LOG.replace(b"\n", b"\r") * 40_000,
        "zero bytes": lambda: bytes(9 * MB),
        "a log with zero bytes between": lambda: b"\0".join(bytes([b]) for b in LOG * 4000),
        "quotes that never close": lambda: b'srcaddr,dstaddr,bytes\n"10.0.0.1,' + b'"x' * 3 * MB,
        "UTF-16 cut in a letter": lambda: b"\xff\xfe" + LOG.decode().encode("utf-16-le")[:-1],
        "UTF-32 of 9 MB": lambda: b"\xff\xfe\0\0" + b"A\0\0\0" * (2 * MB),
        "numbers of a million digits": lambda: LOG + LINE.replace("4249", "9" * 900_000).encode() * 8,
        "terminal commands and markup": lambda: LOG + b"\x1b]0;x\x07<script>![](http://x)\n" * 1000,
    },
    "JSON": {
        "a million brackets": lambda: b"[" * 9 * MB,
        "100,000 objects within each other": lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "20,000 lines of distinct keys": lambda: _keys(20_000),
        "one object of a million keys": lambda: b"{%s}" % b",".join(b'"k%d":1' % n for n in range(600_000)),
        "one text of 9 MB": lambda: b'{"message":"' + b"x" * (9 * MB) + b'"}',
        "escapes without end": lambda: b'{"message":"' + b"\\u0000" * MB + b'"}',
        "records without end": lambda: b'{"Records":[' + b'{"srcaddr":"1.2.3.4"},' * 300_000,
        "events of events": lambda: b'{"logEvents":[' * 50_000,
        "numbers beyond all": lambda: b'{"srcaddr":"1.2.3.4","dstaddr":"1.2.3.4","bytes":1e999999}',
        "a number of a million digits": lambda: b'{"srcaddr":"1.2.3.4","bytes":' + b"9" * MB + b"}",
    },
    "Parquet": {
        "a footer longer than the file": lambda: _footer(2**31 - 1),
        "a footer of 4 GB": lambda: _footer(2**32 - 1),
        "a footer of no bytes": lambda: _footer(0),
        "no end": lambda: _parquet(_records())[:-9],
        "its name alone": lambda: b"PAR1PAR1",
        "its name around 9 MB": lambda: b"PAR1" + bytes(9 * MB) + b"PAR1",
        "encrypted, as it says": lambda: _footer(64, b"PARE"),
        **{f"a footer with each byte of {n} wrong": lambda n=n: _damaged(n) for n in (1, 3, 17, 211)},
        "50 million equal rows": lambda: _same(50_000_000, compression="zstd"),
        "5 million equal rows without dictionary": lambda: _same(5_000_000, use_dictionary=False),
        "9,000 row groups": lambda: _parquet(_records(9_000), row_group_size=1),
        "3,000 columns": lambda: _parquet(_records(**{f"c{n}": [1] * 3 for n in range(3_000)})),
        "columns of one name": lambda: _parquet(pa.table([[1], [2]], ["srcaddr", "srcaddr"])),
        "lists for addresses": lambda: _parquet(_records(1, srcaddr=[["10.0.0.1"]])),
        "structs within each other": lambda: _parquet(_records(1, bytes=[{"a": {"b": {"c": 1}}}])),
        "times for ports": lambda: _parquet(_records(1, srcport=pa.array([0], pa.timestamp("ns")))),
        "a text of 200 MB, packed": lambda: _parquet(_records(1, x=["x" * 200 * MB]), compression="zstd"),
        "a dictionary of a text of 5 MB": lambda: _parquet(_records(999, x=["x" * 5 * MB] * 999), compression="zstd"),
        "bytes that are no UTF-8": lambda: _parquet(_records(1, srcaddr=pa.array([b"\xff\xfe"]))),
        "in gzip, a bomb": lambda: gzip.compress(_same(50_000_000, compression="none"), 9),
    },
    "other files": {
        "nothing": lambda: b"", "a program": lambda: b"\x7fELF" + bytes(4096), "a script": lambda: b"#!/bin/sh\nid\n",
        "a web page": lambda: b"<script>alert(1)</script>" * 1000, "a pickle": lambda: b"\x80\x04cposix\nsystem\n.",
        "a database": lambda: b"SQLite format 3\0" + bytes(4096), "XML with entities": lambda: b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "a file that is too large": lambda: bytes(LIMIT * MB + 1), "a flow log": lambda: LOG,
    },
}  # fmt: skip

# What a browser may call a file, or an upload.
NAMES = (
    "../../etc/passwd", "..", ".", "", "/", "/etc/passwd", "\\..\\..\\x", "C:\\x.log", "a/../../b.log",
    "a\0b.log", "\n", "\u202egol.exe", "..%2f..%2fx", "%2e%2e/x", "~root/.ssh/authorized_keys", "con",
    "x" * 5000, "\U0001f4a3" * 200, ".bashrc", "-rf", "$(id).log", "`id`", "a;id", "|id", "<b>x</b>.log",
    "![x](http://evil.example/x.png)", "\ud800.log", "a\tb", "*", "a.log/", "....//....//x", "file:///etc/passwd",
)  # fmt: skip
# Of these a sync must get as many records as the verdict says.
_TAKEN = ("a flow log", "gzip in gzip in gzip")


def uploads(folder: Path) -> Iterator[Outcome]:
    """Judge all of them; take those that are taken, and names that lead elsewhere."""
    try:
        for group, files in UPLOADS.items():
            for name, made in files.items():
                yield upload(f"uploads: {group}", name, made())
        for name in NAMES:
            yield named(folder, name)
    finally:
        judging.rest()


def upload(group: str, name: str, data: bytes) -> Outcome:
    """Judge a file, and say what became of it."""
    start = time.monotonic()
    try:
        verdict = judging.judge_apart(f"{name}.log", data, LIMIT)
        held, fault = _held(name, verdict)
    except Exception as error:
        held, fault = "", f"{type(error).__name__}: {error}"[:300]
    seconds = time.monotonic() - start
    return Outcome(group, name, held, fault or _late(seconds), seconds)


def _held(name: str, verdict: Verdict) -> tuple[str, str]:
    if verdict.refused:
        fault = sentence_fault(verdict.refused)
        if "server's log" in verdict.refused:
            fault = "a parser failed in a way that is not foreseen"
        return verdict.refused, fault or ("a sound file is refused" if name in _TAKEN else "")
    assert verdict.report is not None
    return f"taken, {verdict.report.records:,} records", ""


def _late(seconds: float) -> str:
    return f"it took {seconds:.1f} s" if seconds > SECONDS else ""


def named(folder: Path, name: str) -> Outcome:
    """Keep a file of that name in an upload of that name, and read it again."""
    below = folder / "uploads"
    before = _others(folder, below)
    try:
        url = keep(folder, name, {name: LOG, f"0/{name}": LOG})
        source = UploadSource(folder, url)
        read = [source.read(found) for found in source.find(None)]
        held, fault = url, "" if read == [LOG, LOG] else "what was kept is not what is read"
    except Exception as error:
        held, fault = "", f"{type(error).__name__}: {error}"[:300]
    paths = [path for path in below.rglob("*") if path.is_symlink() or not _is_in(path, below)]
    if paths or _others(folder, below) != before:
        fault = "a file was written elsewhere"
    return Outcome("uploads: names", name, held, fault)


def _is_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _others(folder: Path, below: Path) -> list[Path]:
    """What lies beside the uploads, here and above."""
    return sorted({*folder.iterdir(), *folder.parent.glob("*.log")} - {below})
