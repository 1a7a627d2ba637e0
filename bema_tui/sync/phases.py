"""The two halves of a run: from reading to a whole plan, and from the yes to the statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bema_tui.errors import BemaError, NeedsNewSync
from bema_tui.model import ChangeKind, Completeness, Finding, FindingRule, Phase, RunState
from bema_tui.providers.quota.gate import WindowGate
from bema_tui.rules.findings import finding
from bema_tui.rules.records import WRITABLE_TYPES
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.statistics import Statistics
from bema_tui.sync.apply.applier import Applier
from bema_tui.sync.apply.creator import create_missing, create_people, refuse_without_field
from bema_tui.sync.apply.proof import canary, read_back
from bema_tui.sync.connections import shown_as
from bema_tui.sync.lock_keeper import Keeper
from bema_tui.sync.plan.forecast import forecast_writes
from bema_tui.sync.plan.planner import Planner, PlanTotals
from bema_tui.sync.plan.record_check import label_midnight, move_waits
from bema_tui.sync.read.campaign_in_mailerlite import Account, read_account
from bema_tui.sync.read.members import PeopleRead, read_people
from bema_tui.sync.read.shop import read_shop
from bema_tui.sync.run_context import Job
from bema_tui.sync.statistics import write_statistics

_NO_RUN = -1


async def make_plan(job: Job, statistics: Statistics, gate: WindowGate) -> Account | None:
    """Read both sides and write the plan; answers the account that it rests on, or None when there is nothing to do and
    the statistics are written.

    Raises:
        IncompleteRead: one side could not be read whole; nothing was planned.
        BemaError: the campaign is blocked.
    """
    rules = job.settings.rules
    await job.enter(Phase.READ_SHOP)
    async with shown_as(job.db, "mailerlite"):
        account = await read_account(job, for_plan=True)
    async with shown_as(job.db, "shop"):
        found = await read_shop(job)
    await job.enter(Phase.READ_MAILERLITE, found)
    # From here on what an older run read is overwritten: its plan can't be applied any more.
    await job.runs.supersede(job.run, job.campaign.code, job.fence)
    await job.note(mailerlite_read={"completeness": Completeness.PARTIAL})
    async with shown_as(job.db, "mailerlite"):
        people = await read_people(job, account, gate.batch_cost)
    await job.enter(Phase.RECONCILE, people.note)
    shrunk = await _shrunk(job)
    await job.findings.record(shrunk, job.run)
    plan = await Planner(job, account, rules, shrank=bool(shrunk or job.unsettled)).plan()
    if job.full_shop_read and not (job.unsettled or job.unproved.everybody):  # else nothing proves a finding to be over
        kept = [*job.set_aside, *job.set_aside.values()]
        await job.findings.resolve_unseen(job.campaign.code, job.run, keep=kept, except_about=job.unproved.concerns)
    await job.enter(Phase.PLAN, f"{plan.left_out:,} left out")
    if not shrunk and not job.unsettled:
        await _keep_sizes(job)
    await _write_cost(job, account, plan, gate, shrunk, people)
    _refuse_blocked(job, account)
    _refuse_stranding(plan)
    await job.note(planned_at=job.db.now())
    if not plan.changes and not shrunk:
        await job.enter(Phase.STATISTICS, "nothing to do")
        counted = await write_statistics(job, statistics, rules)
        await job.enter(Phase.UNLOCK, counted)
        return None
    await job.enter(Phase.YES, f"{plan.changes:,} changes")
    return account


async def apply_plan(
    job: Job, keeper: Keeper, gate: WindowGate, statistics: Statistics, *, account: Account | None, approved: bool
) -> str:
    """Apply what is planned, read a sample back, and count; answers the sums in words.

    ``account`` is what the plan rests on, if this process has just made it.

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
    """Everything that changes something outside, and the sample that is read back; answers the latter in words."""
    if account is None or not _fresh(job, account):
        account = await read_account(job)
    applier = Applier(job, account, keeper, gate)
    # What an end left on its way and could not write down, on a full disk for one.
    await job.ledger.mark_unknown()
    settled = await applier.settle_unknown()
    if approved:
        await _keep_sizes(job)
        await job.findings.resolve_unseen(job.campaign.code, _NO_RUN, [FindingRule.READ_SHRANK])
    await job.enter(Phase.APPLY, f"{settled} settled" if settled else "")
    await job.note(apply_started_at=job.db.now())
    if await create_missing(job, keeper, account, applier.settler):
        account = await read_account(job)
        applier = Applier(job, account, keeper, gate)
    await refuse_without_field(job, account)
    _refuse_blocked(job, account)
    await _hold_the_often_moved(job)
    await canary(job, applier)
    await applier.apply_rest()
    # Last, so that nobody who is known waits for MailerLite to take new people in.
    await create_people(job, keeper, account, applier.settler, applier.watch_failures)
    await job.enter(Phase.READ_BACK)
    await keeper.safe_point(RunState.APPLYING)
    return await read_back(job, applier)


