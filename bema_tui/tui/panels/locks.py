"""Held locks with how alive their holders are, and who else is here."""

from __future__ import annotations

from textual.content import Content

from bema_tui.amounts import age
from bema_tui.model import Lock, LockState
from bema_tui.store.snapshot.views import Snapshot
from bema_tui.tui.format import line
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.widgets.columns import Column, Row

COLUMNS = (
    Column("sign", "", 2),
    Column("id", "id", 5),
    Column("on", "on", 21, grow=True, least=15),
    Column("who", "who", 7, least=6),
    Column("where", "host", 17, rank=1),
    Column("since", "since", 7, rank=2),
    Column("state", "state", 12, least=11),
    Column("number", "number", 7, rank=3, right=True),
)
EMPTY = (line(("  None held.", "muted")),)


def sign_of(state: LockState, context: RenderContext) -> Content:
    """The sign of a lock's state."""
    g = context.glyphs
    signs = {
        LockState.LIVE: (g.ok, "good"),
        LockState.QUIET: (g.ring, "muted"),
        LockState.EXPIRED: (g.warn, "warn"),
        LockState.STALE: (g.bad, "bad"),
        LockState.DEAD: (g.bad, "bad"),
    }
    return line(signs[state])


def state_text(lock: Lock, context: RenderContext) -> str:
    """State and age of the last sign of life; a live one has no age. Of a note there is room for the first word."""
    if lock.suspended:
        return "suspended"
    if lock.note:
        return lock.note.split()[0]
    return str(lock.state) if lock.state is LockState.LIVE else f"{lock.state} {age(context.now, lock.last_beat)}"


def rows(snapshot: Snapshot, context: RenderContext) -> list[Row]:
    """One row a lock."""
    return [
        Row(
            lock.id,
            {
                "sign": sign_of(lock.state, context),
                "id": lock.id,
                "on": lock.key,
                "who": lock.holder.user,
                "where": f"{lock.holder.host} {lock.holder.pid}",
                "since": context.clock(lock.since),
                "state": state_text(lock, context),
                "number": str(lock.token)[-5:],  # its end tells one taking from the next; enter shows it whole
            },
        )
        for lock in snapshot.locks
    ]


def title(snapshot: Snapshot) -> Content:
    """The panel's name."""
    return line(f"Locks {len(snapshot.locks)}")


def operators_line(snapshot: Snapshot, context: RenderContext) -> Content:
    """Who has a console open."""
    names = [f"{name} (you)" if name == context.me else name for name in snapshot.operators_here]
    return line((f"here: {', '.join(names)}", "muted")) if names else line()
