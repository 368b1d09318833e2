"""An example or two for the help of each command; the tests read their options."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "serve": ("vpcflow serve s3://central-logs/prod", "vpcflow serve logs/ --port 8600"),
    "demo": ("vpcflow demo",),
    "fields": ("vpcflow fields --output json",),
    "check": ("vpcflow check s3://central-logs/prod --profile audit",),
    "tables": (
        "vpcflow tables trino://ann@trino.example:8443/hive/logs --logs s3://central-logs/prod",
    ),
    "summarize": ("vpcflow summarize trino://ann@trino.example:8443/iceberg/flowlogs",),
    "sync": (
        "vpcflow sync s3://central-logs/prod --since 8d",
        "vpcflow sync logs/",
    ),
    "inspect": ("vpcflow inspect logs/flows.log.gz",),
    "read": ("vpcflow read logs/flows.log.gz --output json",),
    "top": (
        "vpcflow top srcaddr --by bytes -n 10 --last 24h --where action=REJECT",
        "vpcflow top srcaddr,dstport --last 7d --link",
    ),
    "series": ("vpcflow series bytes --every 5m --last 24h --compare 1d,7d --output csv",),
    "connections": ("vpcflow connections --last 24h --order bytes --where dstport=5432",),
    "why": ("vpcflow why --last 24h --where dstport=5432",),
    "narrow": (
        "vpcflow narrow --last 30d",
        "vpcflow narrow --last 30d --group sg-033129c11d48044c8 --rules terraform > narrow.tf",
    ),
    "replay": ("vpcflow replay narrow.tf --last 30d",),
    "outliers": ("vpcflow outliers packets --last 6h --threshold 3",),
    "forecast": ("vpcflow forecast bytes --every 1h --last 7d --periods 24",),
    "cost": (
        "vpcflow cost --by owner --last 7d",
        "vpcflow cost --remedies --last 7d --json",
    ),
    "findings": (
        "vpcflow findings --last 24h",
        "vpcflow findings --last 7d --only brute-force,exfiltration --json",
    ),
    "watch": ("vpcflow watch", "vpcflow watch --rehearse 7d"),
    "sql": ("vpcflow sql 'select count(*) from flows' --last 24h",),
    "report": ("vpcflow report --last 24h --html report.html --page overview --page rejects",),
    "open": ("vpcflow open rejects/reasons --last 7d --where dstport=22",),
    "note": ('vpcflow note "web 2.41 out" --kind deploy',),
    "notes": ("vpcflow notes --last 7d", "vpcflow notes --trail s3://central-trail/prefix"),
    "backup": ("vpcflow backup /backups/flows",),
    "restore": ("vpcflow restore /backups/flows --store ~/flows",),
    "mcp": ("vpcflow mcp", "vpcflow mcp --store ~/flows --where account_id=123456789012"),
}


def epilog(command: str) -> str:
    """The examples of a command as they stand below its help; "" without any."""
    lines = [f"  {example}" for example in EXAMPLES.get(command, ())]
    # \b keeps the lines as they are.
    return "\n".join(["\b", "Examples:", *lines]) if lines else ""
