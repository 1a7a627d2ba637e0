"""Sends a plan to MailerLite in batches, by the letter of the domain rules, section 6."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bema_tui.campaigns.severities import finding
from bema_tui.errors import BadAnswer, BemaError, NotAuthorized, RateLimited, Stopped, WriteUnknown
from bema_tui.model import ChangeKind, ChangeState, FindingRule, RunState, Subscriber
from bema_tui.providers.gates import WindowGate
from bema_tui.store.ledger import LedgerRow, Settled
from bema_tui.sync.account import Account
from bema_tui.sync.answers import MAX_TRIES, NO_RIGHT, item_of, settle_answer
from bema_tui.sync.budget import BATCH, CANARY_PEOPLE, SAMPLE
from bema_tui.sync.job import Job
from bema_tui.sync.keeper import Keeper
from bema_tui.sync.packing import pack
from bema_tui.sync.reading_people import read_by_id
from bema_tui.sync.truth import GONE, Verdict, is_shown, judge_person

_AHEAD = 4 * BATCH  # planned rows looked at to fill one batch
_LAST_BATCHES = 3
_BACK_OFF_SECONDS = 0.5
_PEOPLE_KINDS = (ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP)


def _ending(rows: Sequence[LedgerRow]) -> Sequence[LedgerRow]:
    """Planned rows in their order; near the end of a plan the removes last, and first the people who have some, so that
    removes need no batch of their own."""
    if len(rows) > _LAST_BATCHES * BATCH:
        return rows
    moved = {row.subscriber_id for row in rows if row.kind is ChangeKind.REMOVE_GROUP}
    return sorted(rows, key=lambda row: (row.kind is ChangeKind.REMOVE_GROUP, row.subscriber_id not in moved))


class Applier:
    """Applies one run's ledger; everything it knows it reads from there, so it can begin anywhere."""

    def __init__(self, job: Job, account: Account, keeper: Keeper, gate: WindowGate) -> None:
        self._job = job
        self._account = account
        self._keeper = keeper
        self._gate = gate

    async def settle_unknown(self) -> int:
        """Read back every row whose answer leaves it open, and settle it: applied if shown, else planned or failed."""
        settled = 0
        while rows := await self._job.ledger.in_state(ChangeState.UNKNOWN, BATCH):
            await self._keeper.safe_point(RunState.APPLYING)
            creates = [row for row in rows if not row.subscriber_id]
            if creates:
                # A create looks first, so it may simply be done again.
                await self._finish(creates, [Settled(row.id, ChangeState.PLANNED) for row in creates])
                settled += len(creates)
                continue
            people = await read_by_id(self._job, list(dict.fromkeys(row.subscriber_id for row in rows)))
            of_people = await self._job.ledger.of_people(people)
            results = [self._settle_read(row, people[row.subscriber_id], of_people) for row in rows]
            await self._finish(rows, results)
            settled += len(rows)
        return settled

    def _settle_read(
        self, row: LedgerRow, person: Subscriber | None, of_people: Mapping[str, Sequence[LedgerRow]]
    ) -> Settled:
        """Settle a row whose answer was lost, or was a refusal that may not be one, by how its person looks now."""
        if person is None:
            return Settled(row.id, ChangeState.FAILED, GONE, refused_status=404)
        if is_shown(row, person):
            return Settled(row.id, ChangeState.APPLIED)
        if row.refused_status is not None:
            return Settled(row.id, ChangeState.FAILED, row.error, refused_status=row.refused_status)
        if row.attempts >= MAX_TRIES:
            return Settled(row.id, ChangeState.FAILED, f"tried {row.attempts} times, read back: not written")
        reason = self._judge(of_people[row.subscriber_id], [row], person).skipped.get(row.id)
        if reason:
            return Settled(row.id, ChangeState.SKIPPED, reason)
        note = "read back: not written; to be tried again"
        return Settled(row.id, ChangeState.PLANNED, note, read_at=self._job.db.now())

    def _judge(self, rows: Sequence[LedgerRow], pending: Sequence[LedgerRow], person: Subscriber | None) -> Verdict:
        return judge_person(
            rows,
            pending,
            person,
            self._account.tier_of_group,
            move_inactive=self._job.settings.rules.move_inactive,
        )

    async def canary(self) -> None:
        """Write the first five people and read them back in full before the rest goes.

        Raises:
            BadAnswer: somebody of them does not look as MailerLite answered; nothing more is sent.
        """
        job = self._job
        if job.options.get("canary_done"):
            return
        first = await job.ledger.planned(_AHEAD, kinds=_PEOPLE_KINDS)
        people = list(dict.fromkeys(row.subscriber_id for row in first))[:CANARY_PEOPLE]
        while rows := await self._planned_of(people):
            await self._send_next(rows)
            await self.settle_unknown()
        rows_of = await job.ledger.of_people(people)
        applied = {person: [r for r in rows if r.state is ChangeState.APPLIED] for person, rows in rows_of.items()}
        applied = {person: rows for person, rows in applied.items() if rows}
        if applied:
            found = await read_by_id(job, list(applied))
            wrong = [
                row
                for person, rows in applied.items()
                for row in rows
                if (shown := found[person]) is None or not is_shown(row, shown)
            ]
            if wrong:
                await job.ledger.settle(
                    [Settled(row.id, ChangeState.UNKNOWN, "the read-back does not show it") for row in wrong]
                )
                raise BadAnswer(
                    f"MailerLite accepted {len(wrong)} of the first changes, but reading the people back does not show "
                    f"them; the first is {wrong[0].email}.",
                    tried=f"read the first {len(applied)} people back before the rest goes",
                    where="MailerLite",
                    advice="Nothing more was sent. Look at this subscriber in MailerLite, then resume the run.",
                )
        if people:
            await job.remember(canary_done=True)

    async def apply_rest(self) -> None:
        """Send everything that is planned, batch after batch."""
        while rows := await self._job.ledger.planned(_AHEAD, kinds=_PEOPLE_KINDS):
            await self._send_next(rows)
            await self.settle_unknown()
            await self.watch_failures()

    async def read_back(self) -> str:
        """Read a sample of the group changes back; what is not shown is failed, and says so."""
        rows = await self._job.ledger.sample_moves(SAMPLE)
        people = list(dict.fromkeys(row.subscriber_id for row in rows))
        if not people:
            return "nothing to sample"
        await self._keeper.safe_point(RunState.APPLYING)
        found = await read_by_id(self._job, people[:BATCH])
        missing = [row for row in rows if (person := found.get(row.subscriber_id)) and not is_shown(row, person)]
        error = "MailerLite answered ok, but the read-back does not show it"
        await self._finish(missing, [Settled(row.id, ChangeState.FAILED, error) for row in missing])
        return f"a sample of {len(people[:BATCH])}" + (f", {len(missing)} not shown" if missing else "")

    async def _planned_of(self, people: Sequence[str]) -> list[LedgerRow]:
        wanted = set(people)
        rows = await self._job.ledger.planned(_AHEAD, kinds=_PEOPLE_KINDS)
        return [row for row in rows if row.subscriber_id in wanted]

    async def _send_next(self, rows: Sequence[LedgerRow]) -> None:
        """One step: read stale rows again, or drop what can't be sent any more, or send one batch."""
        job = self._job
        # Before anything is announced as on its way: a stop while the quota is awaited leaves nothing unknown.
        size = await self._gate.room_for_batch(min(BATCH, len(rows)))
        await self._keeper.safe_point(RunState.APPLYING)
        of_people = await job.ledger.of_people(row.subscriber_id for row in rows)
        packed = pack(_ending(rows), of_people, size)
        if stale := self._stale(packed.send):
            # Those who are next are read in the same request.
            await self._refresh(list(dict.fromkeys([*stale, *self._stale(rows)]))[:size], of_people)
            return
        if packed.skip:
            await self._finish(
                [row for row, _ in packed.skip],
                [Settled(row.id, ChangeState.SKIPPED, reason) for row, reason in packed.skip],
            )
        if packed.send:
            await self._send(packed.send)
        elif not packed.skip:
            raise BemaError(
                f"Run {job.run} has {len(rows)} planned changes that wait for each other.",
                tried="fill the next batch",
                advice="Plan the campaign again.",
            )

    def _stale(self, rows: Sequence[LedgerRow]) -> list[str]:
        """The people of these rows that rest on too old a read."""
        now = self._job.db.now()
        fresh_from = now - timedelta(seconds=self._job.settings.rules.stale_after_seconds)
        # A read from the future says that the clock was set back: how old it is nobody knows.
        return list(dict.fromkeys(row.subscriber_id for row in rows if not fresh_from <= row.read_at <= now))

    async def _send(self, rows: Sequence[LedgerRow]) -> None:
        job = self._job
        await job.ledger.mark_sending(rows)
        try:
            answers = await job.mailerlite.batch([item_of(row) for row in rows], before_try=job.still_ours)
        except WriteUnknown as error:
            results = [Settled(row.id, ChangeState.UNKNOWN, error.message) for row in rows]
        except (Stopped, RateLimited):
            # The client vouches that nothing of it was done.
            await self._finish(rows, [Settled(row.id, ChangeState.PLANNED) for row in rows])
            raise
        else:
            results = [settle_answer(row, answer) for row, answer in zip(rows, answers, strict=True)]
            await self._finish(rows, results)
            await self._heed(rows, {answer.code for answer in answers})
            return
        await self._finish(rows, results)

    async def _heed(self, rows: Sequence[LedgerRow], codes: set[int]) -> None:
        """What single items' answers ask of the whole run: to stop without a right, to wait when pressed.

        Raises:
            NotAuthorized: the key lost its right on the way; nothing of those items was done.
        """
        if codes & NO_RIGHT:
            raise NotAuthorized(
                "MailerLite's key lost a right while changes were sent.",
                tried="apply the plan",
                where="MailerLite",
                advice="Check the key and its user, then resume the run: nothing was marked as refused.",
            )
        if 429 in codes:
            await self._gate.refused(max(1.0, self._gate.resets_in))
        elif any(code >= 500 for code in codes):
            tries = 1 + max(row.attempts for row in rows)
            await self._job.interrupt.sleep(random.uniform(0, _BACK_OFF_SECONDS * 2**tries))  # noqa: S311 (jitter)

    async def _refresh(self, people: Sequence[str], of_people: dict[str, tuple[LedgerRow, ...]]) -> None:
        """Read stale people again: what moved is skipped, the rest rests on a fresh truth."""
        job = self._job
        found = await read_by_id(job, people)
        at = job.db.now()
        results: list[Settled] = []
        touched: list[LedgerRow] = []
        for person, subscriber in found.items():
            rows = of_people[person]
            pending = [row for row in rows if row.state is ChangeState.PLANNED]
            verdict = self._judge(rows, pending, subscriber)
            for row in pending:
                reason = verdict.skipped.get(row.id)
                state = ChangeState.PLANNED if reason is None else ChangeState.SKIPPED
                results.append(Settled(row.id, state, reason, read_at=at))
                touched.append(row)
        await self._finish(touched, results)

    async def _finish(self, rows: Sequence[LedgerRow], results: Sequence[Settled]) -> None:
        """Write the results with what the requests cost, and a finding for whoever is gone."""
        job = self._job
        await job.ledger.settle(results, job.meter.values())
        by_id = {row.id: row for row in rows}
        gone = {
            by_id[result.id].subscriber_id: by_id[result.id]
            for result in results
            if result.error and GONE in result.error and result.state in {ChangeState.FAILED, ChangeState.SKIPPED}
        }
        await job.findings.record(
            [
                finding(
                    FindingRule.SUBSCRIBER_GONE,
                    job.campaign.code,
                    row.email,
                    f"{row.email} was in MailerLite when run {job.run} planned, and is gone now.",
                    "Nothing to do if they were deleted on purpose; the next sync no longer plans for them.",
                    row.subscriber_id,
                )
                for row in gone.values()
            ],
            job.run,
        )

    async def watch_failures(self) -> None:
        """Stop a run that mostly fails. Domain rules, section 7.

        Raises:
            BadAnswer: more than the allowed share of the writes failed.
        """
        rules = self._job.settings.rules
        failed, sent = await self._job.ledger.failure_rate()
        if sent >= rules.failure_minimum and failed * 100 > rules.failure_percent * sent:
            raise BadAnswer(
                f"{failed} of {sent} writes failed, more than {rules.failure_percent:g} %: the run stopped itself.",
                tried="apply the plan",
                where="MailerLite",
                advice=f"`bema-tui changes {self._job.run}` shows why each failed; resume when the cause is gone.",
            )
