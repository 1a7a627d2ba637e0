"""The console of a made-up label on a real terminal, ready for the first key."""

from __future__ import annotations

from tests.support.terminal import Terminal

MODULE = "tests.tui.console_process"


def started(kind: str, output: str = "shadow", **more: object) -> Terminal:
    terminal = Terminal(MODULE, kind, output, **more)  # type: ignore[arg-type]
    terminal.until(lambda: terminal.shows("2026_ZM_BTL") and terminal.shows("q quit"))
    return terminal
