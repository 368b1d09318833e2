"""What traffic costs: by path, owner, pair or service, and what to do about it.

Imports of a question stand in its method: a command that asks another one does not wait for them.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.flow_logs.paths import Paths


class Costs(Paths):
    """What traffic costs."""

    def cost(self, by: str = "path", *, n: int | None = None) -> pd.DataFrame:
        """What the traffic of the range cost, by the rules of docs/decisions/cost.md.

        Args:
            by: `path`, `owner`, `account`, `pair`, `service` or `rule`.
            n: How many rows, the dearest first; None: all.

        Returns:
            What it is listed by (of pairs the names of both hosts too, and who the Internet mostly
            was), bytes (each once in a
            path), billed_bytes (each as often as it is billed), dollars, dollars_month (at this
            pace), `dollars_before` and `change` (percent) where the records reach back 30 days, and
            `rule`, why its records count. A byte that passed a NAT gateway is in several paths, and
            billed once in each. `attrs["notes"]` has the date of the prices, and what was left out.

        Raises:
            ParameterError: Costs are not listed by that.
            MissingDataError: No record has addresses, bytes or action.
        """
        from vpcflow_core.cost import billing, statement
        from vpcflow_core.cost.far_ends import with_far_ends

        statement.require_by(by)
        found = billing.bill(self, self.window)
        rows = statement.listed(found, by, billing.before(self, self.window))
        rows = rows if n is None else rows.head(n)
        if by == "pair":
            rows = with_far_ends(rows, self, found)
        return noted(rows, *statement.notes(found))

    def remedies(self) -> pd.DataFrame:
        """What would lower the costs, the largest saving first.

        Returns:
            remedy, saving_month (dollars), evidence, talkers (who makes most of it), bytes_month,
            dollars (of the range), interface_id and address (whose records show it), template
            (Terraform, "" if it takes none).
        """
        from vpcflow_core.cost import billing, statement
        from vpcflow_core.cost.endpoint_services import services_by_names
        from vpcflow_core.cost.remedies import remedies_of
        from vpcflow_core.cost.remedy import rows_of

        found = billing.bill(self, self.window)
        advice = remedies_of(found, services_by_names(self, found))
        return noted(rows_of(advice), *statement.notes(found))

    def collection(self) -> pd.DataFrame:
        """What collecting the flow logs costs, at the pace of the range, the dearest first.

        Filters of records do not matter to it.

        Returns:
            flow_log, destination, source_url, account_id, region, records_day, line_bytes (of the
            text of a record), bytes_day, dollars_month, and the same delivered otherwise:
            dollars_month_default (with the 14 fields of AWS's default format), dollars_month_s3,
            dollars_month_parquet, dollars_month_cloudwatch.

        Raises:
            MissingDataError: The records lie in an engine beyond this machine.
        """
        rows, notes = self.ask_collected()
        return noted(rows, *notes)

    def reconcile(self, report: str | Path) -> pd.DataFrame:
        """Costs beside AWS's Cost and Usage Report, by usage type.

        Args:
            report: A file (CSV, CSV.gz or Parquet; CUR or CUR 2.0), or the folder of its files.

        Returns:
            usage_type, region, unit (GB or hours), billed and logged (in that unit), explained
            (percent of what is billed that records show), billed_dollars (unblended, without
            credits and taxes), dollars (ours), reason (why records do not show it). The time
            compared is the part of the range that the records and whole lines of the report have;
            `attrs["notes"]` names it.

        Raises:
            MissingError: There is no such file.
            FormatError: It is no Cost and Usage Report.
            TimeError: Its time is none of the range's.
        """
        from vpcflow_core.cost.reconcile import reconciled
        from vpcflow_core.cost.usage_report import opened_report

        found = reconciled(self, opened_report(Path(report).expanduser()), self.window)
        return noted(found.rows, *found.notes)
