"""Formats of lines without header: right, or refused; never wrong."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests.formats.reading import HEADER, OK_LINE, columns, read, text
from tests.formats.samples.lines import V3
from vpcflow_core.errors import FormatError
from vpcflow_core.fields import DEFAULT_TRANSIT_FORMAT, VPC_FIELDS, field

VERSIONS = (2, 3, 4, 5, 7, 8, 9, 10, 11)


def records(
    names: Sequence[str], count: int, seed: int = 1, version: int | None = None
) -> list[str]:
    """Lines with values as a real network makes them, a tenth of them NODATA."""
    rng = random.Random(seed)
    version = version or max(field(name).version for name in names)
    lines = []
    for _ in range(count):
        silent = rng.random() < 0.1
        start, packets = 1_700_000_000 + rng.randrange(10**6), rng.randrange(1, 5000)
        values = {
            "version": version, "account-id": f"{rng.randrange(10**12):012}",
            "interface-id": f"eni-{rng.randrange(16**8):08x}", "start": start,
            "end": start + rng.randrange(60), "log-status": "NODATA" if silent else "OK",
            "packets": packets, "bytes": packets * rng.randrange(40, 1500),
            "protocol": rng.choice([1, 6, 6, 17]), "action": rng.choice(["ACCEPT", "REJECT"]),
            "srcport": rng.randrange(65536), "dstport": rng.choice([22, 443, 8080]),
            "vpc-id": "vpc-0a1b2c3d", "subnet-id": "subnet-0a1b2c3d", "instance-id": "i-0a1b2c3d",
            "tcp-flags": rng.choice([0, 2, 3, 18, 19]), "type": rng.choice(["IPv4", "IPv6"]),
            "region": "eu-central-1", "az-id": "euc1-az2", "flow-direction": rng.choice(["ingress", "egress"]),
            "pkt-src-aws-service": rng.choice(["S3", "-", "EC2"]), "traffic-path": rng.choice([1, 8, "-"]),
            "tgw-id": "tgw-0123456789abcdef0", "resource-type": "TransitGateway",
        }  # fmt: skip
        for name in names:
            if name.endswith("addr"):
                values[name] = ".".join(str(rng.randrange(256)) for _ in range(4))
            elif name.endswith("-attachment-id"):
                values[name] = "tgw-attach-0123456789abcdef0"
            elif name.startswith("packets-lost"):
                values[name] = 0
            elif name.startswith("tgw-") and name not in values:
                end = name.rsplit("-", 2)[-2:]
                values[name] = {
                    "vpc-id": "vpc-0a1b2c3d", "subnet-id": "subnet-0a1b2c3d", "account-id": "123456789012",
                    "src-eni": "eni-01234567", "dst-eni": "eni-01234567", "az-id": "euc1-az1",
                }["-".join(end)]  # fmt: skip
        if silent:
            for name in (
                "srcaddr",
                "dstaddr",
                "srcport",
                "dstport",
                "protocol",
                "packets",
                "bytes",
                "action",
            ):
                values[name] = "-"
        lines.append(" ".join(str(values.get(name, "-")) for name in names))
    return lines


def up_to(version: int) -> list[str]:
    return [f.aws for f in VPC_FIELDS if f.version <= version]


def fields_of(lines: Sequence[str]) -> list[str]:
    _, report = read(text(*lines, header=None))
    assert report.fields_from == "inferred"
    assert report.malformed == 0
    return report.fields


@pytest.mark.parametrize("count", [1, 5, 300])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_in_awss_order(version: int, count: int) -> None:
    names = up_to(version)
    assert fields_of(records(names, count)) == columns(names)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_in_alphabetical_order(version: int) -> None:
    names = sorted(up_to(version))
    assert fields_of(records(names, 100)) == columns(names)


def test_the_default_of_transit_gateways() -> None:
    lines = records(DEFAULT_TRANSIT_FORMAT, 50, version=6)
    assert fields_of(lines) == columns(DEFAULT_TRANSIT_FORMAT)


def test_some_fields_in_alphabetical_order() -> None:
    header, *lines = V3.splitlines()
    assert fields_of(lines) == columns(header.split())


@pytest.mark.parametrize("seed", range(60))
def test_a_guess_is_right_or_refused(seed: int) -> None:
    rng = random.Random(seed)
    names = up_to(rng.choice(VERSIONS[:4]))
    if seed % 3:
        names = [name for name in names if rng.random() < 0.8]
    if seed % 2:
        rng.shuffle(names)
    if not names:
        return
    lines = records(names, rng.choice([1, 30, 200]), seed)
    try:
        _, report = read(text(*lines, header=None))
    except FormatError:
        return
    assert report.fields == columns(names)


def test_source_and_destination_in_another_order_are_refused() -> None:
    names = HEADER.split()
    names[0], names[3] = names[3], names[0]
    with pytest.raises(FormatError):
        read(text(*records(names, 200), header=None))


def test_a_line_cut_off_does_not_pass_for_an_older_version() -> None:
    lines = records(up_to(3), 50)
    cut = " ".join(lines[0].split()[:14])
    _, report = read(text(*lines, cut, header=None))
    assert (report.records, report.malformed) == (50, 1)


def test_two_formats_in_one_file_are_told_apart() -> None:
    lines = records(up_to(2), 30) + records(up_to(5), 20)
    random.Random(3).shuffle(lines)
    rows, report = read(text(*lines, header=None))
    assert (len(rows), report.malformed) == (50, 0)
    assert sum("traffic_path" in row for row in rows) == 20


def test_bad_lines_do_not_hinder_the_guess() -> None:
    bad = [OK_LINE.replace("172.31.16.139", "banana"), "bogus line", OK_LINE + " x"]
    _, report = read(text(*bad, *[OK_LINE] * 5, header=None))
    assert (report.records, report.malformed) == (5, 3)


def test_the_refusal_shows_a_line_and_how_many_fields_it_has() -> None:
    with pytest.raises(
        FormatError, match=r"these are \(3 values\) is not certain: 10\.0\.0\.1 6 443"
    ):
        read(text("10.0.0.1 6 443", header=None))
