"""Overview: what flows through the network."""

from dashboards.ui.page import dashboard

dashboard(
    "Overview",
    "What flows through the network, from where, and what is let through?",
    filters=("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "interface_id", "action"),
    rows=(
        (("overview/source-locations", 5), ("overview/actions", 2)),
        (("overview/top-sources", 1), ("overview/top-destinations", 1)),
        (("overview/rejections", 1), ("overview/protocols", 1)),
        (
            ("overview/interfaces", 2),
            ("overview/destination-ports", 2),
            ("overview/log-status", 1),
        ),
    ),
)
