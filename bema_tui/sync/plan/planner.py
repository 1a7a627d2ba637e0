"""Turns what was read into a plan in the ledger: reconcile and validate each subscriber, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from attrs import define, evolve, field

from bema_tui.field_values import canonical
from bema_tui.model import Cause, ChangeKind, Finding, PlannedChange, Purpose, Tier
from bema_tui.rules.changes import without_moves
from bema_tui.rules.purchases import Aliases, named_by
from bema_tui.rules.reconcile import reconcile_member, reconcile_unknown_buyer
from bema_tui.rules.records import ANYBODY, CampaignContext, Member, Trace
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.database_settings import label_midnight
from bema_tui.store.ledger_history import ChangeMark, LedgerHistory, Placement
from bema_tui.store.ledger_rows import LedgerRow, PlanCount, PlannedRow
from bema_tui.store.traces import Mark, Traces
from bema_tui.sync.plan.pairing import Pair, members_with_orders
from bema_tui.sync.plan.record_check import RecordCheck, campaign_findings
from bema_tui.sync.plan.safety import keeps_a_tier
from bema_tui.sync.plan.totals import PlanTotals
from bema_tui.sync.read.campaign_in_mailerlite import CampaignInMailerLite
from bema_tui.sync.read.result import MembersRead, ReadResult
from bema_tui.sync.refusals import without_refused
from bema_tui.sync.run_context import RunContext

UNIT = 1000  # e-mails per transaction; domain rules, section 7
_JOINS = (ChangeKind.ADD_GROUP, ChangeKind.CREATE_SUBSCRIBER)  # somebody comes into a group: automations may go off
_MOVES = (*_JOINS, ChangeKind.REMOVE_GROUP)


@define
class _Totals:
    """Counts that grow with the plan, and the rows and findings that are not written yet."""

    rows: list[PlannedRow] = field(factory=list)
    findings: list[Finding] = field(factory=list)
    seq: int = 0
    subscribers: int = 0
    moves: int = 0
    left_out: int = 0
    unproved: int = 0
    lone_adds: int = 0
    places: Counter[Purpose] = field(factory=Counter)
    kinds: Counter[ChangeKind] = field(factory=Counter)
    causes: Counter[Cause] = field(factory=Counter)
    subscribers_by: Counter[tuple[Purpose, ChangeKind]] = field(factory=Counter)
    changes_by: Counter[tuple[Purpose, ChangeKind]] = field(factory=Counter)
    adds: Counter[str] = field(factory=Counter)

    def add(self, changes: Sequence[PlannedChange], read_at: datetime) -> None:
        """Add one subscriber's rows, in their order."""
        self.places.update({change.purpose for change in changes})
        self.causes.update({change.cause for change in changes})
        for change in changes:
            self.seq += 1
            self.rows.append(PlannedRow(self.seq, self.places[change.purpose], change, read_at))
            self.kinds[change.kind] += 1
            self.changes_by[(change.purpose, change.kind)] += 1
            if change.kind in _JOINS:
                self.adds[change.target] += 1
        self.subscribers_by.update({(change.purpose, change.kind) for change in changes})
        self.subscribers += bool(changes[0].email)
        self.moves += any(change.kind in _MOVES for change in changes)
        kinds = {change.kind for change in changes}
        self.lone_adds += ChangeKind.ADD_GROUP in kinds and ChangeKind.SET_FIELD not in kinds

    @property
    def counts(self) -> list[PlanCount]:
        """The plan's counts by purpose and kind."""
        return [PlanCount(*pair, self.subscribers_by[pair], changes) for pair, changes in self.changes_by.items()]

    def result(self) -> PlanTotals:
        """Return the totals of the plan so far."""
        return PlanTotals(
            changes=self.seq,
            subscribers=self.subscribers,
            moves=self.moves,
            left_out=self.left_out,
            kinds=dict(self.kinds),
            causes=dict(self.causes),
            adds_by_group=dict(self.adds),
            removes_unproved=self.unproved,
            lone_adds=self.lone_adds,
        )


async def plan_changes(
    context: RunContext, account: CampaignInMailerLite, reads: ReadResult, aliases: Aliases, *, shrank: bool
) -> PlanTotals:
    """Write the plan and its findings into the database, and return what it comes to.

    Args:
        context: the run.
        account: what MailerLite has of the campaign.
        reads: what the run read.
        aliases: row ids of the shop's old plugin: value → order.
        shrank: whether a read gave much less than the last good one.
    """
    await context.ledger.clear_plan()
    history = LedgerHistory(context.db, context.campaign.code)
    midnight = await label_midnight(context.db)
    check = RecordCheck(
        context.campaign.code,
        context.settings.block_lists,
        moves_per_day=context.settings.write_limits.moves_per_day,
        moves_today=await history.moves_since(midnight),
    )
    refused_before = {} if context.options.retry_refused else await history.refused()
    campaign = CampaignContext(
        campaign=context.campaign,
        groups=account.groups,
        field=account.field,
        rules=context.settings.rules,
        full_shop_read=reads.full_shop_read,
        shrank=shrank,
        unproved=reads.unproved,
    )
    planner = _Planner(context, campaign, reads.members, aliases, check, refused_before)
    others = await Campaigns(context.db).all()
    planner.note(account.findings)
    planner.note(campaign_findings(context.campaign, others, midnight.date()))
    planner.plan_creations(account)
    await planner.plan_subscribers()
    return planner.totals.result()


