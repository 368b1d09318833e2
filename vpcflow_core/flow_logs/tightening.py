"""Narrower rules for security groups, and what a set of rules would have refused.

Imports of a question stand in its method: a command that asks another one does not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from vpcflow_core.analysis.buckets import noted
from vpcflow_core.flow_logs.paths import Paths
from vpcflow_core.query.question import names_of

FILTERED = "Filters are in force: what other traffic alone uses looks unused here."


class Tightening(Paths):
    """Narrower rules, and what they would have refused."""

    def narrower_rules(self, groups: str | Iterable[str] = ()) -> pd.DataFrame:
        """What the rules of security groups could be narrowed to, by what they let through.

        Rules that let nothing through are removed, those for many ports become those for the ports
        used, open ones those for the blocks seen, hostile sources left out; the others are kept.
        docs/how-to/tighten.md has the exact conditions. Traffic that filters leave out does not
        count: what it alone uses looks unused.

        Args:
            groups: Ids of the groups; all if empty.

        Returns:
            One row for each rule of the narrower set and each that is removed: change (`narrow`,
            `remove`, `keep`), security_group_id, group_name, way (`in`, `out`), protocol, ports,
            source, flows (of the rule that there is), why, description, rule_id (likewise), and
            the rule as EC2 has it: egress, from_port, to_port, cidr, prefix_list_id,
            referenced_group_id. `vpcflow_core.rulesets.writing` makes text of it.

        Raises:
            MissingDataError: No snapshot of EC2 has rules, or the logs lack a field.
            ParameterError: There is no such group.
        """
        from vpcflow_core.rulesets import tighten

        found = tighten.narrower(self, self.window, names_of(groups))
        return noted(found, *([FILTERED] if len(self.filters) else []))

    def replay(
        self, proposed: str | pd.DataFrame, groups: str | Iterable[str] = ()
    ) -> pd.DataFrame:
        """What a proposed set of rules would have refused of what was let through.

        Args:
            proposed: Text of Terraform, CloudFormation or JSON (`rulesets.reading.read_rules` says
                which), or what `narrower_rules` gives. It is all rules of each group and way that
                it names; other groups keep theirs.
            groups: Groups that lose the rules that it does not name, of both ways.

        Returns:
            One row for each interface, peer, protocol and port, most flows first: way (`in`,
            `out`), interface_id, peer, protocol, port, flows, bytes, first, last (UTC),
            let_through_by, hostile (what the peer did elsewhere, or empty). `attrs` has
            `let_through` (all flows that rules let through), `refused` (of these) and notes.

        Raises:
            MissingDataError: No snapshot of EC2 has rules, or the logs lack a field.
            ParameterError: The text cannot be read, or there is no such group.
        """
        from vpcflow_core.rulesets import tighten
        from vpcflow_core.rulesets.reading import read_rules

        named = names_of(groups)
        if isinstance(proposed, str):
            rules = read_rules(proposed, self.known("security_groups"))
        else:
            rules = tighten.proposal_of(proposed)
            named = (*named, *proposed["security_group_id"].unique())
        return tighten.replay(self, self.window, rules, tuple(dict.fromkeys(named)))
