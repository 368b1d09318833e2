"""Who may run SQL by hand on a page."""

from __future__ import annotations

import pytest

from dashboards.ui.rights import LEVELS, Rights
from dashboards.ui.sql import refusal

SELECT = "SELECT count(*) FROM flows"


@pytest.mark.parametrize("level", LEVELS)
def test_where_sql_reaches_other_tables_only_those_run_it_who_may_add_sources_in_aws(
    level: str,
) -> None:
    rights = Rights(level)  # type: ignore[arg-type]
    assert refusal(SELECT, True, rights) is None
    assert (refusal(SELECT, False, rights) is None) == (level in ("aws", "all"))


def test_files_of_the_server_are_named_only_to_those_who_may_name_its_folders() -> None:
    text = "EXPLAIN  ANALYZE " + SELECT
    assert refusal(text, True, Rights("all")) is None
    refused = refusal(text, True, Rights("aws"))
    assert refused is not None
    assert "EXPLAIN ANALYZE" in str(refused)
