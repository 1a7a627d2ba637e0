"""Makes what a plan creates: groups, the field, and new buyers. Each looks first, so that nothing is made twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

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
from bema_tui.model import ACCOUNT_CHANGES, ChangeKind, ChangeOutcome, ChangeState, CustomField, Subscriber
from bema_tui.providers.mailerlite.batch import MOST_ITEMS
from bema_tui.providers.mailerlite.forms import LookUpResult
from bema_tui.store.ledger_rows import LedgerRow, RowResult
from bema_tui.sync.apply.recorder import ResultRecorder
from bema_tui.sync.apply.results import as_sent, refusal
from bema_tui.sync.plan.forecast import CANARY_SUBSCRIBERS, looked_together
from bema_tui.sync.read.campaign_in_mailerlite import CampaignInMailerLite
from bema_tui.sync.read.subscribers import find_by_email, ready_look_up
from bema_tui.sync.refusals import NotMade, other_account
from bema_tui.sync.refusals import refused as refusals
from bema_tui.sync.run_context import RunContext

LOOK_UP_HOLDS: Final = 60.0
"""For how many seconds a look-up that found nobody counts. It is short, because a create writes to whoever has signed
up with the e-mail since then; it lasts for the creates that one period of the quota takes, which is a minute."""
_NEW = (ChangeKind.CREATE_SUBSCRIBER,)


async def create_missing(context: RunContext, account: CampaignInMailerLite, recorder: ResultRecorder) -> int:
    """Create the groups and the field that the account still lacks, and return how many of the plan's were looked at.

    What somebody has made since the plan, in whatever spelling, is taken instead: two of a kind would be twins. What
    MailerLite refuses to make is failed, and not asked for again: the moves into such a group are skipped, and without
    its field the campaign is blocked.
    """
    for row in await context.ledger.failed(ChangeKind.CREATE_FIELD):
        if there := _made_since(account, row):
            await context.ledger.retarget(row.target_name, there)
    made = 0
    while rows := await context.ledger.planned(1, kinds=ACCOUNT_CHANGES):
        await context.safe_point()
        row = rows[0]
        made += 1
        if there := _made_since(account, row):
            await _is_there(context, row, there, recorder, ours=row.attempts > 0)
            continue
        await context.ledger.mark_sending(rows)
        try:
            async with _unless_done(recorder, row):
                target, ours = await _make(context, row)
        except RequestRefused as refused:
            await recorder.record([row], [refusal(row, refused.status, refused.detail)])
            if row.kind is ChangeKind.CREATE_GROUP:
                await context.ledger.skip_without(row.target_name)
            continue
        await _is_there(context, row, target, recorder, ours=ours or row.attempts > 0)
    return made


async def refuse_without_field(context: RunContext, account: CampaignInMailerLite) -> None:
    """Raise if the campaign has no field because MailerLite refused to make it.

    Raises:
        NeedsNewSync: with MailerLite's words, and what to do; nothing of the campaign is written.
    """
    refused = await context.ledger.failed(ChangeKind.CREATE_FIELD)
    if account.field is None and refused:
        (found,) = refusals(context.campaign.code, [NotMade.of(refused[0])])
        raise NeedsNewSync(
            f"{context.campaign.code} is blocked without its purchase field. {found.message}",
            tried="create what is missing",
            where="MailerLite",
            advice=found.advice,
        )


async def _make(context: RunContext, row: LedgerRow) -> tuple[str, bool]:
    """Make the group or field of a row: its id or key, and whether it was this run that made it."""
    if row.kind is ChangeKind.CREATE_GROUP:
        group = await context.mailerlite.ensure_group(row.target_name, before_try=context.require_lock)
        return group.row.id, group.ours
    field = await context.mailerlite.ensure_field(row.target_name, FieldType.NUMBER, before_try=context.require_lock)
    return field.row.key, field.ours


async def _is_there(context: RunContext, row: LedgerRow, target: str, recorder: ResultRecorder, *, ours: bool) -> None:
    """A group or field is there now: by this run, of which an earlier try may have lost its answer, or by others."""
    await context.ledger.retarget(row.target_name, target)
    await recorder.record([row], [_there(row, ours=ours)])


def _there(row: LedgerRow, *, ours: bool) -> RowResult:
    """What becomes of a row when what it would create is there."""
    if ours:
        return RowResult(row.id, ChangeState.APPLIED)
    return RowResult(row.id, ChangeState.SKIPPED, ChangeOutcome.THERE_MEANWHILE)


@asynccontextmanager
async def _unless_done(recorder: ResultRecorder, row: LedgerRow) -> AsyncIterator[None]:
    """Say of a row that was on its way what an error leaves of it, before the error goes on.

    A refusal and a lost answer are their callers'.
    """
    try:
        yield
    except (RequestRefused, WriteUnknown):
        raise
    except WrongAccount as error:
        unknown = RowResult(row.id, ChangeState.UNKNOWN, ChangeOutcome.OTHER_ACCOUNT, error.message)
        await recorder.record([row], [unknown])
        raise other_account(error) from None
    except (Stopped, ProviderError, _LookUpTooOldError):
        # The client vouches that nothing of it was done.
        await recorder.record([row], [RowResult(row.id, ChangeState.PLANNED, tries=-1)])
        raise


def _made_since(account: CampaignInMailerLite, row: LedgerRow) -> str | None:
    """The id or key of what the account has in place of the group or field that a row would create."""
    if row.kind is ChangeKind.CREATE_FIELD:
        return account.field.key if account.field is not None else None
    group = account.groups.get(row.tier) if row.tier is not None else None
    return None if group is None else group.id


async def create_subscribers(
    context: RunContext,
    account: CampaignInMailerLite,
    recorder: ResultRecorder,
    watch: Callable[[], Awaitable[None]],
) -> None:
    """Create buyers whom MailerLite does not know, where the label has chosen so (``add_new_buyers``).

    They are looked up together and created one by one. One who has become known meanwhile is left to the next plan:
    existing subscribers are written by id only. The first five are read back before the others are made; ``watch``
    stops a run that mostly fails.

    Raises:
        BadAnswer: somebody of the first five is not there as MailerLite answered; nobody more is created.
    """
    if account.field is None:
        return
    key = account.field.key
    unknown = _Unknown()
    first: list[LedgerRow] = []
    waited: defaultdict[int, float] = defaultdict(float)  # seconds by row
    while rows := await context.ledger.planned(1, kinds=_NEW):
        (row,) = rows
        await context.safe_point()
        if row.id in unknown.rows and not context.quota.left:
            await context.quota.room_for_batch(1)  # it is waited for before the age of the look-up is judged, not after
        if not unknown.holds(row.id, context.db.now()):
            unknown = await _look_up_next(context, recorder, key)
        if row.id in unknown.rows:
            began = context.db.now()
            try:
                created = await _create(context, account, recorder, row, account.field, unknown)
            except _LookUpTooOldError:
                waited[row.id] += (context.db.now() - began).total_seconds()
                if waited[row.id] >= context.settings.http.patience:
                    await _give_up(context, recorder, row, waited[row.id])
                continue
            if created and len(first) < CANARY_SUBSCRIBERS:
                first.append(row)
                if len(first) == CANARY_SUBSCRIBERS:
                    await _look_back(context, first, key)
        await watch()
    if 0 < len(first) < CANARY_SUBSCRIBERS:
        await _look_back(context, first, key)


@frozen
class _Unknown:
    """Rows of buyers of whom it was proved that MailerLite did not know them, and when."""

    rows: frozenset[int] = frozenset()
    at: datetime | None = None

    def holds(self, row: int, now: datetime) -> bool:
        """Whether that still counts for a row."""
        # A look-up from the future says that the clock was set back: how old it is nobody knows.
        old = None if self.at is None else now - self.at
        return old is not None and row in self.rows and timedelta(0) <= old <= timedelta(seconds=LOOK_UP_HOLDS)


class _LookUpTooOldError(Exception):
    """A create waited so long before a try that nobody knows any more whether the buyer is unknown."""


async def _look_up_next(context: RunContext, recorder: ResultRecorder, key: str) -> _Unknown:
    """Look the next new buyers up in one batch: as many as it holds and the quota then lets create.

    Who is there, or can't be proved not to be, gets a result at once: so nobody is looked up twice for them.

    Raises:
        IncompleteRead: no form of look-up finds anybody.
    """
    rows = await context.ledger.planned(MOST_ITEMS, kinds=_NEW)
    rows = rows[: looked_together(len(rows), context.quota.left, context.quota.budget, context.quota.batch_cost)]
    wanted = [spellings(row.email) for row in rows]
    look_up = await ready_look_up(context, [email for one in wanted for email in one])
    wanted = wanted[: look_up.fit(wanted)]
    emails = [email for one in wanted for email in one]
    await context.quota.room_for_batch(len(emails), least=len(emails))  # else the wait for it would count as age
    at = context.db.now()
    looked = {one.who: one for one in await find_by_email(context, emails)}
    of_row = {row: [looked[email] for email in one] for row, one in zip(rows, wanted, strict=False)}
    not_new = {row: result for row, one in of_row.items() if (result := _not_new(row, one, key)) is not None}
    await recorder.record(list(not_new), list(not_new.values()))
    return _Unknown(frozenset(row.id for row in of_row if row not in not_new), at)


def _not_new(row: LedgerRow, looked: Sequence[LookUpResult], key: str) -> RowResult | None:
    """What becomes of a row by the look-ups of its e-mail's spellings; None if they prove that nobody has it yet."""
    there = next((one.answer.subscriber() for one in looked if one.answer is not None), None)
    if there is not None:
        # Only an earlier try of this run, whose answer was lost, can have made them as they are.
        return _there(row, ours=row.attempts > 0 and _shows(there, row, key))
    problem = next((one.problem for one in looked if one.problem), "")
    return RowResult(row.id, ChangeState.SKIPPED, ChangeOutcome.NOT_PROVED_UNKNOWN, problem) if problem else None


