"""Writes what became of a run's rows, and takes in where their subscribers stand whenever MailerLite shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from attrs import evolve

from bema_tui.model import (
    Cause,
    ChangeKind,
    ChangeOutcome,
    ChangeState,
    Finding,
    FindingRule,
    PlannedChange,
    Purpose,
    Subscriber,
    Tier,
)
from bema_tui.rules.records import Member
from bema_tui.rules.wording.changes import where_text
from bema_tui.store.ledger_rows import AddedChange, LedgerRow, RowResult
from bema_tui.sync.apply.recheck import tiers_of
from bema_tui.sync.apply.results import result_of_read
from bema_tui.sync.apply.standing import RecheckFacts, follow
from bema_tui.sync.read.campaign_in_mailerlite import CampaignInMailerLite
from bema_tui.sync.refusals import findings_of_failed, gone
from bema_tui.sync.run_context import RunContext

_OPEN = {ChangeState.PLANNED: ChangeState.SKIPPED, ChangeState.UNKNOWN: ChangeState.FAILED}
"""What becomes of a row whose subscriber can't be read any more."""
_OVER_WHEN_WRITTEN = (FindingRule.REFUSED_WRITE, FindingRule.DRIFT, FindingRule.TWO_TIERS)
"""Findings of earlier runs that are over once a run whose plan no longer had them writes the subscriber's changes."""


