"""What a file is that is no flow log, by the names or the first line it has."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from vpcflow_core.errors import FormatError

# Reasons of rows and objects that are none of a flow log, whatever their values.
NO_FIELDS = "an object with neither a log line nor fields of a record"
NO_RECORD = "a row of a table that is no flow log"
NO_OBJECT = "a JSON value that is no object"
NO_PAYLOAD = "an event without data in base64"
NO_MESSAGE = "an event without message"
NO_VALUES = "JSON brackets without a value"
DAMAGED = "an event whose data is damaged or cut short"
CUT_SHORT = "JSON that is cut short"
FOREIGN = frozenset({NO_VALUES, NO_FIELDS, NO_RECORD, NO_OBJECT, NO_PAYLOAD, NO_MESSAGE})

NAMES_SHOWN = 8
_NAME_LENGTH = 40

# What a file is whose names, in small letters, hold all of these. The first that fits counts.
_BY_NAMES: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (what, frozenset(names.split()))
    for what, names in (
        ("AWS billing (Cost and Usage Report)", "lineitem/usagetype"),
        ("AWS billing (Cost and Usage Report)", "line_item_usage_type"),
        ("AWS billing (Cost and Usage Report)", "bill_payer_account_id"),
        ("AWS billing (FOCUS)", "billedcost chargeperiodstart"),
        ("a manifest of an S3 inventory", "sourcebucket fileschema"),
        ("an S3 inventory", "bucket key size"),
        ("a CloudTrail log", "eventversion eventsource"),
        ("a CloudTrail log", "eventversion awsregion"),
        ("a CloudTrail digest", "digests3bucket"),
        ("a WAF log", "webaclid httprequest"),
        ("a Route 53 Resolver query log", "query_name rcode"),
        ("a Route 53 Resolver query log", "query_name query_type"),
        ("a Network Firewall log", "firewall_name event"),
        ("an AWS Config snapshot", "configurationitems"),
        ("a GuardDuty finding", "schemaversion severity service"),
        ("Security Hub findings", "schemaversion productarn"),
        ("a Kubernetes audit log", "apiversion kind auditid"),
        ("VPC flow logs of Google Cloud", "jsonpayload logname"),
        ("flow logs of Azure", "flowlogversion"),
        ("flow logs of Azure", "category resourceid operationname"),
        ("NetFlow records", "dpkts doctets"),
        ("a Zeek log", "id.orig_h id.resp_h"),
        ("a Suricata log", "event_type src_ip"),
        ("an OpenTelemetry export", "resourcelogs"),
        ("an EC2 API answer", "reservations"),
        ("a web server's log", "remote_addr status"),
        ("a web server's log", "remote_addr request"),
        ("an application's log", "level"),
        ("an application's log", "severity"),
    )
)

_UNSURE = ("an application's log", "a web server's log")

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?"
# What a file is whose first line, without blanks in front, begins like this.
_BY_LINE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("an Application Load Balancer's access log", rf"(?:https?|h2|grpcs?|wss?) {_TIME} app/"),
        ("a Network Load Balancer's access log", rf"tls \S+ {_TIME} net/"),
        ("a load balancer's connection log", rf"{_TIME} [0-9a-f.:]+ \d+ \d+ (?:TLS|-)"),
        ("a Classic Load Balancer's access log", rf"{_TIME} \S+ [0-9.]+:\d+ (?:[0-9.]+:\d|-)"),
        ("an S3 server access log", r"[0-9a-f]{64} \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:"),
        ("a CloudFront log", r"#Version: "),
        ("a Zeek log", r"#separator "),
        ("a Route 53 query log", rf"1\.0 {_TIME} Z[0-9A-Z]+ "),
        ("a web server's log", r"\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:"),
        ("a system's log", r"(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "),
        ("an S3 inventory", r'"[a-z0-9.-]{3,63}","[^"]+","\d+","\d{4}-\d\d-\d\dT'),
    )
)  # fmt: skip
_COLUMN = re.compile(r"[A-Za-z@_][A-Za-z0-9_@./:() -]*")


def known_other(names: Collection[str]) -> str:
    """What a table or object with these names surely is, if no flow log; else "".

    Log shippers add `level` and the like to everything, so that such names alone say nothing.
    """
    found = _kind_of(names)
    return "" if found in _UNSURE else found


def _kind_of(names: Collection[str]) -> str:
    lower = {name.strip().lower() for name in names}
    return next((kind for kind, some in _BY_NAMES if some <= lower), "")


def by_names(names: Collection[str], what: str = "columns") -> str:
    """What a table or object with these names looks like; `what` they are."""
    return _kind_of(names) or f"its {what} are {_shown(names)}"


def by_line(line: str) -> str:
    """What a file that begins with this line looks like; "" if like nothing known."""
    return next((what for what, begin in _BY_LINE if begin.match(line)), "")


def are_column_names(names: Sequence[str]) -> bool:
    """Whether a line of CSV holds the names of columns."""
    return len(names) > 1 and all(_COLUMN.fullmatch(name.strip()) for name in names)


def not_a_flow_log(file: str, looks: str) -> FormatError:
    """The refusal of a file, with what it looks like."""
    return FormatError(
        f"{file or 'The object'} is not a flow log and holds no record; {_sentence(looks)}.",
        "Flow logs have fields such as srcaddr, dstaddr, srcport and log-status.",
    )


def _sentence(looks: str) -> str:
    return looks if looks.startswith("its ") else f"it looks like {looks}"


def _shown(names: Collection[str]) -> str:
    shown = [name[:_NAME_LENGTH] for name in list(names)[:NAMES_SHOWN]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
