"""Who an entity is, by what EC2, the records, databases and IANA know of it."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.panels.entity import IDS, Entity
from vpcflow_core.panels.log_queries import LogQueries
from vpcflow_core.query.ends import ADDRESS_OF
from vpcflow_core.query.question import Query
from vpcflow_core.reference.iana import port_label
from vpcflow_core.times import Window

# Of what has many addresses, as many are looked up in zones and watch lists.
MOST_ENDS = 20
# What is said of the interfaces that an entity is, or that are in it; the column of each.
FACTS = {
    "Interface": "interface_id", "Interface name": "name", "Kind": "type",
    "Instance": "instance_id", "Owner": "owner_id", "Subnet": "subnet_id", "VPC": "vpc_id",
    "Account": "account_id", "Region": "region",
}  # fmt: skip
# Facts whose values have pages of their own.
WITH_PAGES = (
    "Interface", "Instance", "Subnet", "VPC", "Addresses", "Public addresses", "Security groups",
)  # fmt: skip
# What records say of an address that is of no known interface, and where that is shown.
SAID = {"name": "Name", "kind": "Kind", "service": "AWS service", "as": "Network"}
DOMAIN = "Domain"
MOST_SAID = 5  # of each, those of the most bytes


def facts(entity: Entity, logs: LogQueries, window: Window) -> dict[str, str]:
    """Who it is, by label; what is not known is missing.

    Args:
        entity: What.
        logs: Answer questions.
        window: The time whose records say who an address is that no known interface has.
    """
    if entity.field == "port":
        return {"Service": port_label(int(entity.text))} if entity.text.isdigit() else {}
    owning = _owning(entity, logs.known("interfaces"))
    names = logs.names(entity.field) if entity.field != "address" else {}
    found = {"Name": names.get(entity.text.strip('"'), "")}
    found |= _of_interfaces(owning, logs)
    if entity.kind == "Address":
        if owning.empty:
            found |= _of_records(entity.text, logs, window)
        found |= _of_address(entity.text, logs)
    found |= logs.sets_of([entity.text] if entity.field == "address" else _ends_of(owning))
    return {name: text for name, text in found.items() if text}


def _ends_of(rows: pd.DataFrame) -> list[str]:
    """The first addresses of interfaces."""
    columns = [rows[name] for name in ("addresses", "public_addresses") if name in rows]
    found = pd.concat(columns).explode().dropna() if columns else pd.Series()
    return list(found.unique())[:MOST_ENDS]


def _owning(entity: Entity, interfaces: pd.DataFrame) -> pd.DataFrame:
    """The interfaces that it is, or that are in it."""
    now = interfaces[~interfaces["gone"].astype(bool)]
    text = entity.text.strip('"')
    if entity.kind == "Address":
        has = [
            text in (*_listed(own), *_listed(public))
            for own, public in zip(now["addresses"], now["public_addresses"], strict=True)
        ]
        return now[has]
    if entity.field == "security_group_id":
        return now[[text in _listed(groups) for groups in now["security_group_ids"]]]
    return now[now[entity.field] == text] if entity.field in now else now.head(0)


def _listed(values: object) -> list[str]:
    return [] if values is None or isinstance(values, float) else list(values)  # type: ignore[call-overload]


def _of_interfaces(rows: pd.DataFrame, logs: LogQueries) -> dict[str, str]:
    """What interfaces have in common, or how many they are."""
    if rows.empty:
        return {}
    said = {label: _common(rows[column], column, logs) for label, column in FACTS.items()}
    for label, column in (
        ("Addresses", "addresses"),
        ("Public addresses", "public_addresses"),
        ("Security groups", "security_group_ids"),
    ):
        values = rows[column].explode().dropna()
        said[label] = _common(values, "security_group_id" if "group" in column else "", logs)
    names = said["Interface name"].split(", ")
    if all(f"({name})" in said["Interface"] for name in names):
        del said["Interface name"]  # each stands behind its id
    return said


def _common(values: pd.Series, column: str, logs: LogQueries) -> str:
    """The values in words; of many the number."""
    found = [str(value) for value in values.dropna().unique()]
    if len(found) > 6:
        return f"{len(found):,} different ones"
    names = logs.names(column) if column in {field for field, _ in IDS.values()} else {}
    return ", ".join(f"{value} ({names[value]})" if value in names else value for value in found)


def _of_records(text: str, logs: LogQueries, window: Window) -> dict[str, str]:
    """What records say of an address: names by DNS, the service, the network."""
    rows = []
    for end, address in ADDRESS_OF.items():
        known = [name for name in SAID if f"{end}{name}" in logs.engine.columns()]
        if not known:
            continue
        by = tuple(f"{end}{name}" for name in known)
        query = Query(("bytes",), by=by, nulls=by, where=((address, text),), top=MOST_ENDS)
        found = logs.sparse(query, window).frame
        rows.append(found.set_axis([*known, "bytes"], axis="columns"))
    if not rows:
        return {}
    said = pd.concat(rows, ignore_index=True).sort_values("bytes", ascending=False)
    texts = {
        SAID[name]: ", ".join(said[name].dropna().astype(str).unique()[:MOST_SAID])
        for name in SAID
        if name in said
    }
    if texts.get("Kind", "").startswith(DOMAIN):
        return {DOMAIN: texts.pop("Name", ""), **texts}
    return texts


def _of_address(text: str, logs: LogQueries) -> dict[str, str]:
    """Where an address lies."""
    (row,) = logs.places.locate([text]).to_dict("records")
    place = [row[part] for part in ("city", "country_name") if isinstance(row[part], str)]
    return {"Place": ", ".join(place), "Kind of address": str(row["class"])}
