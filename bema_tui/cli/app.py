"""The commands together, and the one place where an error becomes a message and an exit status."""

from __future__ import annotations

import contextlib
import logging
import os
import sys

import click

from bema_tui import __version__
from bema_tui.cli.campaigns import campaigns
from bema_tui.cli.common import common, open_world, run_async
from bema_tui.cli.demo import demo
from bema_tui.cli.doctor import doctor
from bema_tui.cli.runs import apply, changes, discard, pause, plan, resume, runs, stop, sync
from bema_tui.cli.show import findings, health, locks, stats
from bema_tui.cli.simulate import simulate
from bema_tui.config import Settings

_SIGNALLED = 128
"""An exit status above it means: a signal with the number of the rest ended the console."""


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, package_name="bema-tui", prog_name="bema-tui")
@common
@click.pass_context
def cli(context: click.Context, settings: Settings, as_json: bool) -> None:
    """Purchases from an EDD shop to MailerLite: planned, applied, and all written down.

    Without a command the console opens. `bema-tui demo` needs no account and no key.
    """
    if context.invoked_subcommand is not None:
        return
    if as_json:
        raise click.UsageError("The console has no JSON. `bema-tui runs --json`, `health --json` and the like have.")
    from bema_tui.cli.console import open_console

    context.exit(open_console(settings))


for command in (
    campaigns,
    plan,
    apply,
    sync,
    resume,
    stop,
    pause,
    discard,
    runs,
    changes,
    findings,
    locks,
    stats,
    health,
    doctor,
    simulate,
    demo,
):
    cli.add_command(command)

__all__ = ["cli", "main", "open_world", "run_async"]


def main() -> None:
    """The program ``bema-tui``."""
    try:
        cli(prog_name="bema-tui")
    except BrokenPipeError:
        # Somebody closed the pipe we print to (head, for one): nobody is left to tell.
        sys.stderr.close()
        sys.exit(1)
    except SystemExit as leaving:
        if isinstance(leaving.code, int) and leaving.code > _SIGNALLED:
            # All is settled and closed; what the interpreter tidies up yet takes seconds on a busy machine.
            logging.shutdown()
            with contextlib.suppress(OSError):  # the line may be down
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(leaving.code)
        raise
