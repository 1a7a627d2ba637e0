"""The pages of a plan and of a ledger: whole, in order, without a gap or a double."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bema_tui.model import Cause, ChangeState, Purpose, Severity, Tier
from bema_tui.store.database import Database
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.store.snapshot.views import PlanPerson

OPT_IN = Purpose(Cause.PURCHASE, Tier.OPT_IN, Tier.GOLD_PURCHASED)
GOLD = Purpose(Cause.PURCHASE, Tier.GOLD, Tier.GOLD_PURCHASED)
SILVER = Purpose(Cause.PURCHASE, Tier.SILVER, Tier.SILVER_PURCHASED)


async def test_rules_count_each_person_once(reader: SnapshotReader) -> None:
    rules = await reader.plan_rules(418)
    assert [(rule.purpose, rule.people, rule.changes) for rule in rules[:3]] == [
        (OPT_IN, 2_310, 6_930),
        (SILVER, 804, 2_412),
        (GOLD, 412, 1_236),
    ]
    assert (sum(rule.people for rule in rules), sum(rule.changes for rule in rules)) == (4_189, 12_041)
    assert await reader.plan_rules(413) == ()


async def test_a_group_to_create_is_a_change_of_nobody(db: Database, reader: SnapshotReader) -> None:
    async with db.write() as connection:
        await connection.execute(
            text(
                "INSERT INTO plan_counts (run, cause, from_tier, to_tier, kind, people, changes)"
                " VALUES (417, 'create_missing', '', '', 'create_group', 1, 1)"
            )
        )
    rules = await reader.plan_rules(417)
    assert [(rule.purpose, rule.people) for rule in rules] == [(OPT_IN, 32), (Purpose(Cause.CREATE_MISSING), 0)]
    assert len({rule.key for rule in rules}) == 2


@pytest.mark.parametrize("purpose", [OPT_IN, None])
async def test_pages_join_without_gap_or_double(reader: SnapshotReader, purpose: Purpose | None) -> None:
    pages: list[PlanPerson] = []
    offset = 0
    while page := await reader.plan_people(418, purpose, offset, 499):
        assert len(page) <= 499
        pages += page
        offset += 499
    assert len(pages) == (2_310 if purpose else 4_189)
    assert len({person.subscriber_id for person in pages}) == len(pages)
    assert sum(len(person.changes) for person in pages) == (6_930 if purpose else 12_041)
    assert all(change.subscriber_id == person.subscriber_id for person in pages for change in person.changes)
    order = [found.purpose for found in await reader.plan_rules(418)]
    places = [order.index(person.purpose) for person in pages]
    assert places == sorted(places)


async def test_a_page_over_the_edge_of_a_rule_goes_on_in_the_next(reader: SnapshotReader) -> None:
    page = await reader.plan_people(418, None, 2_308, 4)
    assert [person.purpose for person in page] == [OPT_IN, OPT_IN, *[SILVER] * 2]
    assert await reader.plan_people(418, Purpose(Cause.UNDO), 0, 10) == ()
    assert await reader.plan_people(418, None, 4_189, 10) == ()


async def test_a_far_page_is_found_by_the_index(db: Database) -> None:
    async with db.read() as connection:
        plan = (
            await connection.execute(
                text(
                    "EXPLAIN QUERY PLAN SELECT * FROM ledger WHERE run = 418 AND cause = 'purchase'"
                    " AND from_tier = 'gold' AND to_tier = 'gold_purchased'"
                    " AND person_seq BETWEEN 2000 AND 2050 ORDER BY person_seq, seq"
                )
            )
        ).all()
    used = "ix_ledger_run_purpose_person_seq (run=? AND cause=? AND from_tier=? AND to_tier=? AND person_seq>?"
    assert any(used in row[3] for row in plan), plan


async def test_changes_in_the_order_of_sending(reader: SnapshotReader) -> None:
    page = await reader.changes(418, 6_640, 10)
    assert [change.seq for change in page] == list(range(6_641, 6_651))
    planned = await reader.changes(418, 0, 5, ChangeState.PLANNED)
    assert {change.state for change in planned} == {ChangeState.PLANNED}
    assert planned[0].seq == 6_646


async def test_what_went_wrong_newest_first(reader: SnapshotReader) -> None:
    wrong = await reader.wrong(418, 100)
    assert len(wrong) == 13
    assert [change.seq for change in wrong] == sorted((change.seq for change in wrong), reverse=True)
    assert wrong[0].email == "chidi.obi@example.org"
    assert (await reader.wrong(418, 2)) == wrong[:2]
    assert [change.state for change in await reader.wrong(415, 5)] == [ChangeState.UNKNOWN]


async def test_left_out_are_those_with_a_finding_and_without_a_change(reader: SnapshotReader) -> None:
    left_out = await reader.left_out(418)
    assert [(one.rule, one.severity, one.people) for one in left_out] == [
        ("buyer_unknown", Severity.INFO, 143),
        ("order_not_settled", Severity.WARNING, 12),
        ("two_tiers", Severity.ERROR, 9),
        ("refunded_purchase", Severity.WARNING, 6),
        ("blocked_record", Severity.ERROR, 3),
    ]
    assert sum(one.people for one in left_out) == (await reader.run(418)).left_out
    assert await reader.left_out(413) == ()