async def _hold_the_often_moved(job: Job) -> None:
    """Leave the moves for tomorrow of whom plans of other campaigns moved today, since this plan was made."""
    most = job.settings.write_limits.moves_per_day
    held = await job.ledger.skip_moves_of_the_often_moved(await label_midnight(job.db), most)
    await job.findings.record([move_waits(job.campaign.code, row, most) for row in held], job.run)


def _fresh(job: Job, account: Account) -> bool:
    """Whether the account's groups and field may still be taken for what they were; what is to be made was not read."""
    age = (job.db.now() - account.read_at).total_seconds()
    to_make = account.to_create_groups or account.to_create_field
    return not to_make and 0 <= age < job.settings.write_limits.stale_after_seconds


async def _shrunk(job: Job) -> list[Finding]:
    """Whether a side gave over 20 % less than at its last good read. Domain rules, section 6."""
    last = await Campaigns(job.db).read_sizes(job.campaign.code)
    latest = await job.orders.latest_complete()
    sides = (
        ("members", last.members, await job.people.count()),
        ("orders", last.orders, latest.orders if latest else 0),
    )
    keep = 1 - job.settings.plan_limits.shrink_percent / 100
    return [
        finding(
            FindingRule.READ_SHRANK,
            job.campaign.code,
            side,
            f"{now:,} {side} were read, {before:,} at the last good read.",
            f"If that is right, `bema-tui apply {job.run}` takes it as the new normal; this plan removes nothing.",
        )
        for side, before, now in sides
        if before and now < before * keep
    ]


async def _keep_sizes(job: Job) -> None:
    latest = await job.orders.latest_complete()
    await Campaigns(job.db).set_read_sizes(
        job.campaign.code, members=await job.people.count(), orders=latest.orders if latest else 0
    )


async def _write_cost(
    job: Job, account: Account, plan: PlanTotals, gate: WindowGate, shrunk: list[Finding], read: PeopleRead
) -> None:
    """Write what the plan comes to, and what it will cost if its yes comes now."""
    quota = job.settings.quota
    age = (job.db.now() - read.at).total_seconds()
    why = _needs_approval(job, plan, shrunk)
    at_once = job.options.yes and not why
    forecast = forecast_writes(
        plan.kinds,
        plan.people,
        limit=gate.limit,
        reserve=quota.reserve,
        window_seconds=quota.window_seconds,
        lone_adds=plan.lone_adds,
        batch=gate.batch_cost,
        account_read=at_once and _fresh(job, account),
        fresh_seconds=job.settings.write_limits.stale_after_seconds - age,
    )
    latest = await job.orders.latest_complete()
    orders = latest.orders if latest else 0
    await job.runs.remember(job.run, job.fence, {"needs_approval": why})
    await job.note(
        people=plan.people,
        moves=plan.moves,
        left_out=plan.left_out,
        read_forecast=read.forecast + forecast.reads,
        write_forecast=forecast.writes,
        seconds_forecast=forecast.seconds,
        automations=_set_off(account, plan),
        checks=_checks(job, plan, orders, shrunk=bool(shrunk)),
    )


def _set_off(account: Account, plan: PlanTotals) -> list[dict[str, Any]]:
    """Every automation that the plan sets off, with the head count; one whose groups can't be read may be so by all."""
    names = {group.id: group.name for group in account.groups.values()}
    rows: list[dict[str, Any]] = []
    for automation in account.automations:
        groups = sorted(automation.group_ids if automation.groups_known else names)
        name = automation.name if automation.groups_known else f"{automation.name} (its groups can't be read)"
        rows += [
            {"name": name, "group": names[group], "people": plan.adds_by_group[group]}
            for group in groups
            if group in names and plan.adds_by_group.get(group)
        ]
    return rows


