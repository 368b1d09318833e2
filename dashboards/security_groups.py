"""Security Groups: which groups carry which traffic, in which direction."""

from dashboards.ui.dashboard import Dashboard
from dashboards.ui.state import EITHER_FILTERS, FLOW_FILTERS, NETWORK_FILTERS

SECURITY_GROUPS = Dashboard(
    "security-groups",
    "Security Groups",
    ":material/shield:",
    "Which groups carry which traffic, in which direction?",
    filters=(*EITHER_FILTERS, *FLOW_FILTERS, "action", *NETWORK_FILTERS),
    rows=(
        (
            ("security-groups/vpcs", 1),
            ("security-groups/subnets", 1),
            ("security-groups/groups", 1),
        ),
        (("security-groups/rules-in-use", 1),),
        (("security-groups/outbound-rules-in-use", 1),),
        (("security-groups/acl-entries", 1),),
        (("security-groups/top-vpcs", 1), ("security-groups/top-subnets", 1)),
        (("security-groups/top-groups", 1), ("security-groups/actions", 1)),
        (("security-groups/ports", 1),),
        (("security-groups/unused-groups", 1),),
        (("security-groups/directions", 2), ("security-groups/directions-over-time", 3)),
        (("security-groups/inbound-bytes", 1), ("security-groups/outbound-bytes", 1)),
        (("security-groups/inbound-packets", 1), ("security-groups/outbound-packets", 1)),
    ),
)
