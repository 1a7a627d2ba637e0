"""The command line: every action of the screens as a command, with ``--json``."""

from __future__ import annotations

import sys

from bema_tui import signals

__all__ = ["main"]


def main() -> None:
    """The program ``bema-tui``. Its signals come first, since loading the rest takes a while."""
    signals.take_over(sys.argv[1:])
    from bema_tui.cli.app import run

    run()
