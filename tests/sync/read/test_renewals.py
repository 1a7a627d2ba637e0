"""Orders that share a payment key, as renewals do with the order that they renew: each counts for itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.operator import Operator
from tests.support.simulated import Simulated

pytestmark = pytest.mark.fault("D2")


def sync(operator: Operator, code: str, *words: str) -> dict[str, Any]:
    said = operator.run("sync", code, "--yes", "--max-moves", "1000", "--json", *words)
    assert said.document["state"] == "done", said
    document: dict[str, Any] = said.document
    return document


def test_a_newer_row_hides_no_older_one(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    renewed, other = (simulated.buyer(f"non-buyer in {tier}", code) for tier in ("GOLD", "SILVER"))
    first = simulated.buy(renewed)
    simulated.buy(renewed, key=first["key"], status="on_hold", date_utc="2027-01-02 10:00:00")
    simulated.buy(other, key=first["key"], date_utc=first["date_utc"])
    sync(operator, code)
    subscribers = simulated.subscribers()
    assert f"{code}_GOLD_PURCHASE" in subscribers[renewed][1]
    assert first["id"] in {str(value) for value in subscribers[renewed][2].values()}
    assert [*operator.told_about(renewed)] == ["order_not_settled"]
    assert f"{code}_SILVER_PURCHASE" in subscribers[other][1], (
        "of the same key and moment, and another order for all that"
    )
    assert sync(operator, code)["total"] == 0


def test_a_renewal_is_news_to_a_recent_read(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    first, renewed = (simulated.buyer(f"non-buyer in {tier}", code) for tier in ("GOLD", "SILVER"))
    key = simulated.buy(first)["key"]
    sync(operator, code)
    simulated.buy(renewed, key=key)
    assert sync(operator, code, "--quick")["reads"]["shop"]["kind"] == "recent"
    subscribers = simulated.subscribers()
    assert f"{code}_SILVER_PURCHASE" in subscribers[renewed][1]
    assert f"{code}_GOLD_PURCHASE" in subscribers[first][1]
    assert sync(operator, code)["total"] == 0


def test_an_order_whose_e_mail_changes_is_one_order(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    wrong, right = (simulated.buyer(f"non-buyer in {tier}", code) for tier in ("GOLD", "SILVER"))
    order = simulated.buy(wrong)
    sync(operator, code)
    simulated.change(edit_order={"order": order["row_id"], "email": right})
    sync(operator, code)
    assert [*operator.told_about(wrong)] == ["purchase_unproven"]
    assert f"{code}_SILVER_PURCHASE" in simulated.subscribers()[right][1]
