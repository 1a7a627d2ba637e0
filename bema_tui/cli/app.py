"""The commands together, and the one place where an error becomes a message and an exit status."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click

from bema_tui import __version__, signals
from bema_tui.cli.campaigns import campaigns
from bema_tui.cli.common import common, print_json
from bema_tui.cli.demo import demo
from bema_tui.cli.doctor import doctor
from bema_tui.cli.findings import findings
from bema_tui.cli.health import health
from bema_tui.cli.history import changes, runs
from bema_tui.cli.locks import locks
from bema_tui.cli.quota import quota
from bema_tui.cli.runs import apply, plan, resume, sync
from bema_tui.cli.shop import shop
from bema_tui.cli.simulate import simulate
from bema_tui.cli.stats import stats
from bema_tui.cli.steering import continue_run, discard, pause, stop
from bema_tui.cli.streams import prepare_streams
from bema_tui.errors import UsageError
from bema_tui.settings import Settings

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
    continue_run,
    discard,
    runs,
    changes,
    findings,
    locks,
    stats,
    shop,
    health,
    quota,
    doctor,
    simulate,
    demo,
):
    cli.add_command(command)


def run() -> NoReturn:
    """Run the command that the arguments name, and end the process with its status."""
    prepare_streams()
    status = 1
    try:
        cli(prog_name="bema-tui")
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BrokenPipeError:  # somebody closed the pipe we print to (head, for one): nobody is left to tell
        pass
    except OSError as error:
        with suppress(OSError):
            click.echo(f"bema-tui: The system refuses: {error.strerror}.", err=True)
    logging.shutdown()
    signals.leave(status)