class _Planner:
    """Plans one run, unit by unit."""

    def __init__(
        self,
        context: RunContext,
        campaign: CampaignContext,
        members: MembersRead,
        aliases: Aliases,
        check: RecordCheck,
        refused_before: Mapping[ChangeMark, LedgerRow],
    ) -> None:
        """``refused_before`` are changes that MailerLite refused in earlier runs."""
        self._context = context
        self._campaign = campaign
        self._set_aside = members.set_aside
        self._in_doubt = members.in_doubt
        self._unreadable = frozenset(members.set_aside.values())
        self._aliases = aliases
        self._check = check
        self._refused = refused_before
        self._history = LedgerHistory(context.db, context.campaign.code)
        self._traces = Traces(context.db, context.campaign.code)
        self.totals = _Totals(left_out=len(members.set_aside))

    def note(self, findings: Sequence[Finding]) -> None:
        """Add findings that are of no single member."""
        self.totals.findings += findings

    async def plan_subscribers(self) -> None:
        """Plan every member and every buyer."""
        unit: list[Pair] = []
        async for pair in members_with_orders(self._context):
            unit.append(pair)
            if len(unit) >= UNIT:
                await self._take(unit)
                unit = []
        await self._take(unit)

    def plan_creations(self, account: CampaignInMailerLite) -> None:
        """Plan the groups and the field that the account lacks, where the run was asked to."""
        groups = account.to_create_groups
        names: list[tuple[ChangeKind, str, Tier | None]] = [
            (ChangeKind.CREATE_GROUP, name, tier) for tier, name in groups.items()
        ]
        if account.to_create_field:
            names.append((ChangeKind.CREATE_FIELD, account.to_create_field, None))
        for kind, name, tier in names:
            what = "group" if kind is ChangeKind.CREATE_GROUP else "field"
            change = PlannedChange(
                kind=kind,
                subscriber_id="",
                email="",
                name="",
                target=name,
                target_name=name,
                before=None,
                after=name,
                purpose=Purpose(Cause.CREATE_MISSING),
                reason=f"the account has no {what} of this name",
                tier=tier,
            )
            self.totals.add([change], self._context.db.now())

    async def _take(self, unit: Sequence[Pair]) -> None:
        """Reconcile and validate one unit of e-mails, and write its rows and findings."""
        await self._context.safe_point()
        interesting = [member.subscriber_id for pair in unit if pair.orders for member in pair.members]
        placements = await self._history.placements(interesting)
        known = await self._context.members.known_before([pair.email_key for pair in unit if not pair.members])
        traces = await self._traces.of(dict(self._unexplained(unit)))
        for pair in unit:
            if not pair.members and self._unreadable.isdisjoint((pair.email_key, ANYBODY)):
                self._unknown_buyer(pair, known_before=pair.email_key in known)
            for member in pair.members:
                if member.subscriber_id not in self._set_aside:
                    number = member.subscriber_id
                    self._member(pair, member, placements.get(number, Placement()), traces.get(number, Trace()))
        totals = self.totals
        await self._context.ledger.put_plan(totals.rows, totals.counts)
        await self._context.findings.record(totals.findings, self._context.run)
        await self._context.note(subscribers=totals.subscribers, moves=totals.moves, left_out=totals.left_out)
        totals.rows, totals.findings = [], []

    def _unexplained(self, unit: Sequence[Pair]) -> Iterator[tuple[str, Mark]]:
        """Subscribers who are marked as buyers and whose mark names no order under their e-mail."""
        for pair in unit:
            for member in pair.members:
                value = canonical(member.stored)
                if value is None:
                    explained = bool(pair.orders) or not any(tier.purchased for tier in member.tiers)
                else:
                    explained = bool(named_by(pair.orders, value, self._aliases))
                if not explained:
                    yield member.subscriber_id, Mark(value, pair.email_key)

    def _member(self, pair: Pair, member: Member, placed: Placement, trace: Trace) -> None:
        member = evolve(member, placed_by_us=placed.tier, before_purchase=placed.left, trace=trace)
        outcome = reconcile_member(self._campaign, member, pair.orders, self._aliases)
        if member.subscriber_id in self._in_doubt:
            outcome = evolve(outcome, changes=without_moves(outcome.changes))
        outcome = self._check.validate(member, outcome)
        outcome = without_refused(self._context.campaign.code, outcome, self._refused)
        if outcome.changes:
            self.totals.add(outcome.changes, member.read_at)
            self.totals.findings += outcome.findings
            self.totals.unproved += not keeps_a_tier(member.tiers, outcome.changes)
        else:
            self._left_out(outcome.findings)

    def _unknown_buyer(self, pair: Pair, *, known_before: bool) -> None:
        outcome = reconcile_unknown_buyer(self._campaign, pair.email_key, pair.orders, known_before=known_before)
        if outcome.changes:
            outcome = self._check.validate_new(pair.email_key, outcome)
            outcome = without_refused(self._context.campaign.code, outcome, self._refused)
        if outcome.changes:
            self.totals.add(outcome.changes, self._context.db.now())
            self.totals.findings += outcome.findings
        else:
            self._left_out(outcome.findings)

    def _left_out(self, findings: Sequence[Finding]) -> None:
        self.totals.findings += findings
        self.totals.left_out += bool(findings)
