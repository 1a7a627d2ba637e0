"""The first half of a run: from reading both sides to a whole plan with its checks and its forecast."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from bema_tui.model import Check, Completeness, FindingRule, MailerLiteReadResult, Phase, ShrunkRead, holding_checks
from bema_tui.rules.findings import finding
from bema_tui.rules.wording.checks import shrunk_text
from bema_tui.sync.plan.automations import effects
from bema_tui.sync.plan.blocked import refuse_blocked
from bema_tui.sync.plan.forecast import forecast_writes
from bema_tui.sync.plan.legacy_row_ids import explain_stored_values
from bema_tui.sync.plan.planner import plan_changes
from bema_tui.sync.plan.safety import PlanReads, check_plan, refuse_unsafe, shrunk_reads
from bema_tui.sync.plan.totals import PlanTotals
from bema_tui.sync.read.campaign_in_mailerlite import CampaignInMailerLite, read_account
from bema_tui.sync.read.members import read_campaign_members
from bema_tui.sync.read.result import MembersRead, ReadResult
from bema_tui.sync.read.shop import read_shop, with_unproved_now
from bema_tui.sync.read.sizes import keep_sizes, sizes_at_last_good_read, sizes_now
from bema_tui.sync.run_context import RunContext
from bema_tui.sync.service_states import mailerlite_state_shown, shop_state_shown
from bema_tui.sync.statistics import write_statistics


async def make_plan(context: RunContext) -> CampaignInMailerLite | None:
    """Read both sides and write the plan.

    Returns:
        What MailerLite has of the campaign, on which the plan rests; None when there is nothing to do and the
        statistics are written.

    Raises:
        IncompleteRead: one side could not be read whole; nothing was planned.
        BemaError: the campaign is blocked, or nothing of the plan may be applied.
    """
    await context.enter(Phase.READ_SHOP)
    async with mailerlite_state_shown(context.db):
        account = await read_account(context, for_plan=True)
    reads = await _read(context, account)
    await context.enter(Phase.RECONCILE, reads.members.note)
    shrunk = await _shrunk(context)
    shrank = bool(shrunk or reads.members.incomplete_groups)
    explained = await explain_stored_values(context, reads.unproved, shrank=shrank)
    reads = evolve(reads, unproved=await with_unproved_now(context, explained.unproved))
    plan = await plan_changes(context, account, reads, explained.aliases, shrank=shrank)
    if reads.ends_findings:
        set_aside = reads.members.set_aside
        keep = [*set_aside, *set_aside.values()]
        code, concerns = context.campaign.code, reads.unproved.concerns
        await context.findings.resolve_unseen(code, context.run, keep=keep, except_about=concerns)
    await context.enter(Phase.PLAN, f"{plan.left_out:,} not planned")
    if not shrank:
        await keep_sizes(context)
    checks = _checks(context, plan, reads, shrunk)
    await _write_down(context, account, plan, checks, reads.members)
    refuse_blocked(context.campaign.code, account.field, account.check)
    refuse_unsafe(checks)
    await context.note(planned_at=context.db.now())
    if not plan.changes and not shrunk:
        await context.enter(Phase.STATISTICS, "nothing to do")
        await context.enter(Phase.UNLOCK, await write_statistics(context))
        return None
    await context.enter(Phase.YES, f"{plan.changes:,} changes")
    return account


async def _read(context: RunContext, account: CampaignInMailerLite) -> ReadResult:
    """Read the shop, then the campaign's members."""
    async with shop_state_shown(context.db, context.shop):
        shop = await read_shop(context)
    await context.enter(Phase.READ_MAILERLITE, shop.note)
    # From here on what an older run read is overwritten: its plan can't be applied any more.
    await context.runs.discard_older_plans(context.run, context.campaign.code, context.fence)
    await context.note(mailerlite_read=MailerLiteReadResult(Completeness.PARTIAL))
    async with mailerlite_state_shown(context.db):
        members = await read_campaign_members(context, account)
    return ReadResult(shop.result, members, shop.unproved)


async def _shrunk(context: RunContext) -> tuple[ShrunkRead, ...]:
    """Return the reads that gave much less than the last good ones, each with its finding."""
    percent = context.settings.plan_limits.shrink_percent
    shrunk = shrunk_reads(await sizes_at_last_good_read(context), await sizes_now(context), percent)
    found = [
        finding(
            FindingRule.READ_SHRANK,
            context.campaign.code,
            read.side,
            f"{shrunk_text(read)}.",
            f"If that is right, `bema-tui apply {context.run}` takes it as the new normal; this plan removes nothing.",
        )
        for read in shrunk
    ]
    await context.findings.record(found, context.run)
    return shrunk


def _checks(
    context: RunContext, plan: PlanTotals, found: ReadResult, shrunk: Sequence[ShrunkRead]
) -> tuple[Check, ...]:
    reads = PlanReads(
        shop=found.shop,
        members=found.members.result,
        unreadable_sales=found.unproved.count,
        left_alone=len(found.members.set_aside),
        incomplete_groups=found.members.incomplete_groups,
        shrunk=tuple(shrunk),
    )
    return check_plan(
        plan,
        reads,
        rules=context.settings.rules,
        limits=context.settings.plan_limits,
        allowed_moves=context.options.max_moves,
    )


async def _write_down(
    context: RunContext, account: CampaignInMailerLite, plan: PlanTotals, checks: tuple[Check, ...], read: MembersRead
) -> None:
    """Write what the plan comes to, and what it will cost if its yes comes now."""
    quota = context.settings.quota
    age = (context.db.now() - read.at).total_seconds()
    at_once = context.options.yes and not holding_checks(checks)
    forecast = forecast_writes(
        plan.kinds,
        plan.subscribers,
        limit=context.quota.limit,
        reserve=quota.reserve,
        window_seconds=quota.window_seconds,
        lone_adds=plan.lone_adds,
        batch=context.quota.batch_cost,
        account_read=at_once and account.is_fresh(context.db.now(), context.settings.write_limits.stale_after_seconds),
        fresh_seconds=context.settings.write_limits.stale_after_seconds - age,
    )
    await context.note(
        subscribers=plan.subscribers,
        moves=plan.moves,
        left_out=plan.left_out,
        read_forecast=read.forecast + forecast.reads,
        write_forecast=forecast.writes,
        seconds_forecast=forecast.seconds,
        automations=effects(account.automations, account.groups.values(), plan.adds_by_group),
        checks=checks,
    )
