"""What follows from where somebody stands who was read while their rows were sent: others move people at the same time.

Pure. Domain rules, section 3, "One person in several tiers", and section 6, "Stale rows are refused".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from bema_tui.model import (
    GROUP_CHANGES,
    ChangeKind,
    ChangeState,
    Finding,
    FindingRule,
    Subscriber,
    SubscriberStatus,
    Tier,
)
from bema_tui.rules.findings import finding
from bema_tui.rules.wording.changes import where_text
from bema_tui.store.ledger_rows import LedgerRow, RowResult
from bema_tui.sync.apply.recheck import judge_subscriber, tiers_of
from bema_tui.sync.apply.results import MAX_TRIES

MOST_REMOVES = 6
"""Removes of one subscriber in one run, those of the plan included: an automation that keeps moving them ends there."""


@frozen
class RecheckFacts:
    """What holds for all subscribers of a run."""

    campaign: str
    """The code of the campaign."""
    run: int
    """The number of the run."""
    tier_of_group: Mapping[str, Tier]
    """The campaign's tiers by the id of their group."""
    move_inactive: bool
    """Whether subscribers who are not active are moved, too."""


@frozen
class Standing:
    """What follows for one subscriber from where a read showed them."""

    results: tuple[RowResult, ...]
    """A result for each planned row of the subscriber."""
    lower_off: tuple[Tier, ...] = ()
    """The lower tiers that the subscriber is taken out of beyond the plan."""
    finding: Finding | None = None
    """What somebody should look at; None: nothing."""


def expected_tiers(
    rows: Sequence[LedgerRow], seen: frozenset[Tier], tier_of_group: Mapping[str, Tier], states: Sequence[ChangeState]
) -> frozenset[Tier]:
    """Return where somebody stands who stood in ``seen``, once their rows in these states are done and nobody else
    moves them."""
    tiers = set(seen)
    for row in rows:
        tier = tier_of_group.get(row.target)
        if tier is not None and row.state in states and row.kind in GROUP_CHANGES:
            (tiers.add if row.kind is ChangeKind.ADD_GROUP else tiers.discard)(tier)
    return frozenset(tiers)


def follow(
    subscriber: Subscriber | None, rows: Sequence[LedgerRow], seen: frozenset[Tier], facts: RecheckFacts
) -> Standing:
    """Return what follows for one subscriber.

    Args:
        subscriber: as a read just showed them; None: gone from MailerLite.
        rows: all of their rows in the run, none of which is on its way.
        seen: the tiers that the run last knew them in.
        facts: the run's.

    Returns:
        A result for each planned row: skipped with the reason, or planned on the fresh truth, without waiting for an
        add that others made. A buyer whom the plan moves and who ends in one purchased tier loses the lower ones. The
        finding says where somebody ends otherwise than the rules want.
    """
    planned = [row for row in rows if row.state is ChangeState.PLANNED]
    recheck = judge_subscriber(rows, planned, subscriber, facts.tier_of_group, move_inactive=facts.move_inactive)
    rows = [evolve(row, state=ChangeState.SKIPPED) if row.id in recheck.skipped else row for row in rows]
    proved = any(row.kind is ChangeKind.ADD_GROUP and row.state in _GOING for row in rows)
    results = tuple(
        recheck.skipped.get(row.id)
        or RowResult(row.id, ChangeState.PLANNED, row.outcome, row.detail, needs_add=row.needs_add and proved)
        for row in planned
    )
    if subscriber is None:
        return Standing(results)
    tiers = tiers_of(subscriber, facts.tier_of_group)
    lower_off = _lower_off(subscriber, rows, tiers, facts)
    final = expected_tiers(rows, tiers, facts.tier_of_group, [ChangeState.PLANNED]) - set(lower_off)
    if final == expected_tiers(rows, seen, facts.tier_of_group, _GOING) or _as_the_rules_want(
        subscriber, rows, final, facts
    ):
        return Standing(results, lower_off)
    return Standing(results, lower_off, _elsewhere(rows, seen, tiers, final, facts))


_GOING = (ChangeState.PLANNED, ChangeState.APPLIED)


def _bought(rows: Sequence[LedgerRow]) -> bool:
    return not any(row.cause.takes_back for row in rows)


