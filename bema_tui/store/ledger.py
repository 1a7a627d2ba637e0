"""The ledger: every intended write is a row here before it is a request, and its result stands here afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Row, and_, bindparam, case, delete, func, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.errors import StoreError
from bema_tui.model import ChangeKind, ChangeState, PlannedChange
from bema_tui.store.database import Database
from bema_tui.store.runs import Fence, check_fence
from bema_tui.store.schema import ledger, plan_counts, runs

# The words of a refusal that is about the person alone: their status forbids it.
_STATUS_WORDS = ("unsubscribed", "bounced", "junk", "unconfirmed")
NEW = "new:"  # the target of a row whose group or field does not exist yet


@frozen
class LedgerRow:
    """One row, as the engine sends and settles it; ``error`` and ``refused_status`` say how it was settled last."""

    id: int
    seq: int
    subscriber_id: str
    email: str
    kind: ChangeKind
    target: str
    target_name: str
    before: str | None
    after: str | None
    rule: str
    needs_add: bool
    state: ChangeState
    attempts: int
    read_at: datetime
    error: str | None = None
    refused_status: int | None = None


@frozen
class Settled:
    """What became of a row. ``read_at`` renews the truth it rests on."""

    id: int
    state: ChangeState
    error: str | None = None
    refused_status: int | None = None
    read_at: datetime | None = None


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
        rows: Sequence[tuple[int, int, PlannedChange, datetime]],
        counts: Mapping[tuple[str, str], tuple[int, int]],
    ) -> None:
        """Add planned rows (seq, place within the rule, change, when its truth was read) and the plan's counts so far.

        ``counts`` maps (rule, kind) to (people, changes) of the whole plan until now.
        """
        now = self._db.now()
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            if rows:
                await connection.execute(
                    insert(ledger),
                    [self._planned(seq, place, change, read_at, now) for seq, place, change, read_at in rows],
                )
            await connection.execute(delete(plan_counts).where(plan_counts.c.run == self.run))
            if counts:
                await connection.execute(
                    insert(plan_counts),
                    [
                        {"run": self.run, "rule": rule, "kind": kind, "people": people, "changes": changes}
                        for (rule, kind), (people, changes) in counts.items()
                    ],
                )

    def _planned(self, seq: int, place: int, change: PlannedChange, read_at: datetime, now: datetime) -> dict[str, Any]:
        return {
            "run": self.run,
            "seq": seq,
            "person_seq": place,
            "campaign": self.campaign,
            "subscriber_id": change.subscriber_id,
            "email": change.email,
            "name": change.name,
            "kind": change.kind,
            "target": change.target,
            "target_name": change.target_name,
            "before": change.before,
            "after": change.after,
            "rule": change.rule,
            "reason": change.reason,
            "needs_add": change.needs_add,
            "state": ChangeState.PLANNED,
            "attempts": 0,
            "read_at": read_at,
            "planned_at": now,
        }

    async def planned(self, limit: int, *, kinds: Sequence[ChangeKind] | None = None) -> tuple[LedgerRow, ...]:
        """The next rows to send, in their order."""
        query = select(ledger).where(ledger.c.run == self.run, ledger.c.state == ChangeState.PLANNED)
        if kinds:
            query = query.where(ledger.c.kind.in_(kinds))
        async with self._db.read() as connection:
            rows = await connection.execute(query.order_by(ledger.c.seq).limit(limit))
            return tuple(_row(row) for row in rows)

    async def in_state(self, state: ChangeState, limit: int) -> tuple[LedgerRow, ...]:
        """The first rows of a state, by their order."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger)
                .where(ledger.c.run == self.run, ledger.c.state == state)
                .order_by(ledger.c.seq)
                .limit(limit)
            )
            return tuple(_row(row) for row in rows)

    async def of_people(self, subscriber_ids: Iterable[str]) -> dict[str, tuple[LedgerRow, ...]]:
        """All rows of these people in this run."""
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
                found.setdefault(row.subscriber_id, []).append(_row(row))
        return {person: tuple(entries) for person, entries in found.items()}

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

    async def settle(self, results: Sequence[Settled], run_values: Mapping[str, Any] | None = None) -> None:
        """Write what became of rows, and in the same transaction what the run says of itself."""
        now = self._db.now()
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            await _write_results(connection, results, now)
            if run_values:
                await connection.execute(update(runs).where(runs.c.id == self.run).values(**run_values))

    async def mark_unknown(self) -> int:
        """What was on its way when the run ended may be done or not: it is unknown until it is read.

        Allowed without the lock, for it only takes certainty away, but not once another process has taken the run up.
        """
        mine = select(runs.c.id).where(runs.c.id == self.run, runs.c.lock_token == self._fence.token).exists()
        async with self._db.write() as connection:
            result = await connection.execute(
                update(ledger)
                .where(ledger.c.run == self.run, ledger.c.state == ChangeState.SENDING, mine)
                .values(state=ChangeState.UNKNOWN, error="its answer was lost; to be read back")
            )
            return result.rowcount

    async def skip_moves_of_the_often_moved(self, since: datetime, most: int) -> int:
        """Skip the planned moves of people who were moved ``most`` times since then, in any campaign; answers the rows.

        The plan held them back by the same rule, but plans of several campaigns can wait at once.
        """
        mine = select(ledger.c.subscriber_id).where(
            ledger.c.run == self.run, ledger.c.state == ChangeState.PLANNED, ledger.c.kind == ChangeKind.ADD_GROUP
        )
        often = (
            select(ledger.c.subscriber_id)
            .where(_moved_since(since), ledger.c.subscriber_id.in_(mine))
            .group_by(ledger.c.subscriber_id)
            .having(func.count() >= most)
        )
        move = or_(ledger.c.kind == ChangeKind.ADD_GROUP, ledger.c.needs_add)
        reason = f"was moved {most} times today already"
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            result = await connection.execute(
                update(ledger)
                .where(
                    ledger.c.run == self.run,
                    ledger.c.state == ChangeState.PLANNED,
                    move,
                    ledger.c.subscriber_id.in_(often),
                )
                .values(state=ChangeState.SKIPPED, error=reason, settled_at=self._db.now())
            )
            return result.rowcount

    async def retarget(self, name: str, target: str) -> None:
        """A group or field that the plan lacked now exists: its rows get its real id or key."""
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            await connection.execute(
                update(ledger).where(ledger.c.run == self.run, ledger.c.target == NEW + name).values(target=target)
            )

    async def counts(self) -> Counter[ChangeState]:
        """Rows by state."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger.c.state, func.count()).where(ledger.c.run == self.run).group_by(ledger.c.state)
            )
            return Counter({ChangeState(state): count for state, count in rows})

    async def failure_rate(self) -> tuple[int, int]:
        """(failed, sent) rows, not counting those refused for the person's status. Domain rules, section 6."""
        for_status = and_(
            ledger.c.refused_status == 422, or_(*(ledger.c.error.contains(word) for word in _STATUS_WORDS))
        )
        counted = and_(ledger.c.state == ChangeState.FAILED, not_(func.coalesce(for_status, False)))
        async with self._db.read() as connection:
            row = (
                await connection.execute(
                    select(func.count(case((counted, 1))), func.count()).where(
                        ledger.c.run == self.run, ledger.c.state.in_([ChangeState.APPLIED, ChangeState.FAILED])
                    )
                )
            ).one()
        return int(row[0]), int(row[1])

    async def applied_after(self, after_seq: int, limit: int) -> tuple[LedgerRow, ...]:
        """Applied rows in their order, from behind ``after_seq`` on."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger)
                .where(ledger.c.run == self.run, ledger.c.state == ChangeState.APPLIED, ledger.c.seq > after_seq)
                .order_by(ledger.c.seq)
                .limit(limit)
            )
            return tuple(_row(row) for row in rows)

    async def sample_moves(self, size: int) -> tuple[LedgerRow, ...]:
        """Applied group changes spread evenly over the run, for the read-back at its end."""
        moves = (
            ledger.c.run == self.run,
            ledger.c.state == ChangeState.APPLIED,
            ledger.c.kind.in_([ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP]),
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
            return tuple(_row(row) for row in rows)


class LedgerHistory:
    """What earlier runs did to people; a plan asks it before it plans again."""

    def __init__(self, db: Database, campaign: str) -> None:
        self._db = db
        self._campaign = campaign

    async def refused(self) -> frozenset[tuple[str, str, str, str | None, str | None]]:
        """Writes MailerLite refused (4xx): (subscriber, kind, target, before, after), not to be planned again.

        Not a 404: who was gone is planned for only when a read shows them again, under the same id (a deleted person
        who comes back keeps it).
        """
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger.c.subscriber_id, ledger.c.kind, ledger.c.target, ledger.c.before, ledger.c.after).where(
                    ledger.c.campaign == self._campaign,
                    ledger.c.state == ChangeState.FAILED,
                    ledger.c.refused_status != 404,
                )
            )
            return frozenset((row[0], row[1], row[2], row[3], row[4]) for row in rows)

    async def moves_since(self, since: datetime) -> dict[str, int]:
        """People moved at least once since then, in any campaign, and how often."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger.c.subscriber_id, func.count()).where(_moved_since(since)).group_by(ledger.c.subscriber_id)
            )
            return {person: count for person, count in rows}  # noqa: C416 (rows are not pairs to the type checker)

    async def placements(self, subscriber_ids: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
        """For each person the last group we added and the one we removed with it (names), applied in this campaign."""
        found: dict[str, tuple[str | None, str | None]] = {}
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(ledger.c.subscriber_id, ledger.c.kind, ledger.c.target_name)
                .where(
                    ledger.c.campaign == self._campaign,
                    ledger.c.subscriber_id.in_(subscriber_ids),
                    ledger.c.state == ChangeState.APPLIED,
                    ledger.c.kind.in_([ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP]),
                )
                .order_by(ledger.c.id)
            )
            for person, kind, name in rows:
                added, _ = found.get(person, (None, None))
                found[person] = (name, None) if kind == ChangeKind.ADD_GROUP else (added, name)
        return found


