"""The commands together, and the one place where an error becomes a message and an exit status."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from bema_tui import __version__
from bema_tui.cli.campaigns import campaigns
from bema_tui.cli.common import common, open_world, print_json, run_async
from bema_tui.cli.demo import demo
from bema_tui.cli.doctor import doctor
from bema_tui.cli.runs import apply, changes, discard, pause, plan, resume, runs, stop, sync
from bema_tui.cli.show import findings, health, locks, stats
from bema_tui.cli.simulate import simulate
from bema_tui.config import Settings
from bema_tui.errors import UsageError

_AS_JSON = "bema_tui.as_json"


class _Program(click.Group):
    """The commands together; wrong usage, too, answers ``--json`` with a document."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        as_json = "--json" in args
        with _documented(as_json):
            context = super().make_context(info_name, args, *rest, **extra)
        context.meta[_AS_JSON] = as_json
        return context

    def invoke(self, ctx: click.Context) -> Any:
        with _documented(ctx.meta[_AS_JSON]):
            return super().invoke(ctx)


@contextmanager
def _documented(as_json: bool) -> Iterator[None]:
    """Print the document of a usage error; its text and its exit status are left to click."""
    try:
        yield
    except click.UsageError as error:
        if as_json:
            hint = f"{error.ctx.command_path} --help" if error.ctx else "bema-tui --help"
            print_json({"error": UsageError(error.format_message(), advice=f"Look at: {hint}").as_dict()})
        raise


_SIGNALLED = 128
"""An exit status above it means: a signal with the number of the rest ended the console."""


@click.group(
    cls=_Program,
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what its encoding lacks is shown by code, never an error
            stream.reconfigure(errors="backslashreplace")
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
            with suppress(OSError):  # the line may be down
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(leaving.code)
        raise
    except OSError as error:
        with suppress(OSError):
            click.echo(f"bema-tui: The system refuses: {error.strerror}.", err=True)
        sys.exit(1)
