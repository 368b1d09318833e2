"""Times in every form that logs write them in; imports pyarrow alone."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

MILLISECONDS_FROM = 10**11
ISO_TIME = (
    r"(?:19[7-9][0-9]|2[0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[T ]"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def milliseconds(epochs: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Epoch seconds as times; values above 10^11 are milliseconds already."""
    highest = pc.max(epochs).as_py()
    if highest is None or highest <= MILLISECONDS_FROM:
        # A cast from seconds costs a third of the multiplication by hand.
        return epochs.cast(pa.timestamp("s")).cast(pa.timestamp("ms"))
    in_seconds = pc.less_equal(epochs, MILLISECONDS_FROM)
    scaled = pc.if_else(in_seconds, pc.multiply(pc.if_else(in_seconds, epochs, 0), 1000), epochs)
    return scaled.cast(pa.timestamp("ms"))


def plain_times(source: pa.Array) -> pa.Array:
    """Typed times, in UTC without a zone mark, in milliseconds."""
    if getattr(source.type, "tz", None):
        source = source.cast(pa.timestamp(source.type.unit, "UTC"))
        source = source.cast(pa.timestamp(source.type.unit))
    return source.cast(pa.timestamp("ms"), safe=False)


def iso_times(text: pa.Array) -> tuple[pa.Array | None, pa.Array]:
    """Times written as ISO 8601 (no zone means UTC), and which rows have one; None if no row."""
    is_iso = pc.fill_null(pc.match_substring_regex(text, f"^{ISO_TIME}$"), False)
    if not pc.any(is_iso).as_py():
        return None, is_iso
    return iso_to_times(pc.if_else(is_iso, text, None)), is_iso


def iso_to_times(text: pa.Array) -> pa.Array:
    """ISO 8601 texts as times in milliseconds, null where there is no such day (30 February)."""
    real = pc.match_substring_regex(text, r"-(?:0[13-9]|1[0-2])-[0-3][0-9]|-02-[0-2]")
    real = pc.and_(real, pc.invert(pc.match_substring_regex(text, r"-(?:0[469]|11)-31")))
    zoned = pc.replace_substring_regex(
        pc.replace_substring_regex(text, r"(:[0-9]{2}(?:\.[0-9]+)?)$", r"\1Z"),
        r"(\.[0-9]{3})[0-9]+",
        r"\1",
    )
    known = pc.if_else(pc.fill_null(real, False), zoned, None)
    return known.cast(pa.timestamp("ms", "UTC")).cast(pa.timestamp("ms"))
