"""Who did what, newest first."""

from __future__ import annotations

from bema_tui.store.snapshot.views import Snapshot
from bema_tui.tui.format import line
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.widgets.columns import Column, Row

COLUMNS = (
    Column("at", "", 7),
    Column("who", "", 7, least=6),
    Column("text", "", 24, grow=True, least=10),
)
EMPTY = (line(("  Nothing yet.", "muted")),)


def rows(snapshot: Snapshot, context: RenderContext) -> list[Row]:
    """One row an entry; the key is its time and text, since entries never change."""
    return [
        Row(
            f"{entry.at.isoformat()} {entry.who} {entry.text}",
            {"at": line((context.clock(entry.at), "muted")), "who": entry.who, "text": entry.text},
        )
        for entry in snapshot.activity
    ]


def run_of_entry(snapshot: Snapshot, key: str) -> int | None:
    """The run that an entry speaks of."""
    for entry in snapshot.activity:
        if key == f"{entry.at.isoformat()} {entry.who} {entry.text}":
            return entry.run
    return None
