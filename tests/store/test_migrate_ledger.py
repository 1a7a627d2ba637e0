"""Plans, ledgers and findings of older versions are read as they were meant, and shown as they were shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from bema_tui.model import Cause, ChangeKind, ChangeOutcome, ChangeState, Purpose, Tier
from bema_tui.rules.wording.changes import heading, outcome_text
from bema_tui.store.database import Database
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.snapshot.reader import SnapshotReader
from tests.rules.wording.outcomes import WHY, Row
from tests.support.old_database import CODE, OLD_PLAN, SAID_PLAINLY, database_of_revision, insert, run, write_old_plans
from tests.support.weekend import VIEWER

ODD = (
    ("answered ok, but the read-back does not show it: for a reason of its own", ChangeState.FAILED),
    ("answered ok, but the read-back does not show it: the subscriber is gone from MailerLite", ChangeState.FAILED),
    ("moved meanwhile: stands in Platinum now", ChangeState.SKIPPED),
    ("moved meanwhile: stands in Gold and Platinum now", ChangeState.SKIPPED),
    ("422: said by a row that was not refused", ChangeState.FAILED),
    ("Zoë\n[/red]", ChangeState.UNKNOWN),
)
"""Words that no version has written so; they stay what they are."""


async def opened(path: Path, *plans: Sequence[tuple[str, str, str, str, str | None]]) -> Database:
    """A database of revision 0008 with these plans, brought up to date."""
    await write_old_plans(path, *plans)
    return await Database.open(str(path))


async def test_a_plan_shows_the_headings_that_it_had(tmp_path: Path) -> None:
    async with await opened(tmp_path / "bema.sqlite3", OLD_PLAN) as database:
        reader = SnapshotReader(database, VIEWER, LockAges())
        rules = await reader.plan_rules(1)
        subscribers = await reader.plan_subscribers(1, None, 0, 100)
        changes = await reader.changes(1, 0, 100)
    headings = [SAID_PLAINLY.get(rule, rule) for rule, *_ in OLD_PLAN]
    assert {heading(rule.purpose) for rule in rules} == set(headings)
    counted = {heading(rule.purpose): (rule.subscribers, rule.changes) for rule in rules}
    assert counted["Opt-In → Gold Purchased"] == (2, 4)
    assert counted["create what is missing"] == (0, 2)
    assert counted["refund → Gold"] == (1, 2)
    assert [subscriber.subscriber_id for subscriber in subscribers if subscriber.purpose.from_tier is Tier.OPT_IN] == [
        "1",
        "2",
    ]
    assert [heading(change.purpose) for change in changes] == headings


async def test_a_ledger_knows_why_and_which_tier(tmp_path: Path) -> None:
    async with await opened(tmp_path / "bema.sqlite3", OLD_PLAN) as database:
        changes = await SnapshotReader(database, VIEWER, LockAges()).changes(1, 0, 100)
    purposes = {change.subscriber_id: change.purpose for change in changes if change.subscriber_id}
    assert purposes == {
        "1": Purpose(Cause.PURCHASE, Tier.OPT_IN, Tier.GOLD_PURCHASED),
        "2": Purpose(Cause.PURCHASE, Tier.OPT_IN, Tier.GOLD_PURCHASED),
        "3": Purpose(Cause.PURCHASE, Tier.SILVER, Tier.SILVER_PURCHASED),
        "4": Purpose(Cause.PLACED, None, Tier.GOLD_PURCHASED),
        "5": Purpose(Cause.FIELD_ONLY),
        "6": Purpose(Cause.IN_WOOD),
        "7": Purpose(Cause.NOT_ACTIVE),
        "8": Purpose(Cause.LOWER_OFF),
        "9": Purpose(Cause.REFUND, None, Tier.GOLD),
        "10": Purpose(Cause.REFUND),
        "11": Purpose(Cause.REFUND_NOT_ACTIVE),
    }
    assert [change.tier for change in changes] == [
        *[Tier.SILVER_PURCHASED, None],
        *[None, Tier.GOLD_PURCHASED, Tier.OPT_IN],
        *[None, Tier.SILVER_PURCHASED, Tier.GOLD_PURCHASED, Tier.GOLD_PURCHASED],
        *[None, None, None, Tier.WOOD],
        *[None, Tier.GOLD_PURCHASED, None, None],
    ]
    assert next(change for change in changes if change.kind is ChangeKind.CREATE_SUBSCRIBER).purpose == Purpose(
        Cause.NEW_BUYER, to_tier=Tier.GOLD_PURCHASED
    )


async def test_a_refund_under_the_heading_of_a_purchase_is_one_and_every_list_stays_whole(tmp_path: Path) -> None:
    field = f"{CODE}_PURCHASE"
    mixed = [("not active → field only", str(n), "set_field", field, None if n % 3 == 0 else "5") for n in range(1, 10)]
    odd = [("field only", "1", "set_field", field, "5"), ("words of nobody", "2", "set_field", field, "6")]
    async with await opened(tmp_path / "bema.sqlite3", mixed, odd, OLD_PLAN) as database:
        reader = SnapshotReader(database, VIEWER, LockAges())
        refunds = await reader.plan_subscribers(1, Purpose(Cause.REFUND_NOT_ACTIVE), 0, 100)
        buyers = [await reader.plan_subscribers(1, Purpose(Cause.NOT_ACTIVE), offset, 2) for offset in range(0, 8, 2)]
        counts = {rule.purpose.cause: rule.subscribers for rule in await reader.plan_rules(1)}
        others = [
            subscriber.subscriber_id for subscriber in await reader.plan_subscribers(2, Purpose(Cause.FIELD_ONLY), 0, 9)
        ]
    assert [subscriber.subscriber_id for subscriber in refunds] == ["3", "6", "9"]
    assert [subscriber.subscriber_id for page in buyers for subscriber in page] == ["1", "2", "4", "5", "7", "8"]
    assert counts == {Cause.REFUND_NOT_ACTIVE: 3, Cause.NOT_ACTIVE: 6}
    assert others == ["1", "2"]


async def test_a_finding_about_an_order_is_told_apart_from_one_about_the_field(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    await database_of_revision(path, "0009")
    empty = {"severity": "error", "severity_rank": 0, "state": "accepted", "message": "", "advice": "", "count": 4}
    told = [("field_type_mismatch", f"{CODE}_PURCHASE", None), ("field_type_mismatch", "ana@example.org", "17")]
    told.append(("two_tiers", "ana@example.org", "17"))
    with closing(sqlite3.connect(path)) as connection, connection:
        for rule, subject, subscriber in told:
            about = {"campaign": CODE, "rule": rule, "subject": subject, "subscriber_id": subscriber}
            insert(connection, "findings", [{**about, **empty, "first_seen": "2026", "last_seen": "2026"}])
    await (await Database.open(str(path))).close()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT rule, subject, state, count FROM findings ORDER BY id").fetchall()
    assert rows == [
        ("field_type_mismatch", f"{CODE}_PURCHASE", "accepted", 4),
        ("order_number_unfit", "ana@example.org", "accepted", 4),
        ("two_tiers", "ana@example.org", "accepted", 4),
    ]


@pytest.mark.parametrize("others", [0, 1500])
async def test_why_a_row_stands_so_is_read_once_and_shown_as_before(tmp_path: Path, others: int) -> None:
    path = tmp_path / "bema.sqlite3"
    await database_of_revision(path, "0011")
    told = [*WHY, *((Row(ChangeOutcome.OTHER, words, state), words) for words, state in ODD)]
    told += [(Row(ChangeOutcome.OTHER, f"words {n}"), f"words {n}") for n in range(others)]
    moment = "2026-11-22T14:32:00.000000+00:00"
    same = {"run": 1, "person_seq": 1, "campaign": CODE, "subscriber_id": "7", "email": "a@x.org", "name": ""}
    same |= {"target": "1", "cause": "purchase", "reason": "", "needs_add": 0, "attempts": 1}
    with closing(sqlite3.connect(path)) as connection, connection:
        insert(connection, "runs", [run(1)])
        for seq, (row, words) in enumerate(told, 1):
            row_itself = {"kind": row.kind, "target_name": row.target_name, "state": row.state, "error": words or None}
            status = {"refused_status": row.refused_status, "read_at": moment, "planned_at": moment}
            insert(connection, "ledger", [{**same, "seq": seq, **row_itself, **status}])
    async with await Database.open(str(path)) as database:
        changes = await SnapshotReader(database, VIEWER, LockAges()).changes(1, 0, 5000)
    assert [outcome_text(change) for change in changes] == [words for _, words in told]
    # What came instead of an answer is any text, and told apart by nothing.
    free = (ChangeOutcome.LOST_ANSWER, ChangeOutcome.OTHER_ACCOUNT)
    wanted = [
        ChangeOutcome.OTHER if row.outcome in free and row.detail and row.state is ChangeState.UNKNOWN else row.outcome
        for row, _ in told
    ]
    assert [change.outcome for change in changes] == wanted
    assert [change.detail for change in changes] == [row.detail for row, _ in told]


async def test_a_database_without_plans_is_brought_up_to_date(tmp_path: Path) -> None:
    async with await opened(tmp_path / "bema.sqlite3") as database:
        assert await SnapshotReader(database, VIEWER, LockAges()).plan_rules(1) == ()
