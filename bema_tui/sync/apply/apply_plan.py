"""The second half of a run: from the yes to its plan to the statistics."""

from __future__ import annotations

from bema_tui.model import FindingRule, Phase, RunState
from bema_tui.store.database_settings import label_midnight
from bema_tui.sync.apply.applier import Applier
from bema_tui.sync.apply.creator import create_missing, create_subscribers, refuse_without_field
from bema_tui.sync.apply.proof import canary, read_back
from bema_tui.sync.plan.blocked import refuse_blocked
from bema_tui.sync.plan.record_check import move_waits
from bema_tui.sync.read.campaign_in_mailerlite import CampaignInMailerLite, read_account
from bema_tui.sync.read.sizes import keep_sizes
from bema_tui.sync.run_context import RunContext
from bema_tui.sync.service_states import mailerlite_state_shown
from bema_tui.sync.statistics import write_statistics


async def apply_plan(context: RunContext, account: CampaignInMailerLite | None, *, approved: bool) -> str:
    """Apply what is planned, read a sample back, and count; returns the sums in words.

    ``account`` is what the plan rests on, if this process has just made it. ``approved`` says that somebody saw the
    plan, and so takes what a read gave for normal.

    Raises:
        BemaError: the run could not go on; the ledger says how far it came.
    """
    await context.note(state=RunState.APPLYING)
    await context.enter(Phase.CHECK_UNKNOWN)
    async with mailerlite_state_shown(context.db):
        sampled = await _write(context, account, approved=approved)
    await context.enter(Phase.STATISTICS, sampled)
    counted = await write_statistics(context)
    await context.enter(Phase.UNLOCK, counted)
    counts = await context.ledger.counts()
    await context.statistics.update_stats(
        context.campaign.code, context.run, {str(state): n for state, n in counts.items()}
    )
    return ", ".join(f"{count:,} {state}" for state, count in sorted(counts.items())) or "nothing to do"


async def _write(context: RunContext, account: CampaignInMailerLite | None, *, approved: bool) -> str:
    """Everything that changes something outside, and the sample that is read back; returns the latter in words."""
    if account is None or not account.is_fresh(context.db.now(), context.settings.write_limits.stale_after_seconds):
        account = await read_account(context)
    set_aside: set[str] = set()
    applier = Applier(context, account, set_aside)
    # What an end left on its way and could not write down, on a full disk for one.
    await context.ledger.mark_unknown()
    unknown = await applier.read_back_unknown()
    if approved:
        await keep_sizes(context)
        await context.findings.resolve_unseen(context.campaign.code, None, [FindingRule.READ_SHRANK])
    await context.enter(Phase.APPLY, f"{unknown} checked" if unknown else "")
    await context.note(apply_started_at=context.db.now())
    if await create_missing(context, account, applier.recorder):
        account = await read_account(context)
        applier = Applier(context, account, set_aside)
    await refuse_without_field(context, account)
    refuse_blocked(context.campaign.code, account.field, account.check)
    await _hold_the_often_moved(context)
    await canary(context, applier)
    await applier.apply_rest()
    # Last, so that nobody who is known waits for MailerLite to take new people in.
    await create_subscribers(context, account, applier.recorder, applier.watch_failures)
    await context.enter(Phase.READ_BACK)
    await context.safe_point()
    return await read_back(context, applier)


async def _hold_the_often_moved(context: RunContext) -> None:
    """Leave the moves for tomorrow of whom plans of other campaigns moved today, since this plan was made."""
    most = context.settings.write_limits.moves_per_day
    held = await context.ledger.skip_moves_of_the_often_moved(await label_midnight(context.db), most)
    await context.findings.record([move_waits(context.campaign.code, row, most) for row in held], context.run)
