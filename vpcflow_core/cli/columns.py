"""What the answers of commands have, by command: the columns of CSV, the keys of JSON.

Where a class is the row of an answer, its docstring says so: `ROWS`. The tests hold both against
what the commands print.
"""

from __future__ import annotations

from collections.abc import Mapping

from vpcflow_core.checks.base import Finding
from vpcflow_core.formats.base import Report
from vpcflow_core.store.result import SyncResult

BUCKET = {"bucket": "Start of the timeslice."}
COMPLETE = {
    "complete": "False where records of the timeslice are missing, or can still arrive.",
}
OF_FIELDS = {"FIELD": "The value of each field that is grouped by."}

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "fields": {
        "field": "Its name, as AWS has it.",
        "column": "Its name in filters, SQL and answers.",
        "version": "Record version that brought it; null for fields of collectors.",
        "type": "Type in SQL.",
        "role": "dimension, measure, time or other.",
        "mirror": "The same of the other end of the flow.",
        "logs": "Logs that have it.",
        "about": "What it means.",
    },
    "read": {"COLUMN": "Every field that the files have, by the name of its column; null: none."},
    "top": OF_FIELDS
    | {
        "MEASURE": "The measure that is sorted by, by its name.",
        "flows": "Records.",
        "bytes": "Bytes, where the logs have them.",
        "packets": "Packets, where the logs have them.",
    },
    "series": BUCKET
    | OF_FIELDS
    | {
        "value": "The measure; null where nothing is known; several have their names instead.",
        "value_SHIFT": "With --compare 1d: the value that much earlier, null where it is not "
        "complete.",
    }
    | COMPLETE,
    "connections": {
        "client": "Address of the end that began.",
        "server": "Address of the other end.",
        "service_port": "Port of the server.",
        "protocol": "IANA number of the protocol.",
        "interface_id": "Interface that logged it.",
        "vpc_id": "VPC of the interface.",
        "first": "Start of its first record.",
        "last": "End of its last record.",
        "duration": "Seconds between the two.",
        "bytes_out": "Bytes that the client sent.",
        "bytes_in": "Bytes that the server sent.",
        "packets_out": "Packets that the client sent.",
        "packets_in": "Packets that the server sent.",
        "records": "Records of it, both directions.",
        "action": "ACCEPT, REJECT or mixed.",
        "initiator_known_by": "How the client is known: tcp-flags, partner-ports, service, "
        "lower-port, first-packet, public-address or unknown.",
    },
    "why": {
        "cause": "no rule; network ACL; network ACL, way back; late packet; Block Public Access; "
        "encryption controls; or not known.",
        "why": "The same in a sentence, with the rule or entry.",
        "interface_id": "Interface that refused.",
        "way": "in or out of the interface; empty where that is not known.",
        "peer": "The other end, of several that of the largest connection.",
        "peers": "How many other ends.",
        "protocol": "IANA number of the protocol.",
        "port": "Port of the service.",
        "flows": "Records.",
        "bytes": "Bytes.",
        "first": "Start of the first record.",
        "last": "End of the last record.",
        "missing_rule": "What a rule would have to say; empty where none is missing.",
    },
    "narrow": {
        "change": "narrow, remove or keep.",
        "security_group_id": "Group of the rule.",
        "group_name": "Its name.",
        "way": "in or out.",
        "protocol": "As EC2 has it; all for -1.",
        "ports": "443, 1024-65535 or all.",
        "source": "Block, prefix list or group; of an outbound rule the destination.",
        "flows": "What the rule that there is let through.",
        "why": "The reason of the change.",
        "description": "Of the rule.",
        "rule_id": "The rule that there is.",
        "egress": "Whether it is outbound.",
        "from_port": "First port; null for all.",
        "to_port": "Last port; null for all.",
        "cidr": "Block, of a rule that has one.",
        "prefix_list_id": "Prefix list, likewise.",
        "referenced_group_id": "Group as source or destination, likewise.",
    },
    "replay": {
        "way": "in or out of the interface.",
        "interface_id": "Interface that would refuse.",
        "peer": "The other end.",
        "protocol": "Keyword of the protocol.",
        "port": "Port of the service.",
        "flows": "Records that were let through.",
        "bytes": "Bytes.",
        "first": "Start of the first record.",
        "last": "End of the last record.",
        "let_through_by": "Rules that let it through.",
        "hostile": "What the peer did elsewhere; empty for most.",
    },
    "outliers": BUCKET
    | OF_FIELDS
    | {"value": "The measure."}
    | COMPLETE
    | {
        "mean": "What was expected.",
        "deviation": "Deviation of the history, before the floor.",
        "lower": "Lower end of the band.",
        "upper": "Upper end of the band.",
        "error": "value - mean.",
        "indicator": "Whether the value lies outside the band.",
        "violation": "Whether it is at least the --consecutive-th in a row.",
    },
    "forecast": BUCKET
    | {
        "value": "The measure; null in the future.",
        "predicted": "What the model says; null where it says nothing.",
        "lower": "Lower end of the 95 % interval, not below 0.",
        "upper": "Upper end of the interval.",
    }
    | COMPLETE,
    "cost": {
        "BY": "What costs are listed by: path, owner, account or service; a pair is source and "
        "destination.",
        "bytes": "Bytes, each once in a path.",
        "billed_bytes": "Bytes, each as often as it is billed.",
        "dollars": "US dollars of the range.",
        "dollars_month": "US dollars a month, at this pace.",
        "dollars_before": "US dollars 30 days before, where the records reach back.",
        "change": "Change since then, in percent; likewise.",
        "rule": "Why the records count.",
    },
    "findings": {
        "detection": "What found it, by its slug.",
        "severity": "low, medium, high or critical.",
        "what": "The incident in a sentence.",
        "who": "Value by field: the source, the pair, the interface.",
        "names": "What values are called, by field.",
        "since": "First time that anything was seen of it.",
        "until": "Last time that anything was seen of it.",
        "going": "Whether it has not ended.",
        "evidence": "Counts by name.",
        "attack": "Technique in MITRE ATT&CK; empty where none fits.",
        "next_step": "What to do about it.",
        "filters": "Conditions that show its records, by field.",
        "id": "The same for all incidents of the detection and key.",
    },
    "watch": {
        "at": "End of the hour after which it is known.",
        "rule": "Name of the rule.",
        "kind": "Whether the incident began or ended.",
        "severity": "low, medium, high or critical.",
        "what": "The incident in a sentence.",
    },
    "notes": {
        "time": "When.",
        "kind": "What it is about: deploy, incident, change or the like.",
        "text": "What happened.",
        "account": "Only who sees this account sees it; empty: everybody.",
        "owner": "Who wrote it.",
    },
    "sql": {"COLUMN": "The columns of the SELECT."},
}

