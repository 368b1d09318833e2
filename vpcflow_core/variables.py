"""Environment variables that look like settings of vpcflow and are none.

May import the settings; the command line and the page Sources say what it finds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches

from vpcflow_core.settings import CONFIG_VARIABLE, TOKEN_VARIABLE, WITHOUT_VARIABLE, Settings

PREFIX = "VPCFLOW_"
# Read by the tests and by what makes the lake; and what Kubernetes sets for a service `vpcflow`.
_OTHERS = ("CORPUS", "TRINO_RECORDS", "CHROMIUM", "LAKE_CATALOG", "LAKE_DATABASE")
_OF_KUBERNETES = ("PORT", "SERVICE")
# As near as `STOER` is to `STORE`; names further off are somebody's own.
NEAR = 0.75


def misspelt(environ: Mapping[str, str] = os.environ) -> list[str]:
    """A sentence for each variable that nearly has the name of a setting, and so has no effect.

    Variables of other names are left alone: others may have set them.

    >>> misspelt({"VPCFLOW_STOER": "/srv", "VPCFLOW_CORPUS": "/corpus"})
    ['The variable VPCFLOW_STOER is no setting and has no effect; VPCFLOW_STORE is one.']
    """
    known = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}
    known |= dict.fromkeys((CONFIG_VARIABLE, WITHOUT_VARIABLE, TOKEN_VARIABLE), "")
    others = {f"{PREFIX}{name}" for name in _OTHERS}
    said = []
    for variable in sorted(environ):
        whole = variable.upper()  # settings are found in any case
        name, _, rest = whole.partition("__")
        near = get_close_matches(name.removeprefix(PREFIX), _stems(known), n=1, cutoff=NEAR)
        if not whole.startswith(PREFIX) or name in known or name in others or not near:
            continue
        if name.removeprefix(PREFIX).split("_")[0] in _OF_KUBERNETES:
            continue
        meant = f"{PREFIX}{near[0]}{'__' + rest if rest else ''}"
        said.append(f"The variable {variable} is no setting and has no effect; {meant} is one.")
    return said


def _stems(known: Mapping[str, str]) -> list[str]:
    return [name.removeprefix(PREFIX) for name in known]
