"""``--quick``: it finds new buyers with few requests, and proves nothing else; the next full read does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.support.operator import Operator
from tests.support.simulated import Simulated, small

SETTINGS = "[edd]\npage_size = 10\n"


@attrs.frozen
class Label:
    """A label with one campaign; finding it has read the whole shop."""

    simulated: Simulated
    operator: Operator
    code: str

    def run(self, *words: str) -> dict[str, Any]:
        said = self.operator.run(*words, "--json")
        assert said.status in (0, 3), said
        document: dict[str, Any] = said.document
        return document

    def plan(self, *words: str) -> dict[str, Any]:
        return self.run("plan", self.code, *words)

    def buy(self, email: str, status: str = "complete", mode: str = "live") -> dict[str, Any]:
        product = self.simulated.state()["campaigns"][0]["product_id"]
        order = {"email": email, "product": product, "status": status, "mode": mode}
        made: dict[str, Any] = self.simulated.change(add_order=order)["add_order"]
        return made

    def orders_of(self, email: str) -> list[dict[str, Any]]:
        return [row for row in self.simulated.state()["orders"] if row["email"].strip().lower() == email]

    def member(self, tier: str) -> str:
        """Somebody in a tier who never bought."""
        return self.simulated.buyer(f"non-buyer in {tier}", self.code)

    def groups(self, email: str) -> list[str]:
        return list(self.simulated.people()[email][1])

    def findings(self, state: str = "open") -> dict[tuple[str, str], str]:
        rows = self.operator.run("findings", "--state", state, "--json", expect=0).document
        return {(row["rule"], row["subject"]): row["state"] for row in rows}

    def change_reads(self, statement: str, *values: str) -> None:
        """Change what the database remembers of reads of the shop."""
        with closing(sqlite3.connect(self.operator.database)) as connection, connection:
            connection.execute(statement, values)

    def age_full_read(self, seconds: int) -> None:
        older = "strftime('%Y-%m-%dT%H:%M:%f', finished_at, ?) || '000+00:00'"
        self.change_reads(f"UPDATE shop_reads SET finished_at = {older}", f"-{seconds} seconds")


@pytest.fixture
def label(tmp_path: Path) -> Iterator[Label]:
    simulated = Simulated.start(small())
    operator = Operator(tmp_path / "operator", simulated.endpoints)
    operator.settings(SETTINGS)
    yield Label(simulated, operator, operator.discover())
    operator.close()
    simulated.close()


def test_new_buyers_are_found_with_few_requests(label: Label) -> None:
    sync = ("sync", label.code, "--yes", "--max-moves", "1000")
    first = label.run(*sync)
    assert first["reads"]["shop"]["kind"] == "full"
    email = label.member("GOLD")
    order = label.buy(email)
    before = label.findings("all")
    assert "open" in before.values()
    run = label.run(*sync, "--quick")
    shop = run["reads"]["shop"]
    assert (shop["kind"], shop["completeness"], shop["passes"]) == ("window", "complete", 2)
    assert 0 < shop["full_read_age"] < 600
    assert shop["full_read_at"] == first["reads"]["shop"]["full_read_at"]
    assert run["requests"]["shop"] <= 12 < first["requests"]["shop"] / 2
    assert (run["state"], run["people"], run["failed"]) == ("done", 1, 0)
    assert f"{label.code}_GOLD_PURCHASE" in label.groups(email)
    assert order["id"] in {str(value) for value in label.simulated.people()[email][2].values()}
    assert label.findings("all") == before
    assert label.simulated.violations() == []
    (stats,) = label.operator.run("stats", "--json", expect=0).document
    assert stats["shop_full_read_at"] == shop["full_read_at"]
    assert "the newest" in label.operator.run("runs", str(run["run"])).out

    written = len(label.simulated.writes())
    assert label.run(*sync, "--quick")["total"] == 0
    after = label.run(*sync)
    assert (after["reads"]["shop"]["kind"], after["total"]) == ("full", 0)
    assert len(label.simulated.writes()) == written


def test_a_refund_and_a_settled_order_are_told_by_the_full_read_only(label: Label) -> None:
    label.plan()
    refunded = label.simulated.buyer("up to date in GOLD_PURCHASE", label.code)
    for row in label.orders_of(refunded):
        label.simulated.change(refund=row["key"])
    settled = next(subject for rule, subject in label.findings() if rule == "order_not_settled")
    order = next(row for row in label.orders_of(settled) if row["status"] in {"revoked", "on_hold"})
    label.simulated.change(complete=order["row_id"])

    def about() -> set[tuple[str, str]]:
        rules = {"refunded_purchase", "order_gone", "purchase_unproven", "order_not_settled"}
        return {(rule, who) for rule, who in label.findings() if who in (refunded, settled) and rule in rules}

    assert label.plan("--quick")["reads"]["shop"]["kind"] == "window"
    assert about() == {("order_not_settled", settled)}
    assert label.plan()["reads"]["shop"]["kind"] == "full"
    assert about() == {("refunded_purchase", refunded)}


def test_a_late_completion_far_down_is_seen_by_the_full_read(label: Label) -> None:
    email = label.member("BRONZE")
    made = label.buy(email, status="pending")
    for number in range(30):
        label.buy(f"stranger{number}@else.example")
    people = label.plan()["people"]
    label.simulated.change(complete=made["key"])
    assert label.plan("--quick")["people"] == people
    assert label.plan()["people"] == people + 1


def test_an_old_or_missing_full_read_is_made_again(label: Label) -> None:
    label.age_full_read(21_500)
    assert label.plan("--quick")["reads"]["shop"]["kind"] == "window"  # which does not make the full read younger
    label.age_full_read(200)
    shop = label.plan("--quick")["reads"]["shop"]
    assert (shop["kind"], shop["full_read_age"] < 60) == ("full", True)
    label.change_reads("DELETE FROM shop_reads")
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