class ResultRecorder:
    """Records the results of one run's rows."""

    def __init__(self, context: RunContext, account: CampaignInMailerLite) -> None:
        self._context = context
        self._account = account
        self._stale_findings: set[str] | None = None
        self.facts = RecheckFacts(
            campaign=context.campaign.code,
            run=context.run,
            tier_of_group=account.tier_of_group,
            move_inactive=context.settings.rules.move_inactive,
        )

    async def known_tiers(self, of_subscribers: Mapping[str, Sequence[LedgerRow]]) -> dict[str, frozenset[Tier]]:
        """Return the tiers in which the run last knew these subscribers, by the plan's read or a later one."""
        known = await self._context.members.states(list(of_subscribers))
        return {
            subscriber_id: known[subscriber_id].tiers if subscriber_id in known else self._left(rows)
            for subscriber_id, rows in of_subscribers.items()
        }

    def _left(self, rows: Sequence[LedgerRow]) -> frozenset[Tier]:
        """Return where somebody stood of whom no read is kept: in the tiers that the plan takes them out of."""
        removes = [row.target for row in rows if row.kind is ChangeKind.REMOVE_GROUP]
        return frozenset(self.facts.tier_of_group[target] for target in removes if target in self.facts.tier_of_group)

    async def take_in(
        self,
        found: Mapping[str, Subscriber | None],
        at: datetime,
        known: Mapping[int, RowResult] | None = None,
        said: Sequence[Finding] = (),
    ) -> set[str]:
        """Record what becomes of the rows of subscribers whom a read just showed.

        What moved is skipped, what follows is added, and whoever stands elsewhere than the rules want is a finding.

        Args:
            found: the subscribers by id; None for who is gone.
            at: when they were read.
            known: what the read made of rows, by their ids; of those whose answer left them open it is found here.
            said: findings that are made in any case, unless there is a closer one about the same subscriber.

        Returns:
            The subjects of the findings that were made.
        """
        results = dict(known or {})
        of_subscribers = await self._context.ledger.of_subscribers(found)
        seen = await self.known_tiers(of_subscribers)
        added: list[AddedChange] = []
        findings: list[Finding] = []
        moved: list[Member] = []
        for subscriber_id, rows in of_subscribers.items():
            results |= {
                row.id: result_of_read(row, found[subscriber_id]) for row in rows if row.state is ChangeState.UNKNOWN
            }
            doubted = {
                row.id for row in rows if row.state is ChangeState.UNKNOWN and row.outcome is ChangeOutcome.NOT_SHOWN
            }
            rows = tuple(_with(row, results.get(row.id)) for row in rows)
            standing = follow(found[subscriber_id], rows, seen[subscriber_id], self.facts)
            results |= {one.id: evolve(_honest(one, doubted), read_at=at) for one in standing.results}
            added += [AddedChange(self._off(tier, rows, found[subscriber_id]), at) for tier in standing.lower_off]
            if standing.finding is not None:
                findings.append(standing.finding)
            shown = found[subscriber_id]
            if shown is not None and tiers_of(shown, self.facts.tier_of_group) != seen[subscriber_id]:
                moved.append(self._account.member(shown, at))
        missing = [subscriber_id for subscriber_id, shown in found.items() if shown is None]
        findings += gone(
            self.facts.campaign, self._context.run, [of_subscribers[one][0] for one in missing if one in of_subscribers]
        )
        closer = {one.subscriber_id for one in findings}
        findings += [one for one in said if one.subscriber_id not in closer]
        await self._context.findings.record(findings, self._context.run)
        every = {row.id: row for rows in of_subscribers.values() for row in rows}
        named = {one.subscriber_id for one in findings if one.subscriber_id}
        await self.record([every[one] for one in results], list(results.values()), added, set(missing), named)
        # After the rows: what follows is judged by where the run knew them before.
        await self._context.members.put(moved)
        await self._context.members.forget(missing)
        return {one.subject for one in findings}

    async def leave_alone(self, unread: Mapping[str, str]) -> None:
        """Close the rows of subscribers who can't be read, by id with the reason: nothing more is sent for them."""
        of_subscribers = await self._context.ledger.of_subscribers(unread)
        rows = [row for of_one in of_subscribers.values() for row in of_one if row.state in _OPEN]
        results = [
            RowResult(row.id, _OPEN[row.state], ChangeOutcome.UNREADABLE_SUBSCRIBER, unread[row.subscriber_id])
            for row in rows
        ]
        await self.record(rows, results, named=set(unread))

    def _off(self, tier: Tier, rows: Sequence[LedgerRow], subscriber: Subscriber | None) -> PlannedChange:
        """Return the remove of a lower tier that somebody stands in beside a purchased one."""
        group = self._account.groups[tier]
        where = "" if subscriber is None else where_text(tiers_of(subscriber, self.facts.tier_of_group))
        return PlannedChange(
            kind=ChangeKind.REMOVE_GROUP,
            subscriber_id=rows[0].subscriber_id,
            email=rows[0].email,
            name=rows[0].name,
            target=group.id,
            target_name=group.name,
            before=group.name,
            after=None,
            purpose=Purpose(Cause.LOWER_OFF),
            reason=f"was moved while run {self._context.run} was applied, and stood in {where}",
            tier=tier,
        )

    async def record(
        self,
        rows: Sequence[LedgerRow],
        results: Sequence[RowResult],
        added: Sequence[AddedChange] = (),
        missing: Set[str] = frozenset(),
        named: Set[str] = frozenset(),
    ) -> None:
        """Write the results, with what the requests cost and the findings about what failed.

        ``missing`` are subscribers of whom a finding says already that they are gone; ``named`` those of whom one says
        already where they stand, or that they can't be read.
        """
        context = self._context
        by_id = {row.id: row for row in rows}
        failed = [
            (by_id[one.id], one)
            for one in results
            if one.state is ChangeState.FAILED and by_id[one.id].subscriber_id not in missing
        ]
        unnamed = [
            (row, one) for row, one in failed if one.refused_status is not None or row.subscriber_id not in named
        ]
        await context.findings.record(await self._findings_of_failed(unnamed), context.run)
        await context.ledger.record_results(results, context.meter.values(), added)
        await self._resolve({by_id[one.id].email for one in results if one.state is ChangeState.APPLIED})

    async def _findings_of_failed(self, failed: Sequence[tuple[LedgerRow, RowResult]]) -> tuple[Finding, ...]:
        """Return the findings about rows that just failed, with what failed of the same subscribers before in this run:
        one finding of each."""
        if not failed:
            return ()
        of_subscribers = await self._context.ledger.of_subscribers(
            row.subscriber_id for row, _ in failed if row.subscriber_id
        )
        before = [row for rows in of_subscribers.values() for row in rows if row.state is ChangeState.FAILED]
        every = [*before, *(_with(row, one) for row, one in failed)]
        return findings_of_failed(self._context.campaign.code, sorted(every, key=lambda row: row.seq))

    async def _resolve(self, written: set[str]) -> None:
        """End what earlier runs said of subscribers whose changes are written now."""
        context = self._context
        if self._stale_findings is None:
            self._stale_findings = await context.findings.open_subjects(
                context.campaign.code, context.run, rules=_OVER_WHEN_WRITTEN
            )
        over = written & self._stale_findings
        if over:
            await context.findings.resolve_subjects(context.campaign.code, context.run, over, rules=_OVER_WHEN_WRITTEN)
            self._stale_findings -= over


def _honest(result: RowResult, doubted: set[int]) -> RowResult:
    """Return the result of a row; one that was answered ok, and that others undid since, is not called skipped."""
    if result.id not in doubted or result.state is not ChangeState.SKIPPED:
        return result
    return evolve(result, state=ChangeState.FAILED)


def _with(row: LedgerRow, result: RowResult | None) -> LedgerRow:
    if result is None:
        return row
    return evolve(
        row,
        state=result.state,
        outcome=result.outcome,
        detail=result.detail,
        refused_status=result.refused_status,
        attempts=row.attempts + result.tries,
    )
