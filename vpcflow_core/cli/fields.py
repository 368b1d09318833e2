"""`vpcflow fields`: the field table."""

from __future__ import annotations

import pandas as pd

from vpcflow_core.cli.options import OutputOption
from vpcflow_core.cli.output import Output, write
from vpcflow_core.fields import FIELDS


def fields(
    output: OutputOption = Output.table,
) -> None:
    """List every field of the flow-log record."""
    rows = [
        {
            "field": f.aws,
            "column": f.name,
            "version": f.version,
            "type": f.sql,
            "role": f.role,
            "mirror": f.mirror,
            "logs": f.relation,
            "about": f.doc,
        }
        for f in FIELDS
    ]
    write(pd.DataFrame(rows).astype({"version": "object"}), output)
