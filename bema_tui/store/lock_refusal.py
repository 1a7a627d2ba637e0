"""Says why a lock is not taken or released: who holds it, and what can be done."""

from __future__ import annotations

from bema_tui.errors import LockHeld, UsageError
from bema_tui.model import Holder, Lock, LockState
from bema_tui.store.identity import known_alive

_WAKE = "Its process is suspended: wake it with `kill -CONT {}`, or `fg` where it was started; or end it."


def refusal(lock: Lock, age: float, lease: float, me: Holder) -> LockHeld:
    """Returns the refusal of a lock that ``me`` wants.

    ``age`` is the time since the holder's last sign of life, ``lease`` how long the lock lasts from there on; seconds.
    """
    run = f" of run {lock.run}" if lock.run is not None else ""
    return LockHeld(
        f"{lock.key} is locked by {lock.holder}: {lock.operation}{run} since {lock.since:%Y-%m-%d %H:%M} UTC, "
        f"last sign of life {age:.0f} s ago, {'suspended' if lock.suspended else lock.state}.",
        lock_id=lock.id,
        holder=str(lock.holder),
        state=lock.state,
        advice=_advice(lock, lease, me),
    )


def not_released(lock: Lock, age: float) -> UsageError:
    """Returns the refusal to release a lock without force, because its holder may be at work.

    ``age`` is the time since the holder's last sign of life, in seconds.
    """
    state, may = lock.state.value, "may be at work"
    advice = "Stop its run instead; if you know that it is gone, release the lock with --force."
    if lock.suspended:
        state, may = "suspended", "is at work again when it is woken"
        advice = f"{_WAKE.format(lock.holder.pid)} If it is never to go on, release the lock with --force."
    return UsageError(
        f"The lock {lock.id} on {lock.key} is {state}: {lock.holder} {may} (last sign of life {age:.0f} s ago).",
        tried="release a lock",
        advice=advice,
    )


def _advice(lock: Lock, lease: float, me: Holder) -> str:
    if lock.suspended:
        return _WAKE.format(lock.holder.pid)
    stop = "stop its run (`bema-tui runs` shows it)" if lock.run is None else f"`bema-tui stop {lock.run}`"
    if lock.state is LockState.LIVE:
        return f"Wait until it is done, or {stop}."
    if not known_alive(lock.holder, me):
        return (
            f"Wait: {lease:.0f} s after its last sign of life anybody may take it. If you know that it is gone: "
            f"`bema-tui locks release {lock.id} --reason … --force`."
        )
    return f"Its process lives on this machine: wait until it is done, or {stop}."
