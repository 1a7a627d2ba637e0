"""Makes what a plan creates: groups, the field, and new buyers. Each looks first, so that nothing is made twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from bema_tui.emails import spellings
from bema_tui.errors import (
    BadAnswer,
    NeedsNewSync,
    ProviderError,
    RateLimited,
    RequestRefused,
    Stopped,
    WriteUnknown,
    WrongAccount,
)
from bema_tui.field_values import FieldType, same_value
from bema_tui.model import ChangeKind, ChangeOutcome, ChangeState, RunState, Subscriber
from bema_tui.store.ledger_rows import LedgerRow, Settled
from bema_tui.sync.apply.recorder import Settler
from bema_tui.sync.apply.refusals import Undone, other_account
from bema_tui.sync.apply.refusals import refused as refusals
from bema_tui.sync.apply.results import as_sent, refusal
from bema_tui.sync.lock_keeper import Keeper
from bema_tui.sync.plan.forecast import CANARY_PEOPLE
from bema_tui.sync.read.campaign_in_mailerlite import Account
from bema_tui.sync.read.subscribers import find_by_address
from bema_tui.sync.run_context import Job

_PLACES = (ChangeKind.CREATE_GROUP, ChangeKind.CREATE_FIELD)


async def create_missing(job: Job, keeper: Keeper, account: Account, settler: Settler) -> int:
    """Create the groups and the field that the account still lacks, and answer how many of the plan's were looked at.

    What somebody has made since the plan, in whatever spelling, is taken instead: two of a kind would be twins. What
    MailerLite refuses to make is failed, and not asked for again: the moves into such a group are skipped, and without
    its field the campaign is blocked.
    """
    for row in await job.ledger.failed(ChangeKind.CREATE_FIELD):
        if there := _made_since(account, row):
            await job.ledger.retarget(row.target_name, there)
    made = 0
    while rows := await job.ledger.planned(1, kinds=_PLACES):
        await keeper.safe_point(RunState.APPLYING)
        row = rows[0]
        made += 1
        if there := _made_since(account, row):
            await _is_there(job, row, there, settler, ours=row.attempts > 0)
            continue
        await job.ledger.mark_sending(rows)
        try:
            async with _unless_done(settler, row):
                target, ours = await _make(job, row)
        except RequestRefused as refused:
            await settler.finish([row], [refusal(row, refused.status, refused.detail)])
            if row.kind is ChangeKind.CREATE_GROUP:
                await job.ledger.skip_without(row.target_name)
            continue
        await _is_there(job, row, target, settler, ours=ours or row.attempts > 0)
    return made


async def refuse_without_field(job: Job, account: Account) -> None:
    """Raise if the campaign has no field because MailerLite refused to make it.

    Raises:
        NeedsNewSync: with MailerLite's words, and what to do; nothing of the campaign is written.
    """
    refused = await job.ledger.failed(ChangeKind.CREATE_FIELD)
    if account.field is None and refused:
        (found,) = refusals(job.campaign.code, [Undone.of(refused[0])])
        raise NeedsNewSync(
            f"{job.campaign.code} is blocked without its purchase field. {found.message}",
            tried="create what is missing",
            where="MailerLite",
            advice=found.advice,
        )


async def _make(job: Job, row: LedgerRow) -> tuple[str, bool]:
    """Make the group or field of a row: its id or key, and whether it was this run that made it."""
    if row.kind is ChangeKind.CREATE_GROUP:
        group, ours = await job.mailerlite.ensure_group(row.target_name, before_try=job.still_ours)
        return group.id, ours
    field, ours = await job.mailerlite.ensure_field(row.target_name, FieldType.NUMBER, before_try=job.still_ours)
    return field.key, ours


async def _is_there(job: Job, row: LedgerRow, target: str, settler: Settler, *, ours: bool) -> None:
    """A group or field is there now: by this run, of which an earlier try may have lost its answer, or by others."""
    await job.ledger.retarget(row.target_name, target)
    await settler.finish([row], [_there(row, ours=ours)])


def _there(row: LedgerRow, *, ours: bool) -> Settled:
    """What becomes of a row when what it would create is there."""
    if ours:
        return Settled(row.id, ChangeState.APPLIED)
    return Settled(row.id, ChangeState.SKIPPED, ChangeOutcome.THERE_MEANWHILE)


@asynccontextmanager
async def _unless_done(settler: Settler, row: LedgerRow) -> AsyncIterator[None]:
    """Say of a row that was on its way what an error leaves of it, before the error goes on.

    A refusal and a lost answer are their callers'.
    """
    try:
        yield
    except (RequestRefused, WriteUnknown):
        raise
    except WrongAccount as error:
        unknown = Settled(row.id, ChangeState.UNKNOWN, ChangeOutcome.OTHER_ACCOUNT, error.message)
        await settler.finish([row], [unknown])
        raise other_account(error) from None
    except (Stopped, ProviderError):
        # The client vouches that nothing of it was done.
        await settler.finish([row], [Settled(row.id, ChangeState.PLANNED, tries=-1)])
        raise


def _made_since(account: Account, row: LedgerRow) -> str | None:
    """The id or key of what the account has in place of the group or field that a row would create."""
    if row.kind is ChangeKind.CREATE_FIELD:
        return account.field.key if account.field is not None else None
    group = account.groups.get(row.tier) if row.tier is not None else None
    return None if group is None else group.id


async def create_people(
    job: Job, keeper: Keeper, account: Account, settler: Settler, watch: Callable[[], Awaitable[None]]
) -> None:
    """Create buyers whom MailerLite does not know, where the label has chosen so (``add_new_buyers``).

    Who has become known meanwhile is left to the next plan: existing people are written by id only. The first five are
    read back before the others are made; ``watch`` stops a run that mostly fails.

    Raises:
        BadAnswer: somebody of the first five is not there as MailerLite answered; nobody more is created.
    """
    field = account.field
    first: list[LedgerRow] = []
    while field is not None and (rows := await job.ledger.planned(1, kinds=[ChangeKind.CREATE_SUBSCRIBER])):
        await keeper.safe_point(RunState.APPLYING)
        if await _create(job, account, settler, rows[0], field.key) and len(first) < CANARY_PEOPLE:
            first.append(rows[0])
            if len(first) == CANARY_PEOPLE:
                await _look_back(job, first, field.key)
        await watch()
    if field is not None and 0 < len(first) < CANARY_PEOPLE:
        await _look_back(job, first, field.key)


async def _create(job: Job, account: Account, settler: Settler, row: LedgerRow, key: str) -> bool:
    """Create one person if it is proved that nobody has the address yet; true when they were created and shown."""
    looked = await find_by_address(job, spellings(row.email))
    there = next((one.answer.subscriber() for one in looked if one.answer is not None), None)
    problem = next((one.problem for one in looked if one.problem), "")
    if problem and there is None:
        skipped = Settled(row.id, ChangeState.SKIPPED, ChangeOutcome.NOT_PROVED_UNKNOWN, problem)
        await settler.finish([row], [skipped])
        return False
    if there is not None:
        # Only an earlier try of this run, whose answer was lost, can have made them as they are.
        ours = row.attempts > 0 and _shows(there, row, key)
        await settler.finish([row], [_there(row, ours=ours)])
        return False
    await job.ledger.mark_sending([row])
    try:
        async with _unless_done(settler, row):
            made = await job.mailerlite.add_or_update_subscriber(
                row.email, {key: as_sent(row.after)}, [row.target], before_try=job.still_ours
            )
    except RequestRefused as refused:
        await settler.finish([row], [refusal(row, refused.status, refused.detail)])
        return False
    except RateLimited as limited:
        # So long that it is no quota of a minute. If that of the account is used up, this look-up says so.
        await find_by_address(job, spellings(row.email))
        failed = Settled(row.id, ChangeState.FAILED, ChangeOutcome.THROTTLED, f"{limited.waited:.0f}")
        await settler.finish([row], [failed])
        return False
    except WriteUnknown as unknown:
        failed = Settled(row.id, ChangeState.FAILED, ChangeOutcome.LOST_ANSWER, unknown.message)
        await settler.finish([row], [failed])
        return False
    await job.people.put([account.member(made, job.db.now())])
    job.mailerlite.look_up.offer([made])
    shown = _shows(made, row, key)
    silent = Settled(row.id, ChangeState.FAILED, ChangeOutcome.NOT_SHOWN)
    await settler.finish([row], [Settled(row.id, ChangeState.APPLIED) if shown else silent])
    return shown


async def _look_back(job: Job, rows: Sequence[LedgerRow], key: str) -> None:
    of_address = {one.who: one.answer for one in await find_by_address(job, [row.email for row in rows])}
    for row in rows:
        answer = of_address[row.email]
        if answer is None or not _shows(answer.subscriber(), row, key):
            raise BadAnswer(
                f"MailerLite said that {row.email} was created, but reading them back does not show it.",
                tried="read the first new people back before the rest is created",
                where="MailerLite",
                advice="Nobody more was created. Look at this address in MailerLite, then resume the run.",
            )


def _shows(person: Subscriber, row: LedgerRow, key: str) -> bool:
    return same_value(person.fields.get(key), row.after) and row.target in (person.group_ids or ())