def _checks(job: Job, plan: PlanTotals, orders: int, *, shrunk: bool) -> list[Mapping[str, Any]]:
    """What was made sure of, in words for the screen; each is computed, none is a promise.

    One that is not ``ok`` stops the plan. ``look`` marks what only asks for somebody's yes.
    """
    share = plan.moves * 100 / job.people_read if job.people_read else 0.0
    limit = _most_moves(job)
    percent = job.settings.plan_limits.shrink_percent
    created = plan.kinds.get(ChangeKind.CREATE_SUBSCRIBER, 0)
    return [
        {"text": _shop_check(job, orders), "ok": True, "look": bool(job.unproved.count)},
        {"text": _people_check(job), "ok": True, "look": bool(job.set_aside or job.unsettled)},
        {"text": "nobody is left without a tier", "ok": plan.removes_unproved == 0},
        {"text": f"no status is changed, {created or 'nobody'} created", "ok": True, "look": bool(created)},
        {"text": f"{'a' if shrunk else 'no'} read shrank over {percent:g} %", "ok": True, "look": shrunk},
        {
            "text": f"{plan.moves:,} moves, {share:.1f} %; up to {limit:,} need no look",
            "ok": True,
            "look": plan.moves > limit,
        },
    ]


def _shop_check(job: Job, orders: int) -> str:
    read = f"shop read whole, {orders:,} orders" if job.full_shop_read else "the shop's newest orders read"
    return f"{read}, {job.unproved.count:,} unreadable" if job.unproved.count else read


def _people_check(job: Job) -> str:
    how = f"MailerLite read but for some of {' and '.join(job.unsettled)}" if job.unsettled else "MailerLite read whole"
    aside = f", {len(job.set_aside):,} left alone" if job.set_aside else ""
    return f"{how}, {job.people_read:,} people{aside}"


def _most_moves(job: Job) -> int:
    """How many moves go without a look at them: max(50, 10 % of the members), or what the run was allowed."""
    limits = job.settings.plan_limits
    if job.options.max_moves is not None:
        return job.options.max_moves
    return max(limits.max_moves, int(job.people_read * limits.max_moves_percent / 100))


def _needs_approval(job: Job, plan: PlanTotals, shrunk: list[Finding]) -> str:
    if shrunk:
        return shrunk[0].message
    if plan.reverts:
        taken = "1 purchase is" if plan.reverts == 1 else f"{plan.reverts:,} purchases are"
        return f"{taken} taken back after a refund: that needs a yes of its own"
    limit = _most_moves(job)
    if plan.moves > limit:
        return f"{plan.moves:,} moves are more than {limit:,}: somebody has to see this plan"
    return ""


def _refuse_stranding(plan: PlanTotals) -> None:
    """The rules never leave anybody without a tier; should they ever, no plan of it is applied."""
    if plan.removes_unproved:
        raise BemaError(
            f"The plan would leave {plan.removes_unproved} people without a tier; it is not applied.",
            tried="plan the campaign",
            advice="Nothing was written. Please report this with the run's ledger (bema-tui changes RUN --json).",
        )


def _refuse_blocked(job: Job, account: Account) -> None:
    field = account.field
    if field is not None and field.type in WRITABLE_TYPES:
        return
    if account.check.hidden_field:
        row = account.check.hidden_field[0]
        raise BemaError(
            f"{job.campaign.code} is blocked: its purchase field may be a row that can't be read ({row.path}: "
            f"{row.problem}).",
            tried="sync the campaign",
            where="MailerLite",
            advice="Look at this field in MailerLite; nothing is created as long as it may be there.",
        )
    wrong = next((one for one in account.check.findings if one.rule is FindingRule.FIELD_TYPE_MISMATCH), None)
    if field is not None and wrong is not None:
        raise BemaError(
            f"{job.campaign.code} is blocked: the account has a purchase field of type {field.type}, {field.name!r}, "
            "which cannot hold an order number.",
            tried="sync the campaign",
            where="MailerLite",
            advice=wrong.advice,
        )
    raise NeedsNewSync(
        f"{job.campaign.code} is blocked: the account has no purchase field.",
        tried="sync the campaign",
        where="MailerLite",
        advice=f"`bema-tui sync {job.campaign.code} --create-missing` creates what is missing; "
        "`bema-tui findings` says more.",
    )