def _lower_off(
    subscriber: Subscriber, rows: Sequence[LedgerRow], tiers: frozenset[Tier], facts: RecheckFacts
) -> tuple[Tier, ...]:
    """Return the lower tiers to take off beyond the plan, only of a buyer whom it moves, beside one purchased tier."""
    moves = [row for row in rows if row.kind in GROUP_CHANGES]
    if not moves or not _bought(rows) or not _movable(subscriber, facts):
        return ()
    if sum(tier.purchased for tier in tiers) != 1:
        return ()
    going = {
        facts.tier_of_group.get(row.target)
        for row in moves
        if row.kind is ChangeKind.REMOVE_GROUP and row.state is ChangeState.PLANNED
    }
    given_up = {facts.tier_of_group.get(row.target) for row in moves if _given_up(row)}
    more = tuple(tier for tier in Tier if tier in tiers and not tier.purchased and tier not in going | given_up)
    removes = sum(row.kind is ChangeKind.REMOVE_GROUP for row in moves)
    return more if removes + len(more) <= MOST_REMOVES else ()


def _given_up(row: LedgerRow) -> bool:
    """Return whether MailerLite did not do what a row asks, so that this run does not ask again.

    What was answered ok and is not so later was undone by others.
    """
    return row.state is ChangeState.FAILED and (row.refused_status is not None or row.attempts >= MAX_TRIES)


def _movable(subscriber: Subscriber, facts: RecheckFacts) -> bool:
    return subscriber.status is SubscriberStatus.ACTIVE or facts.move_inactive


def _as_the_rules_want(
    subscriber: Subscriber, rows: Sequence[LedgerRow], final: frozenset[Tier], facts: RecheckFacts
) -> bool:
    """Return whether nobody need look at somebody who ends there, though others had a part in it."""
    purchased = [tier for tier in final if tier.purchased]
    lower = [tier for tier in final if not tier.purchased]
    if not _bought(rows):
        return not purchased and len(lower) <= 1
    if not _movable(subscriber, facts) and not any(row.kind in GROUP_CHANGES for row in rows):
        return not _in_two(final)
    return len(purchased) == 1 and not lower and _given(rows, facts) <= final


def _given(rows: Sequence[LedgerRow], facts: RecheckFacts) -> frozenset[Tier]:
    """Return the tiers that the run's own adds gave."""
    adds = [row.target for row in rows if row.kind is ChangeKind.ADD_GROUP and row.state is ChangeState.APPLIED]
    return frozenset(facts.tier_of_group[target] for target in adds if target in facts.tier_of_group)


def _in_two(tiers: frozenset[Tier]) -> bool:
    """Return whether no rule puts these tiers in order: several purchased ones, or several lower ones alone."""
    purchased = sum(tier.purchased for tier in tiers)
    return purchased > 1 or (not purchased and len(tiers) > 1)


def _elsewhere(
    rows: Sequence[LedgerRow],
    seen: frozenset[Tier],
    tiers: frozenset[Tier],
    final: frozenset[Tier],
    facts: RecheckFacts,
) -> Finding:
    """Return the finding about somebody whom others moved while the run went on."""
    email, now = rows[0].email, where_text(tiers)
    others = "somebody else or an automation moved them"
    taken = _given(rows, facts) - tiers
    if taken:
        message = f"Run {facts.run} put {email} in {where_text(taken)}, and now they are in {now}: {others}."
    else:
        message = f"{email} was in {where_text(seen)} when run {facts.run} read them, and is in {now} now: {others}."
    buyer = _bought(rows)
    if _in_two(final) or (not buyer and any(tier.purchased for tier in final) and len(final) > 1):
        rule = FindingRule.TWO_TIERS
        advice = "Nobody is moved. Decide which tier is right and take the person out of the others in MailerLite."
    else:
        rule, advice = FindingRule.DRIFT, _advice(final, buyer=buyer)
    return finding(rule, facts.campaign, email, message, advice, rows[0].subscriber_id)


def _advice(final: frozenset[Tier], *, buyer: bool) -> str:
    if not buyer:
        return "Look at this person in MailerLite; the next sync plans from where they stand."
    if not final:
        return "Put them back in MailerLite if that was a mistake; else there is nothing to do."
    if final == {Tier.WOOD}:
        return "A buyer in Wood stays there; move them to a purchased tier in MailerLite if they should be in one."
    if not any(tier.purchased for tier in final):
        return "Nothing to do: the next sync moves them on from where they stand."
    if len(final) > 1:
        return "Nothing to do: the next sync takes them out of the lower tier."
    return (
        "Find out who moved the person; put them back in MailerLite if it was a mistake; else there is nothing to do."
    )
