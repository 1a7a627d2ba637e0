"""Makes what a plan creates: groups, the field, and new buyers. Each looks first, so that nothing is made twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bema_tui.campaigns.naming import read_group_name
from bema_tui.campaigns.purchases import same_value
from bema_tui.emails import spellings
from bema_tui.errors import BadAnswer, RequestRefused, WriteUnknown
from bema_tui.model import ChangeKind, ChangeState, RunState, Subscriber
from bema_tui.store.ledger_rows import LedgerRow, Settled
from bema_tui.sync.account import Account
from bema_tui.sync.answers import field_value
from bema_tui.sync.budget import CANARY_PEOPLE
from bema_tui.sync.job import Job
from bema_tui.sync.keeper import Keeper
from bema_tui.sync.reading_people import find_by_address

_PLACES = (ChangeKind.CREATE_GROUP, ChangeKind.CREATE_FIELD)


async def create_missing(job: Job, keeper: Keeper, account: Account) -> int:
    """Create the groups and the field that the account still lacks, and answer how many of the plan's are there now.

    What somebody has made since the plan, in whatever spelling, is taken instead: two of a kind would be twins.
    """
    made = 0
    while rows := await job.ledger.planned(1, kinds=_PLACES):
        await keeper.safe_point(RunState.APPLYING)
        row = rows[0]
        made += 1
        if there := _made_since(account, row):
            await job.ledger.retarget(row.target_name, there)
            # An earlier try of this run may have made it, and only its answer was lost.
            state, note = (ChangeState.APPLIED, None) if row.attempts else (ChangeState.SKIPPED, "is there meanwhile")
            await _settle(job, row, state, note)
            continue
        await job.ledger.mark_sending(rows)
        if row.kind is ChangeKind.CREATE_GROUP:
            target = (await job.mailerlite.create_group(row.target_name, before_try=job.still_ours)).id
        else:
            target = (await job.mailerlite.create_field(row.target_name, "number", before_try=job.still_ours)).key
        await job.ledger.retarget(row.target_name, target)
        await job.ledger.settle([Settled(row.id, ChangeState.APPLIED)], job.meter.values())
    return made


def _made_since(account: Account, row: LedgerRow) -> str | None:
    """The id or key of what the account has in place of the group or field that a row would create."""
    if row.kind is ChangeKind.CREATE_FIELD:
        return account.field.key if account.field is not None else None
    read = read_group_name(row.target_name)
    group = account.groups.get(read[1]) if read is not None else None
    return None if group is None else group.id


async def create_people(job: Job, keeper: Keeper, account: Account, watch: Callable[[], Awaitable[None]]) -> None:
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
        if await _create(job, account, rows[0], field.key) and len(first) < CANARY_PEOPLE:
            first.append(rows[0])
            if len(first) == CANARY_PEOPLE:
                await _look_back(job, first, field.key)
        await watch()
    if field is not None and 0 < len(first) < CANARY_PEOPLE:
        await _look_back(job, first, field.key)


async def _create(job: Job, account: Account, row: LedgerRow, key: str) -> bool:
    """Create one person if it is proved that nobody has the address yet; true when they were created and shown."""
    looked = await find_by_address(job, spellings(row.email))
    there = next((one.answer.subscriber() for one in looked if one.answer is not None), None)
    problem = next((one.problem for one in looked if one.problem), "")
    if problem and there is None:
        await _settle(job, row, ChangeState.SKIPPED, f"is not proved to be unknown: {problem}")
        return False
    if there is not None:
        done = _shows(there, row, key)
        state = ChangeState.APPLIED if done else ChangeState.SKIPPED
        await _settle(job, row, state, None if done else "is known to MailerLite meanwhile")
        return False
    await job.ledger.mark_sending([row])
    try:
        made = await job.mailerlite.add_or_update_subscriber(
            row.email, {key: field_value(row.after)}, [row.target], before_try=job.still_ours
        )
    except RequestRefused as refused:
        await _settle(job, row, ChangeState.FAILED, refused.message, refused.status)
        return False
    except WriteUnknown as unknown:
        await _settle(job, row, ChangeState.FAILED, f"{unknown.message} The next plan looks again.")
        return False
    await job.people.put([account.member(made, job.db.now())])
    job.mailerlite.look_up.offer([made])
    shown = _shows(made, row, key)
    error = None if shown else "MailerLite answered ok, but does not show what was sent"
    await _settle(job, row, ChangeState.APPLIED if shown else ChangeState.FAILED, error)
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


async def _settle(
    job: Job, row: LedgerRow, state: ChangeState, error: str | None, refused_status: int | None = None
) -> None:
    await job.ledger.settle([Settled(row.id, state, error, refused_status)], job.meter.values())


def _shows(person: Subscriber, row: LedgerRow, key: str) -> bool:
    return same_value(person.fields.get(key), row.after) and row.target in (person.group_ids or ())