async def _create(
    context: RunContext,
    account: CampaignInMailerLite,
    recorder: ResultRecorder,
    row: LedgerRow,
    field: CustomField,
    unknown: _Unknown,
) -> bool:
    """Create one subscriber whom nobody is known to be; true when they were created and shown.

    Raises:
        _LookUpTooOldError: a try had to wait for so long that they may be known by now; nothing was done.
    """

    async def may_leave() -> None:
        await context.require_lock()
        if not unknown.holds(row.id, context.db.now()):
            raise _LookUpTooOldError

    await context.ledger.mark_sending([row])
    try:
        async with _unless_done(recorder, row):
            made = await context.mailerlite.add_or_update_subscriber(
                row.email, {field.key: as_sent(row.after, field.type)}, [row.target], before_try=may_leave
            )
    except RequestRefused as refused:
        await recorder.record([row], [refusal(row, refused.status, refused.detail)])
        return False
    except RateLimited as limited:
        await _give_up(context, recorder, row, limited.waited)
        return False
    except WriteUnknown as lost:
        failed = RowResult(row.id, ChangeState.FAILED, ChangeOutcome.LOST_ANSWER, lost.message)
        await recorder.record([row], [failed])
        return False
    await context.members.put([account.member(made, context.db.now())])
    context.mailerlite.look_up.offer([made])
    shown = _shows(made, row, field.key)
    silent = RowResult(row.id, ChangeState.FAILED, ChangeOutcome.NOT_SHOWN)
    await recorder.record([row], [RowResult(row.id, ChangeState.APPLIED) if shown else silent])
    return shown


async def _give_up(context: RunContext, recorder: ResultRecorder, row: LedgerRow, waited: float) -> None:
    """Fail a create that was put off for longer than one request waits."""
    # So long that it is no quota of a minute. If that of the account is used up, this look-up says so.
    await find_by_email(context, spellings(row.email))
    await recorder.record([row], [RowResult(row.id, ChangeState.FAILED, ChangeOutcome.THROTTLED, f"{waited:.0f}")])


async def _look_back(context: RunContext, rows: Sequence[LedgerRow], key: str) -> None:
    answers = {one.who: one.answer for one in await find_by_email(context, [row.email for row in rows])}
    for row in rows:
        answer = answers[row.email]
        if answer is None or not _shows(answer.subscriber(), row, key):
            raise BadAnswer(
                f"MailerLite said that {row.email} was created, but reading them back does not show it.",
                tried="read the first new people back before the rest is created",
                where="MailerLite",
                advice="Nobody more was created. Look at this e-mail in MailerLite, then resume the run.",
            )


def _shows(subscriber: Subscriber, row: LedgerRow, key: str) -> bool:
    return same_value(subscriber.fields.get(key), row.after) and row.target in (subscriber.group_ids or ())
