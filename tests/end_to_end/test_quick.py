"""``--quick``: it finds new buyers with few requests, and proves nothing else; the next full read does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.label import Label, opened_label

SETTINGS = "[edd]\npage_size = 10\n"


@pytest.fixture
def label(tmp_path: Path) -> Iterator[Label]:
    """A label with one campaign; finding it has read the whole shop."""
    with opened_label(tmp_path / "operator", SETTINGS) as made:
        yield made


def states(label: Label, state: str = "open") -> dict[tuple[str, str], str]:
    """How each finding of a rule about somebody stands."""
    return {(row["rule"], row["subject"]): row["state"] for row in label.findings(state)}


def orders_of(label: Label, email: str) -> list[dict[str, Any]]:
    return [row for row in label.simulated.state()["orders"] if row["email"].strip().lower() == email]


def age_full_read(label: Label, seconds: int) -> None:
    """Let the last full read of the shop be older."""
    older = "strftime('%Y-%m-%dT%H:%M:%f', finished_at, ?) || '000+00:00'"
    label.operator.change_database(f"UPDATE shop_reads SET finished_at = {older}", f"-{seconds} seconds")


def test_new_buyers_are_found_with_few_requests(label: Label) -> None:
    first = label.sync()
    assert first["reads"]["shop"]["kind"] == "full"
    email = label.somebody("non-buyer in GOLD")
    order = label.buy(email)
    before = states(label, "all")
    assert "open" in before.values()
    run = label.sync("--quick")
    shop = run["reads"]["shop"]
    assert (shop["kind"], shop["completeness"], shop["passes"]) == ("recent", "complete", 2)
    assert 0 < shop["full_read_age"] < 600
    assert shop["full_read_at"] == first["reads"]["shop"]["full_read_at"]
    assert run["requests"]["shop"] <= 12 < first["requests"]["shop"] / 2
    assert (run["state"], run["people"], run["failed"]) == ("done", 1, 0)
    assert f"{label.code}_GOLD_PURCHASE" in label.subscriber(email)["groups"]
    assert order["id"] in {str(value) for value in label.simulated.subscribers()[email][2].values()}
    assert states(label, "all") == before
    assert label.simulated.violations() == []
    (stats,) = label.operator.run("stats", "--json", expect=0).document
    assert stats["shop_full_read_at"] == shop["full_read_at"]
    assert "the newest" in label.operator.run("runs", str(run["run"])).out

    written = len(label.simulated.writes())
    assert label.sync("--quick")["total"] == 0
    after = label.sync()
    assert (after["reads"]["shop"]["kind"], after["total"]) == ("full", 0)
    assert len(label.simulated.writes()) == written


def test_a_refund_and_a_settled_order_are_told_by_the_full_read_only(label: Label) -> None:
    label.plan()
    refunded = label.simulated.buyer("up to date in GOLD_PURCHASE", label.code)
    for row in orders_of(label, refunded):
        label.simulated.change(refund=row["key"])
    settled = next(subject for rule, subject in states(label) if rule == "order_not_settled")
    order = next(row for row in orders_of(label, settled) if row["status"] in {"revoked", "on_hold"})
    label.simulated.change(complete=order["row_id"])

    def about() -> set[tuple[str, str]]:
        rules = {"refunded_purchase", "order_gone", "purchase_unproven", "order_not_settled"}
        return {(rule, who) for rule, who in states(label) if who in (refunded, settled) and rule in rules}

    assert label.plan("--quick")["reads"]["shop"]["kind"] == "recent"
    assert about() == {("order_not_settled", settled)}
    assert label.plan()["reads"]["shop"]["kind"] == "full"
    assert about() == {("refunded_purchase", refunded)}


def test_a_late_completion_far_down_is_seen_by_the_full_read(label: Label) -> None:
    email = label.somebody("non-buyer in BRONZE")
    made = label.buy(email, status="pending")
    for number in range(30):
        label.buy(f"stranger{number}@else.example")
    people = label.plan()["people"]
    label.simulated.change(complete=made["key"])
    assert label.plan("--quick")["people"] == people
    assert label.plan()["people"] == people + 1


def test_an_old_or_missing_full_read_is_made_again(label: Label) -> None:
    age_full_read(label, 21_500)
    assert label.plan("--quick")["reads"]["shop"]["kind"] == "recent"  # which does not make the full read younger
    age_full_read(label, 200)
    shop = label.plan("--quick")["reads"]["shop"]
    assert (shop["kind"], shop["full_read_age"] < 60) == ("full", True)
    label.operator.change_database("DELETE FROM shop_reads")
    assert label.plan("--quick")["reads"]["shop"]["kind"] == "full"
    label.operator.settings(SETTINGS + "full_read_seconds = 0\n")
    assert label.plan("--quick")["reads"]["shop"]["kind"] == "full"


def test_too_many_sales_that_can_not_be_read_make_it_read_in_full_and_then_nothing_rests_on_it(label: Label) -> None:
    for number in range(21):
        label.buy(f"stranger{number}@else.example", mode="")
    said = label.operator.run("sync", label.code, "--yes", "--quick", "--json", expect=1)
    assert (said.document["reads"]["shop"]["kind"], said.document["state"]) == ("full", "failed")
    assert said.document["reads"]["shop"]["completeness"] == "partial"
    assert label.simulated.writes() == []
