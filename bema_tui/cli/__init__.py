"""The command line: every action of the screens as a command, with ``--json``."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """The program ``bema-tui``. Its signals come first, since loading the rest takes a while."""
    import _signal as system  # type: ignore[import-not-found] # built in; ``signal`` takes milliseconds to load

    before = system.pthread_sigmask(system.SIG_BLOCK, (system.SIGINT, system.SIGTERM, system.SIGHUP))
    from bema_tui import signals

    signals.take_over(sys.argv[1:])
    system.pthread_sigmask(system.SIG_SETMASK, before)
    from bema_tui.cli.app import run

    run()
