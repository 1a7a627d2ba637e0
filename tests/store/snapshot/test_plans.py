"""The pages of a plan and of a ledger: whole, in order, without a gap or a double."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from bema_tui.model import Campaign, Cause, ChangeState, FindingRule, Purpose, Severity, SubjectKind, Tier
from bema_tui.rules.findings import finding
from bema_tui.store.database import Database
from bema_tui.store.findings import Findings
from bema_tui.store.snapshot.reader import SnapshotReader
from bema_tui.store.snapshot.views import PlanSubscriber
from bema_tui.sync.plan.record_check import campaign_findings
from tests.support.weekend import AT_WORK, BLOCKED, LOST, WAITING

OPT_IN = Purpose(Cause.PURCHASE, Tier.OPT_IN, Tier.GOLD_PURCHASED)


async def ledger(db: Database, run: int, what: str) -> int:
    """A number that SQL counts in a run's ledger."""
    async with db.read() as connection:
        return int((await connection.execute(text(f"SELECT {what} FROM ledger WHERE run = {run}"))).scalar_one())


async def test_rules_count_each_subscriber_once(db: Database, reader: SnapshotReader) -> None:
    rules = await reader.plan_rules(AT_WORK)
    counts = [rule.changes for rule in rules]
    assert counts == sorted(counts, reverse=True), "the largest first"
    of_opt_in = next(rule for rule in rules if rule.purpose == OPT_IN)
    assert of_opt_in.changes == 3 * of_opt_in.subscribers, "each gets a field and a group, and out of another"
    distinct = "count(DISTINCT email || cause || from_tier || to_tier)"
    assert sum(rule.subscribers for rule in rules) == await ledger(db, AT_WORK, distinct)
    assert sum(rule.changes for rule in rules) == await ledger(db, AT_WORK, "count(*)")
    assert await reader.plan_rules(BLOCKED) == ()


async def test_a_group_to_create_is_a_change_of_nobody(db: Database, reader: SnapshotReader) -> None:
    before = [(rule.purpose, rule.subscribers) for rule in await reader.plan_rules(WAITING)]
    async with db.write() as connection:
        await connection.execute(
            text(
                "INSERT INTO plan_counts (run, cause, from_tier, to_tier, kind, subscribers, changes)"
                f" VALUES ({WAITING}, 'create_missing', '', '', 'create_group', 1, 1)"
            )
        )
    rules = await reader.plan_rules(WAITING)
    created = (Purpose(Cause.CREATE_MISSING), 0)
    assert sorted([*before, created], key=str) == sorted([(rule.purpose, rule.subscribers) for rule in rules], key=str)
    assert len({rule.key for rule in rules}) == len(rules)


@pytest.mark.parametrize("purpose", [OPT_IN, None])
async def test_pages_join_without_gap_or_double(db: Database, reader: SnapshotReader, purpose: Purpose | None) -> None:
    rules = await reader.plan_rules(AT_WORK)
    wanted = [rule for rule in rules if purpose in (None, rule.purpose)]
    pages: list[PlanSubscriber] = []
    offset = 0
    while page := await reader.plan_subscribers(AT_WORK, purpose, offset, 3):
        assert len(page) <= 3
        pages += page
        offset += 3
    assert len(pages) == sum(rule.subscribers for rule in wanted) > 3
    assert len({(subscriber.email, subscriber.purpose) for subscriber in pages}) == len(pages)
    assert sum(len(subscriber.changes) for subscriber in pages) == sum(rule.changes for rule in wanted)
    assert all(
        change.subscriber_id == subscriber.subscriber_id for subscriber in pages for change in subscriber.changes
    )
    order = [found.purpose for found in rules]
    places = [order.index(subscriber.purpose) for subscriber in pages]
    assert places == sorted(places)


async def test_a_page_over_the_edge_of_a_rule_goes_on_in_the_next(reader: SnapshotReader) -> None:
    first, second, *_ = rules = await reader.plan_rules(AT_WORK)
    page = await reader.plan_subscribers(AT_WORK, None, first.subscribers - 2, 4)
    assert [subscriber.purpose for subscriber in page] == [first.purpose] * 2 + [second.purpose] * 2
    assert await reader.plan_subscribers(AT_WORK, Purpose(Cause.UNDO), 0, 10) == ()
    assert await reader.plan_subscribers(AT_WORK, None, sum(rule.subscribers for rule in rules), 10) == ()


