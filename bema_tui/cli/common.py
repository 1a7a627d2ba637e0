"""What every command shares: settings from flags, the open database, signals, and errors in one shape."""

from __future__ import annotations

import asyncio
import codecs
import errno
import functools
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from attrs import evolve, frozen

from bema_tui import logs, signals
from bema_tui import settings as config
from bema_tui.clock import utc_now
from bema_tui.environment import can_draw, default_log_file
from bema_tui.errors import BemaError, ConfigurationError, UsageError
from bema_tui.settings import Settings
from bema_tui.text import clean
from bema_tui.waits import Wait, wait_words_utc

if TYPE_CHECKING:
    from bema_tui.operations.workspace import Workspace

R = TypeVar("R")
EXIT_INTERNAL = 1
_LONGEST_SAID = 500


@frozen
class Flags:
    """The shared flags as given so far, from the program's name to the command's."""

    config: str | None = None
    """The settings file."""
    database: str | None = None
    """The database's URL."""
    log_level: str | None = None
    """From which level on the log is written."""
    read_only: bool = False
    """Whether nothing may be written to a service."""
    as_json: bool = False
    """Whether the answer is one JSON document."""


def common(
    function: Callable[..., Any],
    tell: Callable[..., None] | None = None,
    without_log: Callable[[ConfigurationError], None] | None = None,
) -> Callable[..., Any]:
    """Add ``--config``, ``--database``, ``--log-level``, ``--read-only`` and ``--json``; hand the command its settings.

    A flag given before the command's name counts for the command too; one behind it outranks that. ``tell`` tells an
    error of ours in the place of ``tell_error``. ``without_log`` is told why there is no log, for a command that does
    without; any other ends there.
    """

    @click.option("--config", "config_file", type=click.Path(), help="Settings file (TOML).")
    @click.option("--database", help="Database URL or file; used in the place of BEMA_DATABASE_URL.")
    @click.option("--log-level", help="debug, info, warning or error; the log goes to a file.")
    @click.option("--read-only", is_flag=True, help="Write to no service; change no run and no lock.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
    @functools.wraps(function)
    def wrapped(
        *args: Any,
        config_file: str | None,
        database: str | None,
        log_level: str | None,
        read_only: bool,
        as_json: bool,
        **kwargs: Any,
    ) -> Any:
        context = click.get_current_context()
        command = context.command_path.partition(" ")[2]
        signals.doing(f"The command {command}" if command else "The console")
        given = context.find_object(Flags) or Flags()
        flags = Flags(
            config=config_file or given.config,
            database=database or given.database,
            log_level=log_level or given.log_level,
            read_only=read_only or given.read_only,
            as_json=as_json or given.as_json,
        )
        context.obj = flags
        if context.invoked_subcommand is not None:
            return None  # the command itself reads the settings, once, with every flag known
        with error_boundary(as_json=flags.as_json, tell=tell):
            _refuse_broken_text(kwargs.values())
            settings = config.load(
                flags.config, flags={"database_url": flags.database, "read_only": flags.read_only or None}
            )
            log_file = Path(settings.log_file) if settings.log_file else default_log_file()
            try:
                logs.set_up(log_file, level=flags.log_level or "info")
            except ConfigurationError as error:
                if without_log is None:
                    raise
                logs.keep_quiet()
                without_log(error)
            return function(*args, settings=evolve(settings, log_file=str(log_file)), as_json=flags.as_json, **kwargs)

    return wrapped


@contextmanager
def error_boundary(*, as_json: bool, tell: Callable[..., None] | None = None) -> Iterator[None]:
    """Tell an error of ours in one message and end with its exit status; nothing else is swallowed."""
    try:
        yield
    except BemaError as error:
        (tell or tell_error)(error, as_json=as_json)
        raise SystemExit(error.exit_status) from None
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except Exception as error:
        if isinstance(error, OSError):  # stdout's own, for one on a full disk; the store's are in our words by now
            wrong = BemaError(f"The system refuses: {error.strerror or type(error).__name__}.")
        else:
            logging.getLogger("bema_tui").exception("the program itself failed")
            wrong = BemaError(
                f"The program itself failed: {type(error).__name__}.",
                advice="The log file has the details; please report them.",
            )
        tell_error(wrong, as_json=as_json)
        raise SystemExit(EXIT_INTERNAL) from None


def _refuse_broken_text(values: Iterable[object]) -> None:
    """Arguments that were no text in the terminal's encoding can be neither stored nor shown.

    Raises:
        UsageError: one of them is such.
    """
    for value in values:
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and not text.isprintable():
                try:
                    text.encode()
                except UnicodeEncodeError:
                    raise UsageError(f"{clean(text)!r} is not text in this terminal's encoding.") from None


def tell_error(error: BemaError, *, as_json: bool) -> None:
    """One message on stderr, and the document that ``--json`` promises on stdout, where these can still be written."""
    signals.finish()
    with suppress(OSError):
        click.echo(f"bema-tui: {error}", err=True)
    if as_json:
        with suppress(OSError):
            print_json({"error": error.as_dict()})


def print_json(document: object) -> None:
    """The one JSON document of a command; where stdout is not UTF-8, in ASCII alone. No signal changes it any more."""
    signals.finish()
    whole = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    click.echo(json.dumps(document, ensure_ascii=not whole, indent=2, default=_plain))


def _plain(value: object) -> object:
    """What JSON has no form for: times in ISO 8601, anything else as text."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


@asynccontextmanager
async def open_workspace(settings: Settings, *, reading: bool = False) -> AsyncIterator[Workspace]:
    """Open the database for one command, which says on stderr what it waits for.

    A command that is only ``reading`` never waits for somebody who writes.
    """
    from bema_tui.cli.suspending import suspended_between_writes
    from bema_tui.operations import workspace

    if settings.edd_credentials_in_url:
        click.echo(
            "bema-tui: warning: edd_credentials_in_url is on: the shop's key and token stand in its access logs.",
            err=True,
        )
    async with workspace.open_workspace(settings, reading=reading, tell_wait=say_wait) as opened:
        with suspended_between_writes(opened.db.when_nothing_is_written):
            yield opened


def say(text: str) -> None:
    """Say something in a line of its own on stderr; a line of progress that stands there gives way to it."""
    clear = "\r\x1b[K" if sys.stderr.isatty() and can_draw(os.environ) else ""
    with suppress(OSError):  # nobody reads stderr any more: that ends no work
        click.echo(f"{clear}bema-tui: {clean(text, _LONGEST_SAID)}", err=True)


def say_wait(wait: Wait, until: datetime) -> None:
    """Say what a command waits for, and until when."""
    say(wait_words_utc(wait, until, utc_now()))


def run_async(work: Callable[[], Coroutine[Any, Any, R]]) -> R:
    """Run a command's coroutine on a loop of its own. When it is done a signal no longer changes the command's end."""

    async def awake() -> R:
        with signals.waking(asyncio.get_running_loop()):
            done = await work()
            signals.finish()
            return done

    return asyncio.run(awake())


@contextmanager
def unless_hung_up() -> Iterator[None]:
    """Leave out what is told to a terminal that is gone: nobody reads it, and the command's status stands."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EIO:
            raise


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
