"""Sales that can't be read: each is named, so that somebody finds it; the others go on; absence proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fixtures import MakeOperator, StartSimulator
from tests.support.operator import Operator, Said
from tests.support.simulated import Simulated

pytestmark = pytest.mark.fault("A1")
SYNC = ("--yes", "--max-moves", "1000", "--json")
BROKEN: tuple[tuple[str, Any], ...] = (
    ("email", None),
    ("email", "ana.example.org"),
    ("key", ""),
    ("mode", ""),
    ("products.0.id", ""),
    ("products.0.price", ""),
    ("products.0.price", "12,50"),
    ("products.0.price", "-"),
    ("products", "none"),
    ("date_utc", "yesterday"),
    ("ID", ""),
    ("", None),
)


def breaks(simulated: Simulated, order: dict[str, Any], path: str, value: Any) -> None:
    simulated.change(break_record={"kind": "order", "id": order["row_id"], "set": {path: value}})


def mend(simulated: Simulated, order: dict[str, Any]) -> None:
    simulated.change(restore_record={"kind": "order", "id": order["row_id"]})


def found(operator: Operator, state: str = "open") -> dict[str, dict[str, Any]]:
    """The findings about sales that can't be read, by their subject."""
    rows = operator.run("findings", "--state", state, "--json", expect=0).document
    return {row["subject"]: row for row in rows if row["rule"] == "unreadable_order"}


def orders_of(simulated: Simulated, email: str) -> list[dict[str, Any]]:
    """Somebody's settled orders."""
    rows = simulated.state()["orders"]
    return [row for row in rows if row["email"].strip().lower() == email and row["status"] == "complete"]


def refund(simulated: Simulated, email: str) -> None:
    for order in orders_of(simulated, email):
        simulated.change(refund=order["row_id"])


def sync(operator: Operator, code: str, *words: str) -> Said:
    return operator.run("sync", code, *SYNC, *words)


def test_each_is_named_once_for_the_shop_and_the_others_go_on(
    simulators: StartSimulator, operators: MakeOperator
) -> None:
    simulated = simulators(campaigns=2)
    operator = operators(simulated.endpoints)
    document = operator.run("campaigns", "discover", "--add", "--json", expect=0).document
    first, second = (row["code"] for row in document["campaigns"])
    buyer = simulated.buyer("non-buyer in GOLD", first)
    simulated.buy(buyer, first)
    orders = [simulated.buy(f"fan{place}@else.example") for place in range(len(BROKEN))]
    for order, (path, value) in zip(orders, BROKEN, strict=True):
        breaks(simulated, order, path, value)
    for code in (first, second):
        said = sync(operator, code)
        assert (said.status, said.document["state"]) == (3, "done")
        assert said.document["reads"]["shop"]["unreadable"] == len(BROKEN)
        assert said.document["findings"]["error"] >= len(BROKEN)
    assert f"{first}_GOLD_PURCHASE" in simulated.subscribers()[buyer][1]
    assert simulated.violations() == []
    named = found(operator)
    assert len(named) == len(BROKEN)
    assert {row["campaign"] for row in named.values()} == {""}
    for order, (path, value) in zip(orders, BROKEN, strict=True):
        if path in ("", "ID"):
            continue
        row = named[f"order {order['id']}"]
        assert f"{path}: " in row["message"]
        assert value in (None, "") or str(value) in row["message"]
        assert f"search the shop's orders for {order['id']}" in row["advice"]
    assert any(order["key"] in subject for subject in named for order in orders), "one without a number has its key"

    for order in orders[1:]:
        mend(simulated, order)
    sync(operator, second)
    assert set(found(operator)) == {f"order {orders[0]['id']}"}
    assert len(found(operator, "resolved")) == len(BROKEN) - 1
    mend(simulated, orders[0])
    sync(operator, first)
    assert found(operator) == {}


