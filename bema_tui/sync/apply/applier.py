"""Sends a plan to MailerLite in batches, exactly as the domain rules say in section 6."""

from __future__ import annotations

import random
from collections.abc import Container, Mapping, Sequence
from datetime import timedelta

from bema_tui.errors import (
    BadAnswer,
    BemaError,
    NotAuthorized,
    ProviderError,
    RequestRefused,
    Stopped,
    WriteUnknown,
    WrongAccount,
)
from bema_tui.field_values import FieldType
from bema_tui.model import SUBSCRIBER_CHANGES, ChangeKind, ChangeOutcome, ChangeState
from bema_tui.providers.mailerlite.batch import MOST_ITEMS, BatchItem
from bema_tui.store.ledger_rows import LedgerRow, RowResult
from bema_tui.sync.apply.exchange import BatchLine, lines_of, weigh
from bema_tui.sync.apply.packing import NextBatch, items_for, pack
from bema_tui.sync.apply.recorder import ResultRecorder
from bema_tui.sync.apply.results import NO_RIGHT, TOO_MANY
from bema_tui.sync.apply.throttled_items import Throttling, given_up
from bema_tui.sync.read.campaign_in_mailerlite import CampaignInMailerLite
from bema_tui.sync.read.subscribers import ReadById, read_by_id, ready_look_up
from bema_tui.sync.refusals import other_account
from bema_tui.sync.run_context import RunContext
from bema_tui.waits import Wait, WaitReason, waiting

AHEAD = 4 * MOST_ITEMS
"""Planned rows looked at to fill one batch."""
_LAST_BATCHES = 3
_BACK_OFF_SECONDS = 0.5


def _ending(rows: Sequence[LedgerRow]) -> Sequence[LedgerRow]:
    """Planned rows in their order; near the end of a plan the removes last, and first the people who have some, so that
    removes need no batch of their own."""
    if len(rows) > _LAST_BATCHES * MOST_ITEMS:
        return rows
    moved = {row.subscriber_id for row in rows if row.kind is ChangeKind.REMOVE_GROUP}
    return sorted(rows, key=lambda row: (row.kind is ChangeKind.REMOVE_GROUP, row.subscriber_id not in moved))


def _open(line: BatchLine, stubborn: Container[int]) -> bool:
    """Return whether an item's answer still asks something of the run; a row that is given up does not."""
    return line.row is None or line.row.id not in stubborn


