"""The second half of a run: from the yes to its plan to the statistics."""

from __future__ import annotations

from bema_tui.model import FindingRule, Phase, RunState
from bema_tui.providers.quota.gate import WindowGate
from bema_tui.sync.apply.applier import Applier
from bema_tui.sync.apply.creator import create_missing, create_people, refuse_without_field
from bema_tui.sync.apply.proof import canary, read_back
from bema_tui.sync.connections import shown_as
from bema_tui.sync.lock_keeper import Keeper
from bema_tui.sync.plan.blocked import refuse_blocked
from bema_tui.sync.plan.record_check import label_midnight, move_waits
from bema_tui.sync.ports import RunStatistics
from bema_tui.sync.read.campaign_in_mailerlite import Account, read_account
from bema_tui.sync.read.sizes import keep_sizes
from bema_tui.sync.run_context import Job
from bema_tui.sync.statistics import write_statistics


async def apply_plan(
    job: Job, keeper: Keeper, gate: WindowGate, statistics: RunStatistics, *, account: Account | None, approved: bool
) -> str:
    """Apply what is planned, read a sample back, and count; returns the sums in words.

    ``account`` is what the plan rests on, if this process has just made it. ``approved`` says that somebody saw the
    plan, and so takes what a read gave for normal.

    Raises:
        BemaError: the run could not go on; the ledger says how far it came.
    """
    await job.note(state=RunState.APPLYING)
    await job.enter(Phase.SETTLE)
    async with shown_as(job.db, "mailerlite"):
        sampled = await _write(job, keeper, gate, account, approved=approved)
    await job.enter(Phase.STATISTICS, sampled)
    counted = await write_statistics(job, statistics, job.settings.rules)
    await job.enter(Phase.UNLOCK, counted)
    counts = await job.ledger.counts()
    await statistics.update_stats(job.campaign.code, job.run, {str(state): n for state, n in counts.items()})
    return ", ".join(f"{count:,} {state}" for state, count in sorted(counts.items())) or "nothing to do"


async def _write(job: Job, keeper: Keeper, gate: WindowGate, account: Account | None, *, approved: bool) -> str:
    """Everything that changes something outside, and the sample that is read back; returns the latter in words."""
    if account is None or not account.is_fresh(job.db.now(), job.settings.write_limits.stale_after_seconds):
        account = await read_account(job)
    applier = Applier(job, account, keeper, gate)
    # What an end left on its way and could not write down, on a full disk for one.
    await job.ledger.mark_unknown()
    settled = await applier.settle_unknown()
    if approved:
        await keep_sizes(job)
        await job.findings.resolve_unseen(job.campaign.code, None, [FindingRule.READ_SHRANK])
    await job.enter(Phase.APPLY, f"{settled} settled" if settled else "")
    await job.note(apply_started_at=job.db.now())
    if await create_missing(job, keeper, account, applier.settler):
        account = await read_account(job)
        applier = Applier(job, account, keeper, gate)
    await refuse_without_field(job, account)
    refuse_blocked(job.campaign.code, account.field, account.check)
    await _hold_the_often_moved(job)
    await canary(job, applier)
    await applier.apply_rest()
    # Last, so that nobody who is known waits for MailerLite to take new people in.
    await create_people(job, keeper, account, applier.settler, gate, applier.watch_failures)
    await job.enter(Phase.READ_BACK)
    await keeper.safe_point(RunState.APPLYING)
    return await read_back(job, applier)


async def _hold_the_often_moved(job: Job) -> None:
    """Leave the moves for tomorrow of whom plans of other campaigns moved today, since this plan was made."""
    most = job.settings.write_limits.moves_per_day
    held = await job.ledger.skip_moves_of_the_often_moved(await label_midnight(job.db), most)
    await job.findings.record([move_waits(job.campaign.code, row, most) for row in held], job.run)
