"""What flows can be grouped and filtered by.

Every field of the field table that is a dimension is one here, and so is every extra text column
of the store. Pairs (source and port) are simply two dimensions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from vpcflow_core.errors import FieldError, MissingDataError, closest
from vpcflow_core.fields import FIELDS, KINDS, Field, Kind, field, find_field
from vpcflow_core.query.ends import ABOUT, ADDRESS_OF, END_WORDS, ENDS, About


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing to group or filter by.

    Attributes:
        name: As in queries, filters and answers.
        column: Column of `flows` it comes from.
        kind: Kind of its values, a key of `fields.KINDS`.
        title: Its name in words.
        doc: One sentence.
        filter_help: How a filter by it is written; "" if pages have no filter by it.
        words: The values it can have; () if there are others.
        ends: Of what stands for both ends of a flow, the column of each; () of all else.
    """

    name: str
    column: str
    kind: Kind
    title: str
    doc: str
    filter_help: str = ""
    words: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a filter by it looks at."""
        return self.ends or (self.column,)

    @property
    def is_list(self) -> bool:
        """Whether one record has several values, and counts fully for each of them."""
        return self.kind == "texts"

    @property
    def is_number(self) -> bool:
        """Whether its values are whole numbers."""
        return KINDS[self.kind].lowest is not None


def _of(row: Field) -> Dimension:
    # A list of ids is grouped and filtered by its members: security_group_id.
    name = row.name.removesuffix("s") if row.kind == "texts" else row.name
    return Dimension(name, row.name, row.kind, row.title, row.doc, row.filter_help, row.words)


def in_words(name: str) -> str:
    """The title of a column that no table has a title for.

    >>> in_words("my_new_field")
    'My new field'
    """
    return name.replace("_", " ").capitalize()


def _end(end: str, about: About) -> Dimension:
    """What is said of one end of a flow: it is its own column, which the engine fills."""
    name, word = f"{end}{about.name}", END_WORDS[end]
    doc, title = about.doc.format(word), f"{word.capitalize()} {about.title}"
    return Dimension(name, name, "text", title, doc, about.filter_help)


DIMENSIONS: dict[str, Dimension] = {
    _of(row).name: _of(row) for row in FIELDS if row.role == "dimension"
} | {row.name: row for row in (_end(end, about) for end in ADDRESS_OF for about in ABOUT)}


def _either(name: str, title: str, doc: str, *ends: str, filter_help: str = "") -> Dimension:
    first = DIMENSIONS[ends[0]]
    return Dimension(name, "", first.kind, title, doc, filter_help or first.filter_help, ends=ends)


# What can be filtered by, but not grouped by: a condition that one end of a flow has to meet.
EITHER_END: dict[str, Dimension] = {
    row.name: row
    for row in (
        _either(
            "address", "Address, either end", "Source or destination address.",
            "srcaddr", "dstaddr",
        ),
        _either("port", "Port, either end", "Source or destination port.", "srcport", "dstport"),
        _either(
            "country", "Country, either end", "Country of the source or destination address.",
            "srcaddr", "dstaddr",
            filter_help="A country by its two letters or its name, or a list: `US`, `US, Germany`. "
            "A leading `!` leaves out: `!US`.",
        ),
        *(
            _either(
                about.name, f"{about.title[0].upper()}{about.title[1:]}, either end",
                about.doc.format("source or destination"),
                *(f"{end}{about.name}" for end in ADDRESS_OF),
            )
            for about in ABOUT
        ),
    )
}  # fmt: skip


def _of_addresses(names: tuple[str, str], title: str, doc: str) -> Iterator[tuple[str, Dimension]]:
    """What is grouped by in place of the two addresses of a flow."""
    for name, column, word in zip(names, ADDRESS_OF.values(), END_WORDS.values(), strict=True):
        titled = title.format(word.capitalize())
        yield name, Dimension(name, column, "text", titled, doc.format(word))


# What can be grouped by, but not filtered by: a filter by an address takes a block or a country as
# it is. Bits of the blocks, of IPv4 and of IPv6, by the dimensions of both ends.
WIDTHS = {("srcblock", "dstblock"): (24, 64), ("srcblock16", "dstblock16"): (16, 48)}
BLOCK_BITS = {name: bits for names, bits in WIDTHS.items() for name in names}
BLOCKS: dict[str, Dimension] = {
    name: made
    for names, (v4, v6) in WIDTHS.items()
    for name, made in _of_addresses(
        names, f"{{}} /{v4}", f"The /{v4} (IPv6: /{v6}) of the {{}} address."
    )
}
# Databases tell the country of an address: addresses are asked for, and looked up.
COUNTRIES: dict[str, Dimension] = dict(
    _of_addresses(
        ("src_country", "dst_country"), "{} country", "Country of the {} address, by its name."
    )
)
GROUPED_ONLY = BLOCKS | COUNTRIES


def filterable(name: str, extra: Collection[str] = ()) -> Dimension:
    """What a filter of that name is about: a dimension, or either end of a flow.

    Args:
        name: As `dimension` takes it; what `EITHER_END` has besides.
        extra: Columns of the store; one that is called as either end comes first.

    Raises:
        FieldError: As `dimension`.
    """
    plain = name.strip().lower()
    if plain in EITHER_END and plain not in extra:
        return EITHER_END[plain]
    if plain in GROUPED_ONLY and plain not in extra:
        takes = "country:DE" if plain in COUNTRIES else "a block, such as 198.51.100.0/24"
        raise FieldError(
            f"'{plain}' is grouped by, not filtered by.",
            f"Filter by {GROUPED_ONLY[plain].column}: it takes {takes}.",
        )
    return dimension(name, extra)


def dimension(name: str, extra: Collection[str] = ()) -> Dimension:
    """The dimension of that name, in any usual spelling.

    Args:
        name: `srcaddr`, `vpc-id`, `vpc_id`, `security_group_id`.
        extra: Columns of the store; those outside the field table are dimensions too.

    Raises:
        FieldError: There is none, or it is a measure or a time; names the closest one.
    """
    plain = name.strip().lower().replace("-", "_")
    if plain in ENDS:
        return DIMENSIONS[plain]
    found = find_field(name)
    if found is None and plain in GROUPED_ONLY and name not in extra:
        return GROUPED_ONLY[plain]
    if found is None and name in extra:
        title = in_words(name)
        return Dimension(name, name, "text", title, "A field that the field table does not know.")
    if found is None:
        raise _unknown(name, extra)
    row = field(name)
    if row.role == "dimension":
        return _of(row)
    use = "a time: set the range" if row.role == "time" else "a measure: ask for it as one (--by)"
    raise FieldError(f"'{name}' is no dimension but {use}.", "All fields: vpcflow fields")


def _ends_of(name: str) -> Sequence[str]:
    """The dimensions of the two ends; names of countries stand in no column."""
    return tuple(COUNTRIES) if name == "country" else EITHER_END[name].ends


def _unknown(name: str, extra: Collection[str]) -> FieldError:
    if name in EITHER_END:
        raise FieldError(
            f"'{name}' is either end of a flow: it is filtered by, not grouped by.",
            f"Group by {' or '.join(_ends_of(name))}.",
        )
    hint = closest(name.replace("-", "_"), [*DIMENSIONS, *EITHER_END, *extra])
    return FieldError(
        f"'{name}' is not a flow-log field.", f"{hint}  All fields: vpcflow fields".strip()
    )


def require(needed: Iterable[str], columns: Collection[str]) -> None:
    """Refuse a question about columns that no record has.

    Raises:
        MissingDataError: Names the first missing field, and how to get it logged.
    """
    for name in needed:
        if name not in columns:
            raise MissingDataError(*how_to_get(name))


# How else a column comes to be known: what a snapshot of EC2 tells of the record's interface.
_SNAPSHOT = (
    "`vpcflow sync` takes one where the role has ec2:DescribeNetworkInterfaces; "
    "records need interface-id for it."
)
_BY_BOOK = (
    "A snapshot of EC2 does: `vpcflow sync` takes one where the role has "
    "ec2:DescribeNetworkInterfaces. So does a list of your own: docs/identity.md."
)
_NAMED_BY = {
    "as": "Set as_database to a database of autonomous systems (.mmdb): docs/identity.md.",
    "zone": "Set zones to your own named blocks: docs/zones.md.",
    "watchlist": "Set watch_lists to files of addresses: docs/zones.md.",
    "service": "Add ${pkt-src-aws-service} and ${pkt-dst-aws-service} (version 5) to the flow "
    "log's format, or set aws_ranges to AWS's ip-ranges.json: docs/identity.md.",
}
_SENTENCES = {
    "security_group_ids": (
        "No record in this store has security groups, and there is no EC2 snapshot.",
        f"{_SNAPSHOT} Or log VPC-JSON with the collector.",
    ),
    "direction": (
        "No record in this store tells its direction: none has flow-direction, nor both "
        "interface-id and addresses.",
        "Add ${flow-direction} (version 5) to the flow log's format, or ${interface-id}, "
        "${srcaddr} and ${dstaddr} (version 2).",
    ),
}


def how_to_get(name: str) -> tuple[str, str]:
    """What to say where no record has a column, and how records get it; "" where they cannot."""
    if name in ENDS:
        about = next(row for row in ABOUT if row.name == name.partition("_")[2])
        lack = f"Nothing here says the {about.title} of an address."
        return lack, _NAMED_BY.get(about.name, _BY_BOOK)
    row = find_field(name)
    if row is None:
        return f"No record in this store has {name}.", ""
    if row.name in _SENTENCES:
        return _SENTENCES[row.name]
    # As pages call it, and as formats do.
    named = row.title.lower().replace(" ", "-") == row.aws
    lack = f"No record in this store has {row.aws if named else f'{row.title} ({row.aws})'}"
    if row.version == 0:
        return f"{lack}.", "It comes with logs that a collector wrote: VPC-JSON or CloudWatch Logs."
    if row.relation == "transit":
        return f"{lack}.", "Only the flow logs of transit gateways have it (version 6)."
    add = f"add ${{{row.aws}}} (version {row.version}) to the flow log's format"
    other = f"A snapshot of EC2 tells it too: {_SNAPSHOT}" if row.learnt else ""
    return f"{lack}: {add}.", other
