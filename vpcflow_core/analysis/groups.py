"""Parts of a whole: what is not shown by itself is one more part, so that nothing is lost."""

from __future__ import annotations

import pandas as pd


def with_rest(
    totals: pd.DataFrame, parts: pd.DataFrame, group: str, part: str, values: list[str]
) -> pd.DataFrame:
    """The parts of each group, and what of the group's total is in none of them.

    Args:
        totals: A row a group: the group's column and the values; their order is kept.
        parts: A row a group and part; groups that are not in `totals` are left out.
        group: Column of the group.
        part: Column of the part.
        values: Columns of numbers that add up.

    Returns:
        Columns group, part, values: groups in the order of `totals`, the parts of each as they
        were, the rest last, its part null; a rest of nothing has no row.
    """
    among = parts[parts[group].isin(totals[group])][[group, part, *values]]
    seen = among.groupby(group, sort=False)[values].sum().reindex(totals[group], fill_value=0)
    left = totals.set_index(group)[values] - seen
    rest = left[(left != 0).any(axis=1)].reset_index()
    kind = _nullable(among[part])
    nulls = pd.Series([None] * len(rest), dtype="object").astype(kind)
    made = pd.concat([among.astype({part: kind}), rest.assign(**{part: nulls})])
    order = {value: place for place, value in enumerate(totals[group])}
    made = made.sort_values(group, key=lambda column: column.map(order), kind="stable")
    kinds = totals[values].dtypes.to_dict()
    return made[[group, part, *values]].astype(kinds).reset_index(drop=True)


def _nullable(column: pd.Series) -> pd.Int64Dtype | pd.StringDtype:
    return pd.Int64Dtype() if pd.api.types.is_integer_dtype(column) else pd.StringDtype()
