"""``bema-tui doctor``: is everything that a sync needs there and well, and if not, what to do."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from bema_tui.cli.common import common, print_json, run_async, say_wait
from bema_tui.errors import BemaError, ConfigurationError
from bema_tui.settings import Settings
from bema_tui.text import clean

if TYPE_CHECKING:
    from bema_tui.operations.doctor.lines import Line

_NO_LOG = "bema_tui.no_log"
_LONGEST = 4000  # characters


def _show_line(line: Line) -> None:
    told = line.text + (f" → {line.advice}" if line.advice else "")
    click.echo(f"{line.verdict:<7}  {line.about:<13}  {clean(told, _LONGEST)}")


def _show_document(lines: list[Line]) -> None:
    rows = [{"about": e.about, "verdict": e.verdict, "text": e.text, "advice": e.advice} for e in lines]
    counts = {verdict: sum(e.verdict == verdict for e in lines) for verdict in ("ok", "warning", "error")}
    print_json({**counts, "lines": rows})


def _show_error(error: BemaError, *, as_json: bool) -> None:
    """Settings that can't even be read: the one line there is."""
    from bema_tui.operations.doctor.lines import CONFIGURATION, failed

    line = failed(CONFIGURATION, error)
    if as_json:
        _show_document([line])
    else:
        _show_line(line)


def _note(error: ConfigurationError) -> None:
    """Without a log the rest is looked at all the same."""
    click.get_current_context().meta[_NO_LOG] = error


@click.command()
@partial(common, tell=_show_error, without_log=_note)
def doctor(settings: Settings, as_json: bool) -> None:
    """Check settings, files, database, clocks and connections.

    Also learns how the account answers, and writes to no service. Each line is printed as soon as its check is done;
    with --json all are one document at the end.

    Exit status: 0 all well, or warnings only; 1 errors; 2 the configuration.
    """

    from bema_tui.clock import utc_now
    from bema_tui.operations.doctor.examine import examine
    from bema_tui.operations.doctor.lines import CONFIGURATION, failed
    from bema_tui.operations.waits import waits_told_to

    lines: list[Line] = []

    def take(line: Line) -> None:
        lines.append(line)
        if not as_json:
            _show_line(line)

    async def work() -> None:
        waits = waits_told_to(say_wait, utc_now)
        async for line in examine(settings, tell_wait=say_wait, waits=waits):
            take(line)

    no_log = click.get_current_context().meta.get(_NO_LOG)
    if no_log is not None:
        take(failed(CONFIGURATION, no_log))
    run_async(work)
    if as_json:
        _show_document(lines)
    sys.exit(max((line.exit_status for line in lines if line.verdict == "error"), default=0))