def test_an_order_of_an_unknown_date_is_an_order(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    alone, twice = simulated.buyer("non-buyer in GOLD", code), simulated.buyer("non-buyer in SILVER", code)
    for email in (alone, twice):
        breaks(simulated, simulated.buy(email), "date_utc", "0000-00-00 00:00:00")
    dated = simulated.buy(twice)
    sync(operator, code)
    subscribers = simulated.subscribers()
    assert f"{code}_GOLD_PURCHASE" in subscribers[alone][1]
    assert f"{code}_SILVER_PURCHASE" in subscribers[twice][1]
    assert dated["id"] in {str(value) for value in subscribers[twice][2].values()}
    assert found(operator) == {}


def test_nothing_is_taken_back_from_whom_it_could_concern(simulated: Simulated, operator: Operator) -> None:
    operator.settings('[rules]\non_refund = "revert"\n')
    code = operator.discover()
    hit, refunded, other = (
        simulated.buyer(scenario, code)
        for scenario in ("buyer in GOLD", "up to date in GOLD_PURCHASE", "buyer in BRONZE")
    )
    sync(operator, code)
    stored = simulated.subscribers()
    simulated.buy(hit, date_utc="2026-11-20 10:00:00")  # would be named if the first one were gone
    breaks(simulated, orders_of(simulated, hit)[0], "products.0.price", "12,50")
    for email in (refunded, other):
        refund(simulated, email)
    unread = simulated.buy("somebody@else.example")
    breaks(simulated, unread, "email", None)
    said = sync(operator, code)
    assert (said.document["state"], said.document["total"]) == ("done", 0)
    assert simulated.subscribers() == stored
    assert [operator.told_about(email) for email in (hit, refunded, other)] == [{}] * 3
    assert "from anybody" in found(operator)[f"order {unread['id']}"]["advice"]

    mend(simulated, unread)
    said = sync(operator, code)
    assert said.document["state"] == "needs_approval"
    assert [[*operator.told_about(email)] for email in (refunded, other)] == [["refunded_purchase"]] * 2
    assert operator.told_about(hit) == {}
    assert simulated.subscribers() == stored


def test_whose_order_it_was_is_concerned_too(simulated: Simulated, operator: Operator) -> None:
    """The refund was undone and the address changed, and then something else of the order broke."""
    operator.settings('[rules]\non_refund = "revert"\n')
    code = operator.discover()
    settled = simulated.buyer("up to date in GOLD_PURCHASE", code)
    orders = orders_of(simulated, settled)
    refund(simulated, settled)
    assert sync(operator, code).document["state"] == "needs_approval"
    assert [*operator.told_about(settled)] == ["refunded_purchase"]
    for order in orders:
        simulated.change(complete=order["row_id"])
        simulated.change(edit_order={"order": order["row_id"], "email": "new@else.example"})
        breaks(simulated, order, "mode", "")
    said = sync(operator, code)
    assert f"{code}_GOLD_PURCHASE" in simulated.subscribers()[settled][1]
    assert said.document["state"] == "done", "nothing is left to take back"
    shop = next(check for check in said.document["checks"] if check["name"] == "shop_read")
    assert f", {len(orders)} unreadable" in shop["text"]
    assert (shop["result"], shop["ok"], shop["look"]) == ("look", True, True)


def test_a_finding_stays_open_while_it_is_not_proved_to_be_over(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    sync(operator, code)
    settled = simulated.buyer("up to date in GOLD_PURCHASE", code)
    refund(simulated, settled)
    sync(operator, code)
    assert [*operator.told_about(settled)] == ["refunded_purchase"]
    again = simulated.buy(settled, status="on_hold")
    breaks(simulated, again, "mode", "")
    sync(operator, code)
    assert [*operator.told_about(settled)] == ["refunded_purchase"]
    mend(simulated, again)
    simulated.change(complete=again["row_id"])
    sync(operator, code)
    assert operator.told_about(settled) == {}


def test_more_than_accidents_explain_is_a_failed_read_that_names_the_first(
    simulated: Simulated, operator: Operator
) -> None:
    code = operator.discover()
    orders = [simulated.buy(f"fan{place}@else.example") for place in range(21)]
    for order in orders:
        breaks(simulated, order, "products.0.price", "12,50")
    said = sync(operator, code)
    assert (said.status, said.document["state"]) == (1, "failed")
    for order in orders[-3:]:
        assert f"order {order['id']}" in said.complaint
    assert "21 of " in said.complaint
    assert "'12,50' is not an amount" in said.complaint
    assert simulated.writes() == []
    assert found(operator) == {}


def test_a_recent_read_treats_them_the_same(simulated: Simulated, operator: Operator) -> None:
    operator.settings("[edd]\npage_size = 10\n")
    code = operator.discover()
    settled, buyer = (
        simulated.buyer(scenario, code) for scenario in ("up to date in GOLD_PURCHASE", "non-buyer in GOLD")
    )
    sync(operator, code)
    stored = simulated.subscribers()[settled]
    breaks(simulated, orders_of(simulated, settled)[0], "ID", "")
    sync(operator, code)
    simulated.buy(settled, date_utc="2026-11-20 10:00:00")
    late = simulated.buy("fan@else.example")
    breaks(simulated, late, "email", None)
    simulated.buy(buyer)
    said = sync(operator, code, "--quick")
    assert (said.status, said.document["state"]) == (3, "done")
    shop = said.document["reads"]["shop"]
    assert (shop["kind"], shop["completeness"], shop["unreadable"]) == ("recent", "complete", 1)
    assert f"{code}_GOLD_PURCHASE" in simulated.subscribers()[buyer][1]
    assert simulated.subscribers()[settled] == stored, "the one that can't be read may be the one that the field names"
    assert len(found(operator)) == 2


def test_to_discover_campaigns_proves_nothing_of_automations(
    simulators: StartSimulator, operators: MakeOperator
) -> None:
    simulated = simulators(subscribers=40, orders=30, campaigns=1)
    operator = operators(simulated.endpoints)
    code = operator.discover()
    disabled = next(row for row in simulated.state()["automations"] if not row["enabled"])
    simulated.change(break_record={"kind": "automation", "id": disabled["id"], "set": {"triggers": "all"}})
    sync(operator, code)
    subject = f"automation {disabled['id']}"
    assert set(operator.told_about(subject)) == {"unreadable_record"}
    operator.run("campaigns", "discover", "--add", expect=0)
    assert set(operator.told_about(subject)) == {"unreadable_record"}
    simulated.change(restore_record={"kind": "automation", "id": disabled["id"]})
    sync(operator, code)
    assert operator.told_about(subject) == {}
