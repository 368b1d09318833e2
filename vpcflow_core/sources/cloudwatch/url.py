"""How URLs name log groups.

`cloudwatch://eu-central-1/aws/vpc/flow-logs` is the group `/aws/vpc/flow-logs` (or the one without
the first slash), `cloudwatch://eu-central-1/vpc?interfaces=eni-0a,eni-0b` the log streams of two
interfaces alone, and `cloudwatch://arn:aws:logs:eu-central-1:123456789012:log-group:vpc` a group by
its ARN, which may be another account's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from vpcflow_core.errors import SettingsError, closest

SCHEME = "cloudwatch://"
_OPTIONS = ("streams", "interfaces")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
_ARN = re.compile(r"arn:[a-z0-9-]+:logs:([a-z0-9-]+):(\d{12}):log-group:([^:]+)(:\*)?")
_HOW = "Write cloudwatch://region/log-group, such as cloudwatch://eu-central-1/vpc-flow-logs."


@dataclass(frozen=True, slots=True)
class Place:
    """What a URL asks for.

    Attributes:
        region: Where the group lies.
        name: Its name.
        account, arn: Set where the URL gives the group's ARN.
        streams: Names of log streams; () for all.
        interfaces: Interfaces whose log streams are wanted; () for all.
    """

    region: str
    name: str
    account: str = ""
    arn: str = ""
    streams: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()

    @staticmethod
    def parse(url: str) -> Place:
        """The place that a URL names.

        Raises:
            SettingsError: It names no region, no group, or asks for something unknown.
        """
        path, _, query = url.partition("://")[2].partition("?")
        chosen = _chosen(url, query)
        arn = _ARN.fullmatch(path[path.find("arn:") :]) if "arn:" in path else None
        if arn:
            whole = arn[0].removesuffix(":*")
            return Place(arn[1], arn[3], arn[2], whole, *chosen)
        region, _, name = path.removesuffix(":*").partition("/")  # as ARNs end; no name does
        if not _REGION.fullmatch(region):
            raise SettingsError(f"'{url}' names no AWS region: '{region}' is none.", _HOW)
        if not name.strip("/"):
            raise SettingsError(f"'{url}' names no log group.", _HOW)
        return Place(region, name, "", "", *chosen)

    def __str__(self) -> str:
        words = ((option, getattr(self, option)) for option in _OPTIONS)
        query = "&".join(f"{option}={_listed(names)}" for option, names in words if names)
        return f"{SCHEME}{self.arn or f'{self.region}/{self.name}'}{'?' if query else ''}{query}"

    def takes(self, stream: str) -> bool:
        """Whether a log stream of this name is wanted.

        An interface's stream has its name, or its name and the traffic it holds (`-all`).
        """
        if not (self.streams or self.interfaces):
            return True
        return stream in self.streams or any(
            stream == name or stream.startswith(f"{name}-") for name in self.interfaces
        )


def _chosen(url: str, query: str) -> tuple[tuple[str, ...], ...]:
    """The names that each of the options lists."""
    options: dict[str, tuple[str, ...]] = {}
    for part in filter(None, query.split("&")):
        option, _, names = part.partition("=")
        if option not in _OPTIONS:
            hint = closest(option, _OPTIONS)
            raise SettingsError(
                f"'{url}' asks for '{option}', which a log group has not.",
                f"{hint} Known are: streams=NAME,NAME and interfaces=eni-...,eni-...".strip(),
            )
        options[option] = tuple(sorted({unquote(name) for name in names.split(",") if name}))
    return tuple(options.get(option, ()) for option in _OPTIONS)


def _listed(names: tuple[str, ...]) -> str:
    return ",".join(quote(name) for name in names)