async def test_a_far_page_is_found_by_the_index(db: Database) -> None:
    async with db.read() as connection:
        plan = (
            await connection.execute(
                text(
                    f"EXPLAIN QUERY PLAN SELECT * FROM ledger WHERE run = {AT_WORK} AND cause = 'purchase'"
                    " AND from_tier = 'gold' AND to_tier = 'gold_purchased'"
                    " AND subscriber_seq BETWEEN 2000 AND 2050 ORDER BY subscriber_seq, seq"
                )
            )
        ).all()
    used = "ix_ledger_run_purpose_subscriber_seq (run=? AND cause=? AND from_tier=? AND to_tier=? AND subscriber_seq>?"
    assert any(used in row[3] for row in plan), plan


async def test_changes_in_the_order_of_sending(db: Database, reader: SnapshotReader) -> None:
    page = await reader.changes(LOST, 10, 10)
    assert [change.seq for change in page] == list(range(11, 21))
    planned = await reader.changes(LOST, 0, 5, ChangeState.PLANNED)
    assert {change.state for change in planned} == {ChangeState.PLANNED}
    assert planned[0].seq == await ledger(db, LOST, "min(seq) FILTER (WHERE state = 'planned')")
    assert [change.seq for change in planned] == sorted(change.seq for change in planned)


async def test_what_went_wrong_newest_first(db: Database, reader: SnapshotReader) -> None:
    wrong = await reader.wrong(AT_WORK, 100)
    assert len(wrong) == await ledger(db, AT_WORK, "count(*) FILTER (WHERE state IN ('failed', 'skipped'))") > 2
    assert {change.state for change in wrong} == {ChangeState.FAILED, ChangeState.SKIPPED}
    assert [change.seq for change in wrong] == sorted((change.seq for change in wrong), reverse=True)
    assert (await reader.wrong(AT_WORK, 2)) == wrong[:2]
    async with db.write() as connection:
        await connection.execute(text(f"UPDATE ledger SET state = 'unknown' WHERE run = {LOST} AND state = 'sending'"))
    assert {change.state for change in await reader.wrong(LOST, 5)} == {ChangeState.UNKNOWN}


async def test_left_out_are_those_with_a_finding_and_without_a_change(db: Database, reader: SnapshotReader) -> None:
    left_out = await reader.left_out(AT_WORK)
    async with db.read() as connection:
        rows = await connection.execute(
            text(
                "SELECT rule, count(*) FROM findings WHERE last_run = :run AND state = 'open' AND subject LIKE '%@%'"
                " AND subject NOT IN (SELECT email FROM ledger WHERE run = :run) GROUP BY rule"
            ),
            {"run": AT_WORK},
        )
        expected = {row[0]: row[1] for row in rows}
    assert {str(one.rule): one.subscribers for one in left_out} == expected
    assert {Severity.INFO, Severity.WARNING} <= {one.severity for one in left_out}
    assert sum(one.subscribers for one in left_out) == (await reader.run(AT_WORK)).left_out
    assert await reader.left_out(1000) == ()


async def test_a_group_and_a_campaign_are_no_subscribers_who_are_left_out(db: Database, reader: SnapshotReader) -> None:
    before = await reader.left_out(AT_WORK)
    code = (await reader.run(AT_WORK)).campaign
    rules = (FindingRule.RECORD_WARNING, FindingRule.REFUSED_WRITE)
    of_groups = [
        finding(rule, code, f"{code}_GOLD", "Not all is well.", "Look.", about=SubjectKind.OTHER) for rule in rules
    ]
    too_old = campaign_findings(Campaign(code, "", ()), [], date(1990, 1, 1))
    assert too_old
    await Findings(db).record([*of_groups, *too_old], AT_WORK)
    assert await reader.left_out(AT_WORK) == before
    of_one = finding(rules[0], code, "somebody@example.org", "A name looks wrong.", "Correct it.")
    await Findings(db).record([of_one], AT_WORK)
    assert {(one.rule, one.subscribers) for one in await reader.left_out(AT_WORK)} - {
        (one.rule, one.subscribers) for one in before
    } == {(rules[0], 1 + sum(one.subscribers for one in before if one.rule is rules[0]))}
