"""Mutual exclusion through the database: who may write for a campaign, and how sure we are that they still live."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve
from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from bema_tui.errors import UsageError
from bema_tui.interfaces import LockHandler
from bema_tui.model import Holder, Lock, LockState
from bema_tui.store.activity import write_activity
from bema_tui.store.database import Database
from bema_tui.store.identity import known_alive, known_suspended
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.lock_refusal import not_released, refusal
from bema_tui.store.schema import locks
from bema_tui.text import one_line

_ID_SIGNS: Final = "abcdefghijklmnopqrstuvwxyz23456789"
_ID_LENGTH: Final = 4
_NOTE_LENGTH: Final = 200


class DatabaseLocks:
    """Implements ``interfaces.LockHandler`` on the table of locks.

    A key's token grows with each taking and never comes again: whoever writes for a run asks the database whether the
    lock still has the run's token. It is at least the milliseconds since 1970, so that a database that was set back (an
    older copy of it, or the loss of its log) does not give a token out twice.
    """

    def __init__(self, db: Database, ages: LockAges, me: Holder) -> None:
        self._db = db
        self._ages = ages
        self._me = me
        self._owed: set[tuple[str, int]] = set()
        """Locks of ours that are done with, but could not be released: our being alive keeps others from them."""

    async def acquire_lock(self, key: str, operation: str, *, run: int | None = None) -> Lock:
        """Take the lock, also from a holder that is proved dead, expired or stale; that is written down.

        Raises:
            LockHeld: somebody else has it, and is not known to be gone.
        """
        taken: Lock | None = None
        try:
            async with self._db.write() as connection:
                while taken is None:  # goes round again only if somebody took it between our look and our taking
                    before = await self._find(connection, locks.c.key == key)
                    if before is not None and before.held and not (held := self._lock(before)).state.releasable:
                        raise refusal(held, self._age(held), self._ages.lease, self._me)
                    taken = await self._take(connection, key, operation, run, before)
                if before is not None and before.held:
                    await self._say(connection, "takeover", self._lock(before), "took over", run=run)
            await self._db.checkpoint()  # so that others see the lock even where the log is lost
        except asyncio.CancelledError:  # perhaps in the midst of the commit: nobody else would know of the lock
            if taken is not None:
                await asyncio.shield(self.release(taken.key, taken.token))
            raise
        return taken

    async def release_lock(self, lock_id: str, *, reason: str, force: bool = False) -> Lock:
        """Release a lock by its short id; returns it as it was. Who and why are written down.

        Raises:
            UsageError: no reason, no such lock, or a live or quiet one of another process without ``force``.
        """
        wanted = lock_id.strip().lower()
        if not reason.strip():
            raise UsageError("Releasing a lock needs a reason.", advice="Say why with --reason; it is kept.")
        async with self._db.write() as connection:
            row = await self._find(connection, (locks.c.id == wanted) & locks.c.held)
            if row is None:
                raise UsageError(f"There is no lock {one_line(lock_id)!r}.", advice="`bema-tui locks` lists them.")
            lock = self._lock(row)
            if not lock.state.releasable and not force and lock.holder != self._me:
                raise not_released(lock, self._age(lock))
            await self._let_go(connection, lock, reason)
            await self._say(connection, "release", lock, "released", f', "{reason.strip()}"')
        return lock

    async def get_active_locks(self) -> tuple[Lock, ...]:
        """Every lock that is held, by the time it was taken."""
        async with self._db.read() as connection:
            rows = await connection.execute(select(locks).where(locks.c.held).order_by(locks.c.since, locks.c.key))
            return tuple(self._lock(row) for row in rows)

    async def beat(self, key: str, token: int) -> bool:
        """Say that we live; false when the lock is not ours any more."""
        return await self._change_mine(key, token, last_beat=self._db.now())

    async def release(self, key: str, token: int) -> bool:
        """Let go of our own lock at the end of our work; false when it was not ours any more.

        Where the database can't be written, the sweeper does it when it can be.
        """
        self._owed.add((key, token))
        given = await self._change_mine(
            key,
            token,
            held=False,
            released_at=self._db.now(),
            released_by=self._me.user,
            release_reason="its work ended",
        )
        self._owed.discard((key, token))
        return given

    async def note(self, key: str, token: int, text: str) -> bool:
        """Say something about our lock that everybody sees; false when it is not ours any more."""
        return await self._change_mine(key, token, note=one_line(text, _NOTE_LENGTH))

    async def assign(self, key: str, token: int, run: int) -> bool:
        """Say which run our lock is for, once it has its number; false when the lock is not ours any more."""
        return await self._change_mine(key, token, run=run)

    async def sweep(self, *, patience: float | None = None) -> tuple[Lock, ...]:
        """Release every lock whose last sign of life is older than the stale age, write that down, and return them.

        One whose holder is known to live is left alone. Without anything to release, nothing is written.

        Raises:
            DatabaseBusy: another process writes for longer than ``patience`` seconds.
        """
        await self.release_owed()
        if not any(map(self._left_behind, await self.get_active_locks())):
            return ()
        async with self._db.write(patience=patience) as connection:
            rows = (await connection.execute(select(locks).where(locks.c.held))).all()
            old = tuple(filter(self._left_behind, map(self._lock, rows)))
            for lock in old:
                await self._let_go(connection, lock, f"no sign of life for {self._age(lock):.0f} s")
                await self._say(connection, "sweep", lock, "released the stale")
        return old

    async def release_owed(self) -> None:
        """Let go of locks of ours whose work has ended, and which could not be released then."""
        for key, token in tuple(self._owed):
            await self.release(key, token)

    def _left_behind(self, lock: Lock) -> bool:
        return lock.state.releasable and self._age(lock) > self._ages.stale

    async def _change_mine(self, key: str, token: int, **values: object) -> bool:
        async with self._db.write() as connection:
            result = await connection.execute(update(locks).where(_is(key, token)).values(**values))
            return result.rowcount == 1

    async def _take(
        self, connection: AsyncConnection, key: str, operation: str, run: int | None, before: Row[Any] | None
    ) -> Lock | None:
        """Take the lock if nobody took it since ``before`` was read."""
        now = self._db.now()
        values = {
            "id": await _new_id(connection),
            "held": True,
            "user": self._me.user,
            "host": self._me.host,
            "pid": self._me.pid,
            "boot_id": self._me.boot_id,
            "process_started": self._me.process_started,
            "pid_namespace": self._me.pid_namespace,
            "operation": operation,
            "run": run,
            "since": now,
            "last_beat": now,
            "note": "",
            "released_at": None,
            "released_by": None,
            "release_reason": None,
        }
        earliest = int(now.timestamp() * 1000)
        statement = upsert(locks).values(key=key, token=earliest, **values)
        taking = statement.on_conflict_do_update(
            index_elements=[locks.c.key],
            set_={**values, "token": func.max(locks.c.token + 1, earliest)},
            where=locks.c.token == (before.token if before is not None else 0),
        ).returning(locks)
        row = (await connection.execute(taking)).first()
        return None if row is None else evolve(self._lock(row), state=LockState.LIVE)

    async def _let_go(self, connection: AsyncConnection, lock: Lock, reason: str) -> None:
        await connection.execute(
            update(locks)
            .where(_is(lock.key, lock.token))
            .values(held=False, released_at=self._db.now(), released_by=self._me.user, release_reason=one_line(reason))
        )

    async def _say(
        self, connection: AsyncConnection, action: str, lock: Lock, verb: str, more: str = "", *, run: int | None = None
    ) -> None:
        await write_activity(
            connection,
            self._db.now(),
            self._me.user,
            action,
            f"{verb} lock {lock.id} on {lock.key} of {lock.holder}, {lock.state}, "
            f"last sign of life {self._age(lock):.0f} s ago{more}",
            host=self._me.host,
            campaign=lock.key,
            run=run if run is not None else lock.run,
        )

    @staticmethod
    async def _find(connection: AsyncConnection, condition: Any) -> Row[Any] | None:
        return (await connection.execute(select(locks).where(condition).with_for_update())).first()

    def _lock(self, row: Row[Any]) -> Lock:
        return lock_record(row, self._me, self._db.now(), self._ages)

    def _age(self, lock: Lock) -> float:
        return max(0.0, (self._db.now() - lock.last_beat).total_seconds())


def lock_record(row: Row[Any], me: Holder, now: datetime, ages: LockAges) -> Lock:
    """A row of the table, with the state that its holder is in ``now``, as ``me`` can tell."""
    holder = Holder(row.user, row.host, row.pid, row.boot_id, row.process_started, row.pid_namespace)
    return Lock(
        id=row.id,
        key=row.key,
        token=row.token,
        holder=holder,
        operation=row.operation,
        run=row.run,
        since=row.since,
        last_beat=row.last_beat,
        state=lock_state(holder, row.last_beat, me, now, ages),
        note=row.note,
        suspended=known_suspended(holder, me),
    )


def lock_state(holder: Holder, last_beat: datetime, me: Holder, now: datetime, ages: LockAges) -> LockState:
    """How alive a lock's holder is: dead if that can be proved, else by the age of its last sign of life.

    Whoever is proved alive is never more than quiet: the clock jumped, or the process is suspended.
    """
    alive = known_alive(holder, me)
    if alive is False:
        return LockState.DEAD
    age = (now - last_beat).total_seconds()
    if age <= ages.live:
        return LockState.LIVE
    if alive or age <= ages.lease:
        return LockState.QUIET
    return LockState.EXPIRED if age <= ages.stale else LockState.STALE


def _is(key: str, token: int) -> Any:
    return (locks.c.key == key) & (locks.c.token == token) & locks.c.held


async def _new_id(connection: AsyncConnection) -> str:
    """A short id that no lock has or had last."""
    while True:
        candidate = "".join(secrets.choice(_ID_SIGNS) for _ in range(_ID_LENGTH))
        if (await connection.execute(select(locks.c.id).where(locks.c.id == candidate))).first() is None:
            return candidate


if TYPE_CHECKING:
    _implements: type[LockHandler] = DatabaseLocks