def _moved_since(since: datetime) -> Any:
    return and_(
        ledger.c.settled_at >= since, ledger.c.kind == ChangeKind.ADD_GROUP, ledger.c.state == ChangeState.APPLIED
    )


async def _write_results(connection: AsyncConnection, results: Sequence[Settled], now: datetime) -> None:
    if not results:
        return
    statement = (
        update(ledger)
        .where(ledger.c.id == bindparam("row_id"))
        .values(
            state=bindparam("new_state"),
            error=bindparam("new_error"),
            refused_status=bindparam("new_status"),
            read_at=func.coalesce(bindparam("new_read_at", type_=ledger.c.read_at.type), ledger.c.read_at),
            settled_at=bindparam("new_settled_at", type_=ledger.c.settled_at.type),
        )
    )
    await connection.execute(
        statement,
        [
            {
                "row_id": result.id,
                "new_state": result.state,
                "new_error": result.error,
                "new_status": result.refused_status,
                "new_read_at": result.read_at,
                "new_settled_at": None if result.state in {ChangeState.PLANNED, ChangeState.UNKNOWN} else now,
            }
            for result in results
        ],
    )


def _row(row: Row[Any]) -> LedgerRow:
    return LedgerRow(
        id=row.id,
        seq=row.seq,
        subscriber_id=row.subscriber_id,
        email=row.email,
        kind=ChangeKind(row.kind),
        target=row.target,
        target_name=row.target_name,
        before=row.before,
        after=row.after,
        rule=row.rule,
        needs_add=row.needs_add,
        state=ChangeState(row.state),
        attempts=row.attempts,
        read_at=row.read_at,
        error=row.error,
        refused_status=row.refused_status,
    )
