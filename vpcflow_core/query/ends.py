"""Who is at each end of a flow: the columns that an engine fills by its address book.

`src_name`, `dst_name` and so on: what is said of an end, with the word for the end before it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class About:
    """One thing that is said of an end.

    Attributes:
        name: Its name behind `src_` and `dst_`.
        title: In words.
        doc: One sentence about the end, with `{}` for "source" or "destination".
        filter_help: How a filter by it is written.
    """

    name: str
    title: str
    doc: str
    filter_help: str


SOURCE, DESTINATION = "src_", "dst_"
# The address that an end is looked up by.
END_WORDS = {SOURCE: "source", DESTINATION: "destination"}
ADDRESS_OF = {SOURCE: "srcaddr", DESTINATION: "dstaddr"}


def _list(*examples: str) -> str:
    return f"A value, a pattern or a list: {', '.join(f'`{text}`' for text in examples)}."


_ABOUT = (
    (
        "name", "name", "What the {} is called: by a tag, its service or your own list.",
        ("prod-web-1", "prod-*", "!prod-*"),
    ),
    (
        "kind", "kind", "What the {} is: EC2 instance, NAT gateway, ALB, RDS, Lambda, ...",
        ("NAT gateway", "RDS, ElastiCache", "!EC2 instance"),
    ),
    (
        "owner", "owner", "Whose the {} is, by the tags that the setting owner_tags names.",
        ("web", "web, search", "!web"),
    ),
    ("account", "account", "AWS account of the {}.", ("123456789012", "1234*")),
    ("vpc", "VPC", "VPC of the {}.", ("vpc-0a1b", "!vpc-0a1b")),
    ("subnet", "subnet", "Subnet of the {}.", ("subnet-0a1b", "!subnet-0a1b")),
    (
        "az", "Availability Zone", "Id of the Availability Zone of the {}.",
        ("euc1-az1", "euc1-*"),
    ),
    (
        "service", "AWS service", "AWS service of the {}, by the record or AWS's list of ranges.",
        ("S3", "S3, DYNAMODB", "!AMAZON"),
    ),
    (
        "as", "network", "Autonomous system of a public {}, by the database of as_database.",
        ("AS16509*", "*GOOGLE*"),
    ),
    (
        "zone", "zone", "Zone of the {}: your own named blocks, by the setting zones.",
        ("office", "office, partners", "!office"),
    ),
    (
        "watchlist", "watch list", "Watch list that the {} is on, by the setting watch_lists.",
        ("threats", "*"),
    ),
)  # fmt: skip
ABOUT: tuple[About, ...] = tuple(
    About(name, title, doc, _list(*examples)) for name, title, doc, examples in _ABOUT
)
NAMES: tuple[str, ...] = tuple(row.name for row in ABOUT)
ENDS: tuple[str, ...] = tuple(f"{end}{name}" for end in ADDRESS_OF for name in NAMES)