class Applier:
    """Applies one run's ledger; everything it knows it reads from there, so it can begin anywhere."""

    def __init__(self, context: RunContext, account: CampaignInMailerLite, set_aside: set[str]) -> None:
        """``set_aside`` takes the ids of those who can't be read; too many of them end the run."""
        self._context = context
        self._set_aside = set_aside
        self._field_type = FieldType.NUMBER if account.field is None else account.field.type
        self._began = context.db.now()
        # Whom an answer showed elsewhere than they were known to be. What of theirs is still planned waits for a read
        # in the ledger too, so that a resume knows.
        self._doubtful: dict[str, None] = {}
        self._throttling = Throttling()
        self.recorder = ResultRecorder(context, account)

    async def read_back_unknown(self) -> int:
        """Read back every row whose answer leaves it open: it is applied if shown, else planned or failed."""
        read_back = 0
        while rows := await self._context.ledger.in_state(ChangeState.UNKNOWN, MOST_ITEMS):
            await self._context.safe_point()
            read_back += len(rows)
            creates = [row for row in rows if not row.subscriber_id]
            if creates:
                # A create looks first, so it may simply be done again.
                await self.recorder.record(creates, [RowResult(row.id, ChangeState.PLANNED) for row in creates])
            subscribers = list(dict.fromkeys(row.subscriber_id for row in rows if row.subscriber_id))
            if subscribers:
                await self._read(subscribers)
        return read_back

    async def read_by_id(self, subscribers: Sequence[str]) -> ReadById:
        """Read up to fifty subscribers by id.

        Raises:
            IncompleteRead: too many can't be read, or nobody is found by id.
        """
        return await read_by_id(self._context, subscribers, self._set_aside)

    async def _read(self, subscribers: Sequence[str]) -> None:
        """Read up to fifty subscribers by id, and take in what follows from where they stand."""
        at = self._context.db.now()
        read = await self.read_by_id(subscribers)
        await self.recorder.take_in(read.found, at)
        await self.recorder.leave_alone(read.unread)
        for number in subscribers:
            self._doubtful.pop(number, None)

    async def apply_rest(self) -> None:
        """Send everything that is planned, batch after batch."""
        while (rows := await self._context.ledger.planned(AHEAD, kinds=SUBSCRIBER_CHANGES)) or self._doubtful:
            await self.send_next(rows)
            await self.read_back_unknown()
            if not self._doubtful:  # they are read first: nothing tells a resume of those of whom no change is left
                await self.watch_failures()

    async def send_next(self, rows: Sequence[LedgerRow]) -> None:
        """Do one step: read doubtful subscribers and stale rows again, or drop what can't be sent, or send a batch.

        ``rows`` are planned ones, of which as many go as fit.
        """
        context = self._context
        # Before anything is announced as on its way: a stop while the quota is awaited leaves nothing unknown.
        beside_rows = self._throttling.items
        items = max(items_for(rows) + beside_rows, len(self._doubtful))
        size = await self._context.quota.room_for_batch(min(items, self._throttling.most), least=1 + beside_rows)
        await self._context.safe_point()
        of_subscribers = await context.ledger.of_subscribers(row.subscriber_id for row in rows)
        packed = pack(_ending(rows), of_subscribers, size)
        beside: tuple[BatchItem, ...] = ()
        if self._throttling.ends_with_refused(packed):
            packed = pack(_ending(rows), of_subscribers, size - 1)
            beside = await self._somebody_but(packed)
        if (stale := self._stale(packed.send)) or self._doubtful:
            # Those who are next are read in the same request.
            await self._read(list(dict.fromkeys([*self._doubtful, *stale, *self._stale(rows)]))[:size])
            return
        if packed.skip:
            skipped = [RowResult(row.id, ChangeState.SKIPPED, ChangeOutcome.ADD_NOT_APPLIED) for row in packed.skip]
            await self.recorder.record(packed.skip, skipped)
        if packed.send:
            await self._send(packed, of_subscribers, beside)
        elif not packed.skip:
            raise BemaError(
                f"Run {context.run} has {len(rows)} planned changes that wait for each other.",
                tried="fill the next batch",
                advice="Plan the campaign again.",
            )

    def _stale(self, rows: Sequence[LedgerRow]) -> list[str]:
        """Return the subscribers of these rows that rest on too old a read."""
        now = self._context.db.now()
        fresh_from = now - timedelta(seconds=self._context.settings.write_limits.stale_after_seconds)
        # A read from the future says that the clock was set back: how old it is nobody knows.
        return list(dict.fromkeys(row.subscriber_id for row in rows if not fresh_from <= row.read_at <= now))

    async def _somebody_but(self, packed: NextBatch) -> tuple[BatchItem, ...]:
        """Return a read of somebody whom the batch is not about, or of its first subscriber if nobody else is known."""
        look_up = await ready_look_up(self._context)
        other = look_up.somebody_but([line.item(self._field_type) for line in lines_of(packed.send, packed.looks)])
        return (other or BatchItem.read(packed.send[0].subscriber_id),)

    async def _send(
        self, packed: NextBatch, of_subscribers: Mapping[str, Sequence[LedgerRow]], beside: Sequence[BatchItem] = ()
    ) -> None:
        """Send a batch; ``beside`` goes at its end, and only its being answered counts."""
        context, rows = self._context, packed.send
        lines = lines_of(rows, packed.looks)
        in_batch = {number: of_subscribers[number] for number in dict.fromkeys(row.subscriber_id for row in rows)}
        seen = await self.recorder.known_tiers(in_batch)
        await context.ledger.mark_sending(rows)
        try:
            items = [*(line.item(self._field_type) for line in lines), *beside]
            answers = await context.mailerlite.batch(items, before_try=context.require_lock)
        except WriteUnknown as error:
            await self._nothing_known(rows, ChangeOutcome.LOST_ANSWER, error.message)
            return
        except WrongAccount as error:
            await self._nothing_known(rows, ChangeOutcome.OTHER_ACCOUNT, error.message)
            raise other_account(error) from None
        except (Stopped, ProviderError) as error:
            if isinstance(error, RequestRefused) and error.status == 404:
                # No answer of MailerLite's batch: an earlier try, if there was one, may have been carried out.
                await self._nothing_known(rows, ChangeOutcome.LOST_ANSWER, error.message)
            else:
                # The client vouches that nothing of it was done.
                await self.recorder.record(rows, [RowResult(row.id, ChangeState.PLANNED, tries=-1) for row in rows])
            raise
        stubborn = self._throttling.note(lines, answers)
        answers = answers[: len(lines)]
        came = weigh(lines, answers, in_batch, seen, self.recorder.facts)
        every = {row.id: row for of_one in in_batch.values() for row in of_one}
        results = given_up(came.results, stubborn)
        await self.recorder.record([every[one.id] for one in results], results)
        self._doubtful |= dict.fromkeys(came.doubtful)
        await self._heed(rows, {a.code for line, a in zip(lines, answers, strict=True) if _open(line, stubborn)})

    async def _nothing_known(self, rows: Sequence[LedgerRow], outcome: ChangeOutcome, detail: str) -> None:
        await self.recorder.record(rows, [RowResult(row.id, ChangeState.UNKNOWN, outcome, detail) for row in rows])

    async def _heed(self, rows: Sequence[LedgerRow], codes: set[int]) -> None:
        """What single items' answers ask of the whole run: to stop without a right, to wait when pressed.

        Raises:
            NotAuthorized: the key lost its right on the way; nothing of those items was done.
            RateLimited: the quota was waited for too long; nothing of those items was done.
        """
        if codes & NO_RIGHT:
            raise NotAuthorized(
                "MailerLite's key lost a right while changes were sent.",
                tried="apply the plan",
                where="MailerLite",
                advice="Check the key and its user, then resume the run: nothing was marked as refused.",
            )
        if TOO_MANY in codes:
            seconds = max(1.0, self._context.quota.resets_in)
            await self._context.quota.refused(seconds)
            self._throttling.wait(seconds)
        elif any(code >= 500 for code in codes):
            tries = 1 + max(row.attempts for row in rows)
            seconds = random.uniform(0, _BACK_OFF_SECONDS * 2**tries)  # noqa: S311 (jitter)
            wait = Wait(WaitReason.RETRY, self._context.mailerlite.name, "it failed over single changes of a batch")
            async with waiting(self._context.waits, wait, seconds):
                await self._context.interrupt.sleep(seconds)

    async def watch_failures(self) -> None:
        """Stop a run that mostly fails. Domain rules, section 7.

        Raises:
            BadAnswer: more than the allowed share of the writes since the run was claimed failed.
        """
        limits = self._context.settings.write_limits
        writes = await self._context.ledger.write_counts(self._began)
        if writes.sent >= limits.failure_minimum and writes.failed * 100 > limits.failure_percent * writes.sent:
            raise BadAnswer(
                f"{writes.failed} of {writes.sent} writes failed, more than {limits.failure_percent:g} %: "
                "the run stopped itself.",
                tried="apply the plan",
                where="MailerLite",
                advice=f"`bema-tui changes {self._context.run}` shows why each failed; resume when the cause is gone.",
            )
