"""The ledger of a plan that an older version made."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bema_tui.simulator import Endpoints
from tests.support.old_database import OLD_PLAN, SAID_PLAINLY, write_old_plans
from tests.support.operator import Operator

NOWHERE = Endpoints("http://127.0.0.1:9/api", "k", "http://127.0.0.1:9/", "k", "t", "http://127.0.0.1:9/state")


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    operator = Operator(tmp_path, NOWHERE)
    asyncio.run(write_old_plans(operator.database, OLD_PLAN))
    return operator


def test_the_ledger_of_an_old_plan_has_its_headings_and_the_data_behind_them(operator: Operator) -> None:
    rows = operator.run("changes", "1", "--json", expect=0).document
    assert [row["rule"] for row in rows] == [SAID_PLAINLY.get(rule, rule) for rule, *_ in OLD_PLAN]
    moved = [(row["kind"], row["cause"], row["tier"]) for row in rows if row["subscriber"] == "1"]
    assert moved == [
        ("set_field", "purchase", None),
        ("add_group", "purchase", "gold_purchased"),
        ("remove_group", "purchase", "opt_in"),
    ]
    assert {(row["outcome"], row["error"]) for row in rows} == {(None, None)}
    table = operator.run("changes", "1", expect=0).out
    assert "Silver → Silver Purchased" in table
    assert "two tiers: lower removed" in table
