"""The first half of a run: from reading both sides to a whole plan with its checks and its forecast."""

from __future__ import annotations

from collections.abc import Sequence

from bema_tui.model import Check, Completeness, FindingRule, MailerLiteReadResult, Phase, ShrunkRead, holding_checks
from bema_tui.providers.quota.gate import WindowGate
from bema_tui.rules.findings import finding
from bema_tui.rules.wording.checks import shrunk_text
from bema_tui.sync.connections import shown_as
from bema_tui.sync.plan.automations import effects
from bema_tui.sync.plan.blocked import refuse_blocked
from bema_tui.sync.plan.forecast import forecast_writes
from bema_tui.sync.plan.planner import Planner
from bema_tui.sync.plan.safety import PlanReads, check_plan, refuse_unsafe, shrunk_reads
from bema_tui.sync.plan.totals import PlanTotals
from bema_tui.sync.ports import RunStatistics
from bema_tui.sync.read.campaign_in_mailerlite import Account, read_account
from bema_tui.sync.read.members import PeopleRead, read_people
from bema_tui.sync.read.shop import read_shop
from bema_tui.sync.read.sizes import keep_sizes, sizes_at_last_good_read, sizes_now
from bema_tui.sync.run_context import Job
from bema_tui.sync.statistics import write_statistics


async def make_plan(job: Job, statistics: RunStatistics, gate: WindowGate) -> Account | None:
    """Read both sides and write the plan; returns the account that it rests on, or None when there is nothing to do and
    the statistics are written.

    Raises:
        IncompleteRead: one side could not be read whole; nothing was planned.
        BemaError: the campaign is blocked, or nothing of the plan may be applied.
    """
    await job.enter(Phase.READ_SHOP)
    async with shown_as(job.db, "mailerlite"):
        account = await read_account(job, for_plan=True)
    async with shown_as(job.db, "shop"):
        found = await read_shop(job)
    await job.enter(Phase.READ_MAILERLITE, found)
    # From here on what an older run read is overwritten: its plan can't be applied any more.
    await job.runs.supersede(job.run, job.campaign.code, job.fence)
    await job.note(mailerlite_read=MailerLiteReadResult(Completeness.PARTIAL))
    async with shown_as(job.db, "mailerlite"):
        people = await read_people(job, account, gate.batch_cost)
    await job.enter(Phase.RECONCILE, people.note)
    shrunk = await _shrunk(job)
    plan = await Planner(job, account, job.settings.rules, shrank=bool(shrunk or job.unsettled)).plan()
    if job.full_shop_read and not (job.unsettled or job.unproved.everybody):  # else nothing proves a finding to be over
        kept = [*job.set_aside, *job.set_aside.values()]
        await job.findings.resolve_unseen(job.campaign.code, job.run, keep=kept, except_about=job.unproved.concerns)
    await job.enter(Phase.PLAN, f"{plan.left_out:,} left out")
    if not shrunk and not job.unsettled:
        await keep_sizes(job)
    checks = _checks(job, plan, shrunk)
    await _write_down(job, account, plan, checks, gate, people)
    refuse_blocked(job.campaign.code, account.field, account.check)
    refuse_unsafe(checks)
    await job.note(planned_at=job.db.now())
    if not plan.changes and not shrunk:
        await job.enter(Phase.STATISTICS, "nothing to do")
        counted = await write_statistics(job, statistics, job.settings.rules)
        await job.enter(Phase.UNLOCK, counted)
        return None
    await job.enter(Phase.YES, f"{plan.changes:,} changes")
    return account


async def _shrunk(job: Job) -> tuple[ShrunkRead, ...]:
    """The reads that gave much less than the last good ones, each with its finding."""
    percent = job.settings.plan_limits.shrink_percent
    shrunk = shrunk_reads(await sizes_at_last_good_read(job), await sizes_now(job), percent)
    found = [
        finding(
            FindingRule.READ_SHRANK,
            job.campaign.code,
            read.side,
            f"{shrunk_text(read)}.",
            f"If that is right, `bema-tui apply {job.run}` takes it as the new normal; this plan removes nothing.",
        )
        for read in shrunk
    ]
    await job.findings.record(found, job.run)
    return shrunk


def _checks(job: Job, plan: PlanTotals, shrunk: Sequence[ShrunkRead]) -> tuple[Check, ...]:
    reads = PlanReads(
        shop=job.shop_read,
        members=job.members_read,
        unreadable_sales=job.unproved.count,
        left_alone=len(job.set_aside),
        unsettled=tuple(job.unsettled),
        shrunk=tuple(shrunk),
    )
    return check_plan(
        plan,
        reads,
        rules=job.settings.rules,
        limits=job.settings.plan_limits,
        allowed_moves=job.options.max_moves,
    )


async def _write_down(
    job: Job, account: Account, plan: PlanTotals, checks: tuple[Check, ...], gate: WindowGate, read: PeopleRead
) -> None:
    """Write what the plan comes to, and what it will cost if its yes comes now."""
    quota = job.settings.quota
    age = (job.db.now() - read.at).total_seconds()
    at_once = job.options.yes and not holding_checks(checks)
    forecast = forecast_writes(
        plan.kinds,
        plan.people,
        limit=gate.limit,
        reserve=quota.reserve,
        window_seconds=quota.window_seconds,
        lone_adds=plan.lone_adds,
        batch=gate.batch_cost,
        account_read=at_once and account.is_fresh(job.db.now(), job.settings.write_limits.stale_after_seconds),
        fresh_seconds=job.settings.write_limits.stale_after_seconds - age,
    )
    await job.note(
        people=plan.people,
        moves=plan.moves,
        left_out=plan.left_out,
        read_forecast=read.forecast + forecast.reads,
        write_forecast=forecast.writes,
        seconds_forecast=forecast.seconds,
        automations=effects(account.automations, account.groups.values(), plan.adds_by_group),
        checks=checks,
    )
