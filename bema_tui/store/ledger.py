"""The ledger: every intended write is a row here before it is a request, and its result stands here afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.errors import StoreError
from bema_tui.model import (
    ACCOUNT_CHANGES,
    GROUP_CHANGES,
    ChangeKind,
    ChangeOutcome,
    ChangeState,
    PlannedChange,
)
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence, check_fence
from bema_tui.store.ledger_history import moved_since
from bema_tui.store.ledger_rows import (
    NEW,
    AddedChange,
    LedgerRow,
    PlanCount,
    PlannedRow,
    RowResult,
    WriteCounts,
    has_purpose,
    ledger_row,
    purpose_columns,
)
from bema_tui.store.run_changes import RequestCounts
from bema_tui.store.schema import ledger, plan_counts, runs


class Ledger:
    """The ledger of one run, written only while the run holds its lock."""

    def __init__(self, db: Database, run: int, campaign: str, fence: Fence) -> None:
        self._db = db
        self.run = run
        self.campaign = campaign
        self._fence = fence

    async def clear_plan(self) -> None:
        """Forget a half-made plan; nothing of it was sent."""
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            sent = await connection.scalar(
                select(func.count()).where(ledger.c.run == self.run, ledger.c.state != ChangeState.PLANNED)
            )
            if sent:
                raise StoreError(f"Run {self.run} has sent changes already and can't be planned anew.")
            await connection.execute(delete(ledger).where(ledger.c.run == self.run))
            await connection.execute(delete(plan_counts).where(plan_counts.c.run == self.run))

    async def put_plan(
        self,
        rows: Sequence[PlannedRow],
        counts: Sequence[PlanCount],
    ) -> None:
        """Add planned rows, and put the counts of the whole plan until now in the place of those before."""
        now = self._db.now()
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            if rows:
                await connection.execute(
                    insert(ledger),
                    [self._planned(row, now) for row in rows],
                )
            await connection.execute(delete(plan_counts).where(plan_counts.c.run == self.run))
            if counts:
                await connection.execute(
                    insert(plan_counts),
                    [
                        {
                            "run": self.run,
                            **purpose_columns(count.purpose),
                            "kind": count.kind,
                            "subscribers": count.subscribers,
                            "changes": count.changes,
                        }
                        for count in counts
                    ],
                )

    def _planned(self, row: PlannedRow, now: datetime) -> dict[str, Any]:
        change = row.change
        return {
            "run": self.run,
            "seq": row.seq,
            "subscriber_seq": row.place,
            "campaign": self.campaign,
            "subscriber_id": change.subscriber_id,
            "email": change.email,
            "name": change.name,
            "kind": change.kind,
            "target": change.target,
            "target_name": change.target_name,
            "before": change.before,
            "after": change.after,
            **purpose_columns(change.purpose),
            "tier": change.tier,
            "reason": change.reason,
            "needs_add": change.needs_add,
            "state": ChangeState.PLANNED,
            "attempts": 0,
            "read_at": row.read_at,
            "planned_at": now,
        }

    async def planned(self, limit: int, *, kinds: Sequence[ChangeKind] | None = None) -> tuple[LedgerRow, ...]:
        """The next rows to send, in their order."""
        query = select(ledger).where(ledger.c.run == self.run, ledger.c.state == ChangeState.PLANNED)
        if kinds:
            query = query.where(ledger.c.kind.in_(kinds))
        async with self._db.read() as connection:
            rows = await connection.execute(query.order_by(ledger.c.seq).limit(limit))
            return tuple(ledger_row(row) for row in rows)

    async def in_state(self, state: ChangeState, limit: int) -> tuple[LedgerRow, ...]:
        """The first rows of a state, by their order."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger)
                .where(ledger.c.run == self.run, ledger.c.state == state)
                .order_by(ledger.c.seq)
                .limit(limit)
            )
            return tuple(ledger_row(row) for row in rows)

    async def of_subscribers(self, subscriber_ids: Iterable[str]) -> dict[str, tuple[LedgerRow, ...]]:
        """All rows of these subscribers in this run."""
        found: dict[str, list[LedgerRow]] = {}
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger)
                .where(
                    ledger.c.campaign == self.campaign,
                    ledger.c.subscriber_id.in_(sorted(set(subscriber_ids))),
                    ledger.c.run == self.run,
                )
                .order_by(ledger.c.seq)
            )
            for row in rows:
                found.setdefault(row.subscriber_id, []).append(ledger_row(row))
        return {subscriber_id: tuple(entries) for subscriber_id, entries in found.items()}

    async def mark_sending(self, rows: Sequence[LedgerRow]) -> None:
        """Commit that these rows are about to leave; must return before the request does.

        Raises:
            LockLost: the run does not hold its lock any more.
        """
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            result = await connection.execute(
                update(ledger)
                .where(ledger.c.id.in_([row.id for row in rows]), ledger.c.state == ChangeState.PLANNED)
                .values(state=ChangeState.SENDING, attempts=ledger.c.attempts + 1, sent_at=self._db.now())
            )
            if result.rowcount != len(rows):
                raise StoreError(f"Rows of run {self.run} were changed by somebody else.", tried="send a batch")

    async def record_results(
        self,
        results: Sequence[RowResult],
        counts: RequestCounts | None = None,
        added: Sequence[AddedChange] = (),
    ) -> None:
        """Write what became of rows, and in the same transaction what the run's requests came to.

        ``added`` are changes that follow from it: new rows behind all others, counted in the plan.
        """
        now = self._db.now()
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            await _write_results(connection, results, now)
            for one in added:
                await self._add(connection, one.change, one.read_at, now)
            if counts:
                await connection.execute(update(runs).where(runs.c.id == self.run).values(progressed_at=now, **counts))

    async def _add(self, connection: AsyncConnection, change: PlannedChange, read_at: datetime, now: datetime) -> None:
        """One more row, at its subscriber's place among those of its purpose, or at a new one behind them."""
        of_run = ledger.c.run == self.run
        alike = and_(of_run, has_purpose(ledger, change.purpose))
        seq = await connection.scalar(select(func.max(ledger.c.seq)).where(of_run)) or 0
        last = await connection.scalar(select(func.max(ledger.c.subscriber_seq)).where(alike)) or 0
        own = await connection.scalar(
            select(func.max(ledger.c.subscriber_seq)).where(alike, ledger.c.subscriber_id == change.subscriber_id)
        )
        row = PlannedRow(seq + 1, own or last + 1, change, read_at)
        await connection.execute(insert(ledger), [self._planned(row, now)])
        counted = upsert(plan_counts).values(
            run=self.run, **purpose_columns(change.purpose), kind=change.kind, subscribers=int(own is None), changes=1
        )
        await connection.execute(
            counted.on_conflict_do_update(
                index_elements=list(plan_counts.primary_key),
                set_={
                    "subscribers": plan_counts.c.subscribers + counted.excluded.subscribers,
                    "changes": plan_counts.c.changes + counted.excluded.changes,
                },
            )
        )

    async def mark_unknown(self) -> int:
        """What was on its way when the run ended may be done or not: it is unknown until it is read.

        Allowed without the lock, because it only takes certainty away; not after another process has resumed the run.
        """
        mine = select(runs.c.id).where(runs.c.id == self.run, runs.c.lock_token == self._fence.token).exists()
        async with self._db.write() as connection:
            result = await connection.execute(
                update(ledger)
                .where(ledger.c.run == self.run, ledger.c.state == ChangeState.SENDING, mine)
                .values(state=ChangeState.UNKNOWN, outcome=ChangeOutcome.LOST_ANSWER, detail="")
            )
            return result.rowcount

    async def skip_moves_of_the_often_moved(self, since: datetime, most: int) -> tuple[LedgerRow, ...]:
        """Skip the planned moves of subscribers who were moved ``most`` times since then, in any campaign; their adds.

        The plan held them back by the same rule, but plans of several campaigns can wait at once.
        """
        planned = and_(ledger.c.run == self.run, ledger.c.state == ChangeState.PLANNED)
        mine = select(ledger.c.subscriber_id).where(planned, ledger.c.kind == ChangeKind.ADD_GROUP)
        often = (
            select(ledger.c.subscriber_id)
            .where(moved_since(since), ledger.c.subscriber_id.in_(mine))
            .group_by(ledger.c.subscriber_id)
            .having(func.count() >= most)
        )
        held = and_(planned, ledger.c.subscriber_id.in_(often))
        skipped = {"state": ChangeState.SKIPPED, "outcome": ChangeOutcome.MOVED_TODAY, "detail": str(most)}
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            adds = select(ledger).where(held, ledger.c.kind == ChangeKind.ADD_GROUP).order_by(ledger.c.seq)
            rows = tuple(ledger_row(row) for row in await connection.execute(adds))
            await connection.execute(
                update(ledger)
                .where(held, or_(ledger.c.kind == ChangeKind.ADD_GROUP, ledger.c.needs_add))
                .values(**skipped, recorded_at=self._db.now())
            )
            return rows

    async def retarget(self, name: str, target: str) -> None:
        """A group or field that the plan lacked now exists: its rows get its real id or key."""
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            await connection.execute(
                update(ledger).where(ledger.c.run == self.run, ledger.c.target == NEW + name).values(target=target)
            )

    async def skip_without(self, name: str) -> None:
        """Skip the planned rows whose group or field, of this name, is not there and can't be made."""
        without = (ledger.c.run == self.run, ledger.c.target == NEW + name, ledger.c.state == ChangeState.PLANNED)
        skipped = {"state": ChangeState.SKIPPED, "outcome": ChangeOutcome.TARGET_NOT_CREATED, "detail": ""}
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            await connection.execute(update(ledger).where(*without).values(**skipped, recorded_at=self._db.now()))

    async def failed(self, kind: ChangeKind) -> tuple[LedgerRow, ...]:
        """The failed rows of a kind."""
        of_kind = (ledger.c.run == self.run, ledger.c.state == ChangeState.FAILED, ledger.c.kind == kind)
        async with self._db.read() as connection:
            rows = await connection.execute(select(ledger).where(*of_kind).order_by(ledger.c.seq))
            return tuple(ledger_row(row) for row in rows)

    async def counts(self) -> Counter[ChangeState]:
        """Rows by state."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger.c.state, func.count()).where(ledger.c.run == self.run).group_by(ledger.c.state)
            )
            return Counter({ChangeState(state): count for state, count in rows})

    async def write_counts(self, since: datetime) -> WriteCounts:
        """How the writes about subscribers with a result since then came out, without those refused for the status.

        Domain rules, section 6.
        """
        counted = (
            ledger.c.run == self.run,
            ledger.c.state.in_([ChangeState.APPLIED, ChangeState.FAILED]),
            ledger.c.recorded_at >= since,
            ledger.c.kind.not_in(ACCOUNT_CHANGES),
            func.coalesce(ledger.c.outcome, "") != ChangeOutcome.REFUSED_FOR_STATUS,
        )
        failed = func.count(case((ledger.c.state == ChangeState.FAILED, 1)))
        async with self._db.read() as connection:
            row = (await connection.execute(select(failed, func.count()).where(*counted))).one()
        return WriteCounts(failed=int(row[0]), sent=int(row[1]))

    async def applied_after(self, after_seq: int, limit: int) -> tuple[LedgerRow, ...]:
        """Applied rows in their order, from behind ``after_seq`` on."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger)
                .where(ledger.c.run == self.run, ledger.c.state == ChangeState.APPLIED, ledger.c.seq > after_seq)
                .order_by(ledger.c.seq)
                .limit(limit)
            )
            return tuple(ledger_row(row) for row in rows)

    async def sample_moves(self, size: int) -> tuple[LedgerRow, ...]:
        """Applied group changes spread evenly over the run, for the read-back at its end."""
        moves = (
            ledger.c.run == self.run,
            ledger.c.state == ChangeState.APPLIED,
            ledger.c.kind.in_(GROUP_CHANGES),
        )
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(ledger).where(*moves)) or 0
            numbered = (
                select(ledger, func.row_number().over(order_by=ledger.c.seq).label("place")).where(*moves).subquery()
            )
            step = max(1, total // size)
            rows = await connection.execute(
                select(numbered).where((numbered.c.place - 1) % step == 0).order_by(numbered.c.seq).limit(size)
            )
            return tuple(ledger_row(row) for row in rows)


async def _write_results(connection: AsyncConnection, results: Sequence[RowResult], now: datetime) -> None:
    if not results:
        return
    statement = (
        update(ledger)
        .where(ledger.c.id == bindparam("row_id"))
        .values(
            state=bindparam("new_state"),
            outcome=bindparam("new_outcome"),
            detail=bindparam("new_detail"),
            refused_status=bindparam("new_status"),
            read_at=func.coalesce(bindparam("new_read_at", type_=ledger.c.read_at.type), ledger.c.read_at),
            needs_add=func.coalesce(bindparam("new_needs_add", type_=ledger.c.needs_add.type), ledger.c.needs_add),
            attempts=ledger.c.attempts + bindparam("new_tries"),
            recorded_at=bindparam("new_recorded_at", type_=ledger.c.recorded_at.type),
        )
    )
    await connection.execute(
        statement,
        [
            {
                "row_id": result.id,
                "new_state": result.state,
                "new_outcome": result.outcome,
                "new_detail": result.detail,
                "new_status": result.refused_status,
                "new_read_at": result.read_at,
                "new_needs_add": result.needs_add,
                "new_tries": result.tries,
                "new_recorded_at": None if result.state in {ChangeState.PLANNED, ChangeState.UNKNOWN} else now,
            }
            for result in results
        ],
    )