# Commands whose answer has a row of these, each attribute a column; and what there is besides.
ROWS: Mapping[str, type] = {"sync": SyncResult, "inspect": Report, "check": Finding}
BESIDES: Mapping[str, Mapping[str, str]] = {
    "sync": {
        "ec2": "Snapshots of EC2 that were taken, and what was not permitted; JSON alone.",
        "error": "Why the source could not be read; else left out of JSON.",
        "next_step": "What to do about it; likewise.",
    }
}
# What concerns a sync alone.
LEFT_OUT: Mapping[str, frozenset[str]] = {
    "inspect": frozenset({"internal", "dropped", "outside", "looks_like"})
}


def columns_of(command: str) -> Mapping[str, str]:
    """Meaning by column of a command's answer.

    Raises:
        KeyError: Nothing is written down about the command.
    """
    if command in COLUMNS:
        return COLUMNS[command]
    if command not in ROWS:
        raise KeyError(f"vpcflow_core/cli/columns.py says nothing of the columns of {command}")
    said = attributes_of(ROWS[command])
    left = LEFT_OUT.get(command, frozenset())
    return {name: text for name, text in said.items() if name not in left} | dict(
        BESIDES.get(command, {})
    )


def attributes_of(row: type) -> dict[str, str]:
    """Meaning by attribute, as the docstring of a class says.

    >>> attributes_of(Finding)["remedy"]
    'What to do about it; "" where nothing need be done.'
    """
    found: dict[str, str] = {}
    names: list[str] = []
    part = (row.__doc__ or "").partition("Attributes:\n")[2]
    for line in part.splitlines():
        head, colon, said = line.strip().partition(": ")
        if colon and line.startswith(" " * 8) and not line.startswith(" " * 9):
            names = head.split(", ")
            found |= dict.fromkeys(names, said)
        elif line.strip():
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return found
