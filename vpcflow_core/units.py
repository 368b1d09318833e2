"""Numbers as people read them."""

from __future__ import annotations

import re

_BYTES = ("B", "KB", "MB", "GB", "TB", "PB")
_BITS = ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")
_COUNTS = ("", " K", " M", " G", " T")


# Verbs with more than an "s" for one thing.
_OF_ONE = {"have": "has", "were": "was"}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s?([KMGT]?)(i?)B", re.IGNORECASE)


def bytes_of(text: str) -> int:
    """Bytes of a size as settings and DuckDB write it: KB in steps of 1,000, KiB of 1,024.

    Raises:
        ValueError: It is none.

    >>> bytes_of("4GB"), bytes_of("1.5 MiB")
    (4000000000, 1572864)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is no size")
    number, unit, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** " KMGT".index(unit.upper() or " "))


def humane_bytes(count: float) -> str:
    """Bytes in steps of 1,024.

    >>> humane_bytes(512), humane_bytes(1_572_864), humane_bytes(123_456_789_012)
    ('512 B', '1.5 MB', '115 GB')
    """
    return _scaled(count, 1024, _BYTES, " ")


def humane_count(count: float) -> str:
    """A count in steps of 1,000.

    >>> humane_count(7), humane_count(3_400_000), humane_count(12_345)
    ('7', '3.4 M', '12.3 K')
    """
    return _scaled(count, 1000, _COUNTS, "")


def _scaled(count: float, step: int, units: tuple[str, ...], gap: str) -> str:
    """Three digits at most, and the unit they are in."""
    power = 0
    # 999.5 would print as 1000: the next unit takes over where rounding reaches the step.
    while abs(count) >= step - 0.5 and power < len(units) - 1:
        count /= step
        power += 1
    digits = 0 if power == 0 or abs(count) >= 99.95 else 1
    return f"{count:,.{digits}f}".removesuffix(".0") + gap + units[power]


def one_of(words: str) -> str:
    """The singular of a plural; what is none stays.

    >>> one_of("flows"), one_of("addresses"), one_of("matches"), one_of("bit/s"), one_of("time")
    ('flow', 'address', 'match', 'bit/s', 'time')
    """
    if words.endswith("ies"):
        return words[:-3] + "y"
    if words.endswith(("sses", "ches")):
        return words[:-2]
    return words[:-1] if words.endswith("s") and "/" not in words else words


def number_of(count: int, words: str) -> str:
    """A number and what it counts, which is a plural.

    >>> number_of(0, "rows"), number_of(1, "rows"), number_of(1234, "rows")
    ('0 rows', '1 row', '1,234 rows')
    """
    return f"{count:,} {one_of(words) if count == 1 else words}"


def number_doing(count: int, words: str, verb: str) -> str:
    """A number, what it counts, and what that does or is, both as plurals.

    >>> number_doing(1, "objects", "have"), number_doing(2, "objects", "have")
    ('1 object has', '2 objects have')
    >>> number_doing(1, "messages", "wait")
    '1 message waits'
    """
    return f"{number_of(count, words)} {_OF_ONE.get(verb, f'{verb}s') if count == 1 else verb}"


def humane_seconds(seconds: float) -> str:
    """A length of time in its two largest units.

    >>> humane_seconds(58), humane_seconds(3_480), humane_seconds(5_000), humane_seconds(200_000)
    ('58 s', '58 m', '1 h 23 m', '2 d 7 h')
    """
    steps = ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s"))
    for size, unit, part, smaller in steps:
        if seconds >= size:
            rest = int(seconds % size) // part
            return f"{int(seconds // size):,} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{seconds:,.0f} s"


def humane_percent(share: float) -> str:
    """A share in percent; what is more than nothing never looks like nothing.

    >>> humane_percent(0), humane_percent(0.04), humane_percent(12.34), humane_percent(100)
    ('0 %', '< 0.1 %', '12.3 %', '100 %')
    """
    if 0 < share < 0.05:
        return "< 0.1 %"
    return f"{share:.1f}".removesuffix(".0") + " %"


def humane_dollars(dollars: float) -> str:
    """Dollars, with cents below a thousand.

    >>> humane_dollars(0.004), humane_dollars(12.5), humane_dollars(1234.5)
    ('<$0.01', '$12.50', '$1,234')
    """
    if 0 < abs(dollars) < 0.01:
        return "<$0.01"
    return f"${dollars:,.2f}" if abs(dollars) < 1000 else f"${dollars:,.0f}"


def humane_bit_rate(bits: float) -> str:
    """Bits a second in steps of 1,000.

    >>> humane_bit_rate(0.25), humane_bit_rate(1_500_000)
    ('0.25 bit/s', '1.5 Mbit/s')
    """
    return f"{bits:.3g} bit/s" if abs(bits) < 100 else _scaled(bits, 1000, _BITS, " ")


def humane_packet_rate(packets: float) -> str:
    """Packets a second in steps of 1,000.

    >>> humane_packet_rate(0.25), humane_packet_rate(12_345)
    ('0.25/s', '12.3 K/s')
    """
    return f"{packets:.3g}/s" if abs(packets) < 100 else f"{humane_count(packets)}/s"


UNITS = {
    "rejection_rate": humane_percent,
    "bytes": humane_bytes, "bytes_out": humane_bytes, "bytes_in": humane_bytes,
    "billed_bytes": humane_bytes, "bytes_month": humane_bytes,
    "dollars": humane_dollars, "dollars_month": humane_dollars, "dollars_before": humane_dollars,
    "saving_month": humane_dollars, "dollars_month_default": humane_dollars,
    "dollars_month_s3": humane_dollars, "dollars_month_parquet": humane_dollars,
    "dollars_month_cloudwatch": humane_dollars, "bytes_day": humane_bytes,
    "bits_per_second": humane_bit_rate, "flow_bits_per_second_median": humane_bit_rate,
    "flow_bits_per_second_p95": humane_bit_rate, "flow_bits_per_second_max": humane_bit_rate,
    "packets_per_second": humane_packet_rate,
    "duration": humane_seconds, "busy": humane_seconds, "pace": humane_seconds,
}  # fmt: skip


def humane(value: float, measure: str) -> str:
    """A value of that measure as people read it."""
    return UNITS.get(measure, humane_count)(value)
