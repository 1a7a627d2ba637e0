"""Findings: counted once a run, opened again, accepted for good, resolved only by what was not seen."""

from __future__ import annotations

import pytest
from attrs import evolve
from sqlalchemy import update

from bema_tui.model import Finding, FindingRule, FindingState, Severity
from bema_tui.store.database import Database
from bema_tui.store.findings import Findings
from bema_tui.store.schema import findings as table
from bema_tui.store.snapshot.findings import list_findings
from bema_tui.store.snapshot.views import FindingView
from tests.support.clock import SetClock

WOOD = Finding(
    FindingRule.WOOD_PURCHASE, Severity.WARNING, "2024_ETB_NBL", "ana@example.org", "bought in wood", "look", "17"
)
TWO = Finding(FindingRule.TWO_TIERS, Severity.ERROR, "2024_ETB_NBL", "ben@example.org", "two tiers", "choose")


async def only(db: Database) -> FindingView:
    (found,) = await list_findings(db)
    return found


async def set_state(db: Database, state: FindingState) -> None:
    async with db.write() as connection:
        await connection.execute(update(table).values(state=state))


async def test_a_finding_counts_once_for_each_run(db: Database, clock: SetClock) -> None:
    store = Findings(db)
    first = clock.at
    await store.record([WOOD, WOOD], 1)
    await store.record([WOOD], 1)
    assert (await only(db)).count == 1
    clock.forward(60)
    await store.record([evolve(WOOD, message="still in wood")], 2)
    found = await only(db)
    assert (found.count, found.message, found.first_seen, found.last_seen) == (2, "still in wood", first, clock.at)


async def test_without_a_run_each_call_counts(db: Database) -> None:
    store = Findings(db)
    await store.record([WOOD, WOOD], None)
    await store.record([WOOD], None)
    assert (await only(db)).count == 2


async def test_a_resolved_finding_opens_again_and_an_accepted_one_stays(db: Database) -> None:
    store = Findings(db)
    await store.record([WOOD], 1)
    await set_state(db, FindingState.RESOLVED)
    await store.record([WOOD], 2)
    assert (await only(db)).state is FindingState.OPEN
    await set_state(db, FindingState.ACCEPTED)
    await store.record([WOOD], 3)
    assert (await only(db)).state is FindingState.ACCEPTED
    assert await store.resolve_unseen(WOOD.campaign, 4) == 0
    assert (await only(db)).state is FindingState.ACCEPTED


async def test_what_a_run_did_not_see_is_resolved_in_its_campaign_and_rules_only(db: Database) -> None:
    store = Findings(db)
    other = evolve(WOOD, campaign="2025_KAIRO_TNS")
    found_without_run = evolve(WOOD, rule=FindingRule.LEGACY_NAME)
    await store.record([WOOD, TWO, other], 1)
    await store.record([found_without_run], None)
    await store.record([TWO], 2)
    assert await store.resolve_unseen(WOOD.campaign, 2, [FindingRule.WOOD_PURCHASE, FindingRule.TWO_TIERS]) == 1
    states = {(view.campaign, view.rule): view.state for view in await list_findings(db)}
    assert states == {
        ("2024_ETB_NBL", "wood_purchase"): FindingState.RESOLVED,
        ("2024_ETB_NBL", "two_tiers"): FindingState.OPEN,
        ("2024_ETB_NBL", "legacy_name"): FindingState.OPEN,
        ("2025_KAIRO_TNS", "wood_purchase"): FindingState.OPEN,
    }
    assert await store.resolve_unseen(WOOD.campaign, 2) == 1


async def test_a_subscriber_without_a_key_keeps_no_finding_open_that_is_about_nobody(db: Database) -> None:
    store = Findings(db)
    mended = evolve(WOOD, rule=FindingRule.GROUP_MISSING, subject="2024_ETB_NBL_GOLD", subscriber_id=None)
    await store.record([mended], 1)
    assert await store.resolve_unseen(WOOD.campaign, 2, keep=["123", ""]) == 1


