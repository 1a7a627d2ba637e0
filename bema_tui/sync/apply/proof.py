"""Makes sure that what MailerLite answers is so: the first subscribers of a run in full, and a sample at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bema_tui.errors import BadAnswer
from bema_tui.model import SUBSCRIBER_CHANGES, ChangeOutcome, ChangeState, Finding, FindingRule, Subscriber
from bema_tui.providers.mailerlite.batch import MOST_ITEMS
from bema_tui.rules.findings import finding
from bema_tui.store.ledger_rows import LedgerRow, RowResult
from bema_tui.sync.apply.applier import AHEAD, Applier
from bema_tui.sync.apply.recheck import is_shown
from bema_tui.sync.plan.forecast import CANARY_SUBSCRIBERS, SAMPLE
from bema_tui.sync.run_context import RunContext


async def canary(context: RunContext, applier: Applier) -> None:
    """Write the first five subscribers and read them back in full before the rest goes.

    Raises:
        BadAnswer: somebody of them does not look as MailerLite answered; nothing more is sent.
    """
    if (await context.runs.get(context.run)).canary_done:
        return
    first = await context.ledger.planned(AHEAD, kinds=SUBSCRIBER_CHANGES)
    subscribers = list(dict.fromkeys(row.subscriber_id for row in first))[:CANARY_SUBSCRIBERS]
    while rows := await _planned_of(context, subscribers):
        await applier.send_next(rows)
        await applier.read_back_unknown()
    applied = await _applied(context, subscribers)
    if applied:
        at = context.db.now()
        read = await applier.read_by_id(list(dict.fromkeys(row.subscriber_id for row in applied)))
        found = read.found
        # Who is gone was deleted in these seconds: that is proved, and nothing that MailerLite answered wrongly.
        wrong = _not_shown(applied, found)
        if wrong:
            await context.ledger.record_results(
                [RowResult(row.id, ChangeState.UNKNOWN, ChangeOutcome.NOT_SHOWN) for row in wrong]
            )
            raise BadAnswer(
                f"MailerLite accepted {len(wrong)} of the first changes, but reading the people back does not show "
                f"them; the first is {wrong[0].email}.",
                tried=f"read the first {len(found)} people back before the rest goes",
                where="MailerLite",
                advice="Nothing more was sent. Look at this subscriber in MailerLite, then resume the run.",
            )
        if not found and len(read.unread) == CANARY_SUBSCRIBERS:
            raise BadAnswer(
                f"None of the first {len(read.unread)} people can be read back; the first is {applied[0].email}.",
                tried=f"read the first {len(subscribers)} people back before the rest goes",
                where="MailerLite",
                advice="Nothing more was sent. Look at these subscribers in MailerLite, then resume the run.",
            )
        await applier.recorder.take_in(found, at)
        await applier.recorder.leave_alone(read.unread)
    if subscribers:
        await context.note(canary_done=True)


async def read_back(context: RunContext, applier: Applier) -> str:
    """Read a sample of the group changes back; what is not shown is failed, and everybody who stands elsewhere than
    the rules want is a finding. Returns what came of it, in words."""
    rows = await context.ledger.sample_moves(SAMPLE)
    subscribers = list(dict.fromkeys(row.subscriber_id for row in rows))[:MOST_ITEMS]
    if not subscribers:
        return "nothing to sample"
    at = context.db.now()
    read = await applier.read_by_id(subscribers)
    missing = _not_shown(rows, read.found)
    failed = {row.id: RowResult(row.id, ChangeState.FAILED, ChangeOutcome.NOT_SHOWN) for row in missing}
    named = await applier.recorder.take_in(read.found, at, failed, [_different(context, row) for row in missing])
    await applier.apply_rest()
    parts = [f"a sample of {len(subscribers)}"]
    parts += [f"{len(missing)} not shown"] if missing else []
    parts += [f"{len(read.unread)} can't be read"] if read.unread else []
    parts += [f"{len(named)} to look at"] if named else []
    return ", ".join(parts)


def _different(context: RunContext, row: LedgerRow) -> Finding:
    return finding(
        FindingRule.DRIFT,
        context.campaign.code,
        row.email,
        f"Run {context.run} changed {row.target_name} of {row.email} and MailerLite answered ok; read back at the end, "
        "it is not so.",
        "Look at this subscriber in MailerLite; the next sync plans from where they stand.",
        row.subscriber_id,
    )


def _not_shown(rows: Sequence[LedgerRow], found: Mapping[str, Subscriber | None]) -> list[LedgerRow]:
    """Return the rows that the subscribers, as read now, do not show; one who is gone proves nothing."""
    return [row for row in rows if (shown := found.get(row.subscriber_id)) is not None and not is_shown(row, shown)]


async def _planned_of(context: RunContext, subscribers: Sequence[str]) -> list[LedgerRow]:
    wanted = set(subscribers)
    rows = await context.ledger.planned(AHEAD, kinds=SUBSCRIBER_CHANGES)
    return [row for row in rows if row.subscriber_id in wanted]


async def _applied(context: RunContext, subscribers: Sequence[str]) -> list[LedgerRow]:
    of_subscribers = await context.ledger.of_subscribers(subscribers)
    return [row for rows in of_subscribers.values() for row in rows if row.state is ChangeState.APPLIED]
