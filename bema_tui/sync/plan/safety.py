"""What holds a plan up, and what forbids it: each check with its figures. Domain rules, section 6. Pure.

A check is computed from what the planner counted and what the reads came to, not from what the rules promise: a mistake
in the rules is found here, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from attrs import frozen

from bema_tui.errors import BemaError
from bema_tui.model import (
    ChangeKind,
    Check,
    CheckResult,
    Completeness,
    CreatedCheck,
    MailerLiteReadResult,
    MembersCheck,
    MovesCheck,
    PlannedChange,
    ReadKind,
    ReadSide,
    ReadSizes,
    ShopCheck,
    ShopReadResult,
    ShrunkCheck,
    ShrunkRead,
    TakenBackCheck,
    Tier,
    TiersCheck,
    refusing_checks,
)
from bema_tui.rules.choices import PlanLimits, Rules
from bema_tui.rules.wording.checks import refusal_text
from bema_tui.sync.plan.totals import PlanTotals


@frozen
class PlanReads:
    """What the reads behind a plan came to."""

    shop: ShopReadResult | None
    """The read of the shop; None: there was none."""
    members: MailerLiteReadResult | None
    """The read of MailerLite's subscribers; None: there was none."""
    unreadable_sales: int = 0
    """Sales that can't be read, by this read or by the last one of the whole list."""
    left_alone: int = 0
    """Subscribers who can't be read."""
    incomplete_groups: tuple[str, ...] = ()
    """Groups not all of whose members could be read."""
    shrunk: tuple[ShrunkRead, ...] = ()
    """Reads that gave much less than the last good ones."""

    @property
    def prove_absence(self) -> bool:
        """Whether they may be a reason to take something back."""
        whole = self.shop is not None and self.shop.kind is ReadKind.FULL
        return whole and not self.incomplete_groups and not self.shrunk


def shrunk_reads(last: ReadSizes, now: ReadSizes, percent: float) -> tuple[ShrunkRead, ...]:
    """Return which side gave less than the last good read by more than ``percent``."""
    sides = (
        (ReadSide.MEMBERS, last.members or 0, now.members or 0),
        (ReadSide.ORDERS, last.orders or 0, now.orders or 0),
    )
    keep = 1 - percent / 100
    return tuple(ShrunkRead(side, before, present) for side, before, present in sides if present < before * keep)


def most_moves(members: int, limits: PlanLimits, allowed: int | None) -> int:
    """Return how many subscribers may be moved without a look; ``allowed`` is what somebody said for this run."""
    if allowed is not None:
        return allowed
    return max(limits.max_moves, int(members * limits.max_moves_percent / 100))


def keeps_a_tier(tiers: Collection[Tier], changes: Iterable[PlannedChange]) -> bool:
    """Return whether who stands in these tiers stands in one when all the changes are done, or in none before."""
    left = set(tiers)
    for change in changes:
        if change.tier is not None and change.kind is ChangeKind.ADD_GROUP:
            left.add(change.tier)
        elif change.tier is not None and change.kind is ChangeKind.REMOVE_GROUP:
            left.discard(change.tier)
    return bool(left) or not tiers


def check_plan(
    totals: PlanTotals, reads: PlanReads, *, rules: Rules, limits: PlanLimits, allowed_moves: int | None = None
) -> tuple[Check, ...]:
    """Return every check of a plan, in the order in which they are shown."""
    return (
        _shop(reads),
        _members(reads),
        _tiers(totals),
        _created(totals, rules),
        _taken_back(totals, reads, rules),
        _shrunk(reads, limits),
        _moves(totals, reads, limits, allowed_moves),
    )


def refuse_unsafe(checks: Sequence[Check]) -> None:
    """Raise if nothing of the plan may be applied.

    Raises:
        BemaError: it says what is wrong with the plan.
    """
    refused = refusing_checks(checks)
    if refused:
        raise BemaError(
            " ".join(refusal_text(check) for check in refused),
            tried="plan the campaign",
            advice="Nothing was written. Please report this with the run's ledger (bema-tui changes RUN --json).",
        )


def _shop(reads: PlanReads) -> ShopCheck:
    read = reads.shop
    if read is None or read.completeness is not Completeness.COMPLETE:
        return ShopCheck(CheckResult.REFUSE, whole=False, orders=0, unreadable=reads.unreadable_sales)
    result = CheckResult.LOOK if reads.unreadable_sales else CheckResult.PASSED
    return ShopCheck(result, whole=read.kind is ReadKind.FULL, orders=read.orders, unreadable=reads.unreadable_sales)


def _members(reads: PlanReads) -> MembersCheck:
    read = reads.members
    expected = Completeness.PARTIAL if reads.incomplete_groups else Completeness.COMPLETE
    if read is None or read.members is None or read.completeness is not expected:
        return MembersCheck(
            CheckResult.REFUSE, members=0, left_alone=reads.left_alone, incomplete_groups=reads.incomplete_groups
        )
    result = CheckResult.LOOK if reads.left_alone or reads.incomplete_groups else CheckResult.PASSED
    return MembersCheck(
        result, members=read.members, left_alone=reads.left_alone, incomplete_groups=reads.incomplete_groups
    )


def _tiers(totals: PlanTotals) -> TiersCheck:
    result = CheckResult.REFUSE if totals.removes_unproved else CheckResult.PASSED
    return TiersCheck(result, totals.removes_unproved)


def _created(totals: PlanTotals, rules: Rules) -> CreatedCheck:
    created = totals.kinds.get(ChangeKind.CREATE_SUBSCRIBER, 0)
    wanted = CheckResult.LOOK if rules.add_new_buyers else CheckResult.REFUSE
    return CreatedCheck(wanted if created else CheckResult.PASSED, created)


def _taken_back(totals: PlanTotals, reads: PlanReads, rules: Rules) -> TakenBackCheck:
    may_be = rules.on_refund == "revert" and reads.prove_absence
    wanted = CheckResult.HOLD if may_be else CheckResult.REFUSE
    return TakenBackCheck(wanted if totals.reverts else CheckResult.PASSED, totals.reverts)


def _shrunk(reads: PlanReads, limits: PlanLimits) -> ShrunkCheck:
    result = CheckResult.HOLD if reads.shrunk else CheckResult.PASSED
    return ShrunkCheck(result, limits.shrink_percent, reads.shrunk)


def _moves(totals: PlanTotals, reads: PlanReads, limits: PlanLimits, allowed: int | None) -> MovesCheck:
    members = (reads.members.members if reads.members else None) or 0
    limit = most_moves(members, limits, allowed)
    result = CheckResult.HOLD if totals.moves > limit else CheckResult.PASSED
    return MovesCheck(result, totals.moves, members, limit)