async def test_listing_filters_and_pages_the_worst_first(db: Database, clock: SetClock) -> None:
    store = Findings(db)
    many = [evolve(WOOD, subject=f"person {n}") for n in range(5)]
    for finding in many:
        clock.forward(1)
        await store.record([finding], 1)
    await store.record([TWO, evolve(TWO, campaign="2025_KAIRO_TNS", severity=Severity.INFO)], 1)
    listed = await list_findings(db)
    assert [view.severity for view in listed] == [Severity.ERROR, *[Severity.WARNING] * 5, Severity.INFO]
    assert [view.subject for view in listed[1:6]] == [f"person {n}" for n in (4, 3, 2, 1, 0)]
    assert await list_findings(db, limit=2, offset=1) == listed[1:3]
    assert await list_findings(db, severity=Severity.ERROR) == listed[:1]
    assert await list_findings(db, rule=FindingRule.WOOD_PURCHASE) == listed[1:6]
    assert await list_findings(db, campaign="2025_KAIRO_TNS") == listed[6:]
    assert await list_findings(db, state=FindingState.RESOLVED) == ()


async def test_counts(db: Database) -> None:
    store = Findings(db)
    assert await store.counts_of_run(1) == {Severity.ERROR: 0, Severity.WARNING: 0, Severity.INFO: 0}
    await store.record([WOOD, TWO, evolve(TWO, subject="cy@example.org")], 1)
    assert await store.counts_of_run(1) == {Severity.ERROR: 2, Severity.WARNING: 1, Severity.INFO: 0}
    assert await store.open_errors(TWO.campaign) == 2
    assert await store.open_errors("2025_KAIRO_TNS") == 0
    await set_state(db, FindingState.ACCEPTED)
    assert await store.open_errors(TWO.campaign) == 0


async def test_nothing_found_writes_nothing(db: Database) -> None:
    await Findings(db).record([], 1)
    assert await list_findings(db) == ()


@pytest.mark.fault("A11")
async def test_findings_of_earlier_runs_about_some_subscribers_are_ended_by_rule(db: Database) -> None:
    store = Findings(db)
    await store.record([WOOD, TWO, evolve(TWO, subject="cleo@example.org")], 1)
    await store.record([evolve(TWO, subject="dan@example.org")], 2)
    assert await store.open_subjects(TWO.campaign, 2, rules=[TWO.rule]) == {"ben@example.org", "cleo@example.org"}
    named = {"ana@example.org", "ben@example.org", "dan@example.org"}
    await store.resolve_subjects(TWO.campaign, 2, named, rules=[TWO.rule])
    states = {found.subject: found.state for found in await list_findings(db)}
    assert [name for name, state in states.items() if state is FindingState.RESOLVED] == ["ben@example.org"]


MORE_THAN_ONE_STATEMENT_TAKES = 33_000


async def test_more_subjects_than_one_statement_takes_are_kept_and_resolved(db: Database) -> None:
    store = Findings(db)
    many = [evolve(WOOD, subject=f"buyer{n}@example.org", subscriber_id=None) for n in range(3)]
    await store.record([TWO, *many], 1)
    others = [f"other{n}@example.org" for n in range(MORE_THAN_ONE_STATEMENT_TAKES)]
    assert await store.resolve_unseen(WOOD.campaign, 2, keep=[*others, TWO.subject, many[0].subject]) == 2
    await store.resolve_subjects(WOOD.campaign, 2, [*others, many[0].subject], rules=[WOOD.rule])
    assert [view.subject for view in await list_findings(db, state=FindingState.OPEN)] == [TWO.subject]


async def test_what_nothing_is_proved_of_stays_open_however_much_that_is(db: Database) -> None:
    store = Findings(db)
    many = [evolve(WOOD, subject=f"b{n}@example.org", subscriber_id=None) for n in range(MORE_THAN_ONE_STATEMENT_TAKES)]
    await store.record([TWO, *many], 1)
    assert await store.resolve_unseen(WOOD.campaign, 2, except_about=lambda key: key.startswith("b")) == 0
    assert await store.resolve_unseen(WOOD.campaign, 2, except_about=lambda key: key == "ben@example.org") == len(many)
    assert [view.subject for view in await list_findings(db, state=FindingState.OPEN)] == [TWO.subject]
