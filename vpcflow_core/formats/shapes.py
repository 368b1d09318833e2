"""What the values of each field look like, for telling fields by their values.

Sources: AWS's field tables, and the real samples of the tests.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.fields import FIELDS, KINDS, Field
from vpcflow_core.formats.spelling import is_address

_ID = "[0-9a-zA-Z]+"
_NUMBER = "[0-9]{1,18}"
_ARN = "arn:[a-z-]+:"
_INTERFACE_TYPE = (
    "nat_gateway|network_load_balancer|regional_nat_gateway|transit_gateway|vpc_endpoint"
)
_AZ = "[a-z]{2,4}[0-9]-(?:[a-z]+[0-9]-)?az[0-9]+"
# Names that people give; never numbers, addresses or ids alone, or they would pass for anything.
_ANY = "[^ ]*[a-zA-Z%][^ ]*"
_LIKE_OTHERS = (
    "eni-.*|vpc-.*|subnet-.*|i-[0-9a-f]{8,}|tgw-.*|nat-.*|arn:.*|ACCEPT|REJECT|OK|NODATA|SKIPDATA"
    "|IPv[46]|ingress|egress|.*:.*:.*"
)

# By AWS's name: the whole value. Fields not named here go by their kind, or by a part of the name.
_BY_NAME = {
    "version": "[2-9]|1[0-9]",
    # Protocols that VPC traffic is made of; any number up to 255 would take ports for protocols.
    "protocol": "0|1|2|4|6|17|27|33|41|47|50|51|58|88|89|94|97|103|108|112|115|132|136|137",
    "tcp-flags": "[0-9]|[1-5][0-9]|6[0-3]",
    "traffic-path": "[1-8]",
    "encryption-status": "[0-3]",
    "action": "ACCEPT|REJECT",
    "log-status": "OK|NODATA|SKIPDATA",
    "type": "IPv4|IPv6|EFA",
    "region": "[a-z]{2,4}(?:-[a-z]+)+-[0-9]+",
    "sublocation-type": "wavelength|outpost|localzone",
    # Never in capitals alone, or AWS's services would pass for it.
    "sublocation-id": "[^ ]*[a-z][^ ]*",
    "flow-direction": "ingress|egress",
    "reject-reason": "BPA|EC",
    "resource-id": f"nat-{_ID}",
    "resource-type": "TransitGateway(?:Attachment)?",
    "instance-id": f"i-{_ID}",
    "tgw-id": f"tgw-[0-9]{_ID}",
}
# By the end of the name, in this order.
_BY_END = {
    "account-id": "[0-9]{11,12}|unknown",
    "container-instance-id": _ANY,
    "interface-id": f"eni-{_ID}",
    "-eni": f"eni-{_ID}",
    "vpc-id": f"vpc-{_ID}",
    "subnet-id": f"subnet-{_ID}",
    "attachment-id": f"tgw-attach-{_ID}",
    "az-id": _AZ,
    "aws-service": "[A-Z][A-Z0-9_]+",
    "-arn": f"{_ARN}.+",
    "interface-type": _INTERFACE_TYPE,
}
# Fields that may hold more than their shape says.
_NARROW = frozenset({"protocol"})
_OPEN = (_ANY, _BY_NAME["sublocation-id"])
_TIME = "[12][0-9]{9}|[12][0-9]{12}"

NEARLY_ALL = 0.9
_GLANCE = 50

# A record always has these.
NEVER_MISSING = frozenset({"version", "account-id", "start", "end", "log-status"})


def shape(field: Field) -> str:
    """The regular expression of the field's whole value."""
    if field.aws in _BY_NAME:
        return _BY_NAME[field.aws]
    end = next((regex for end, regex in _BY_END.items() if field.aws.endswith(end)), None)
    if end is not None:
        return end
    if field.kind == "time":
        return _TIME
    return _NUMBER if field.is_number else _ANY


def are_in_shape(field: Field, values: pa.Array, *, narrowly: bool = False) -> pa.Array:
    """Which of the values could be the field's; null stays null.

    Args:
        field: The field.
        values: Its values, as text.
        narrowly: Whether a rare value counts as none, so that a field is not taken for another.
    """
    if field.kind == "address":
        return is_address(values)
    pattern = _NUMBER if field.aws in _NARROW and not narrowly else shape(field)
    shaped = pc.match_substring_regex(values, f"^(?:{pattern})$")
    if shape(field) in _OPEN:
        others = pc.match_substring_regex(values, f"^(?:{_LIKE_OTHERS})$")
        return pc.and_(shaped, pc.invert(others))
    highest = KINDS[field.kind].highest
    if field.kind == "time" or highest is None or not pc.all(shaped).as_py():
        return shaped
    return pc.less_equal(values.cast(pa.int64()), highest)


def possible(values: pa.Array) -> frozenset[str]:
    """AWS names of all fields that nearly all of the values could be of.

    A column without any value could be each field that may be missing.
    """
    present = pc.drop_null(values)
    if not len(present):
        return frozenset(f.aws for f in _ALIKE_OF if f.aws not in NEVER_MISSING)
    alike = {first for first in set(_ALIKE_OF.values()) if _share(first, present) >= NEARLY_ALL}
    return frozenset(f.aws for f, first in _ALIKE_OF.items() if first in alike)


def _share(field: Field, present: pa.Array) -> float:
    # Most fields are out after a look at a few values.
    if len(present) > 2 * _GLANCE and _share(field, present[:_GLANCE]) < NEARLY_ALL / 2:
        return 0.0
    shaped = are_in_shape(field, present, narrowly=True)
    return float(pc.mean(shaped.cast(pa.float64())).as_py())


def _alike() -> dict[Field, Field]:
    """Each field of AWS's with the first one whose values look the same."""
    first: dict[tuple[str, int | None, bool], Field] = {}
    return {
        f: first.setdefault((shape(f), KINDS[f.kind].highest, f.kind == "address"), f)
        for f in FIELDS
        if f.version
    }


_ALIKE_OF = _alike()
