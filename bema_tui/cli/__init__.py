"""The command line: every action of the screens as a command, with ``--json``."""

from bema_tui.cli.app import main

__all__ = ["main"]
