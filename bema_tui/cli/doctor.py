"""``bema-tui doctor``: is everything that a sync needs there and well, and if not, what to do."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import click

from bema_tui.cli.common import common, print_json, run_async
from bema_tui.config import Settings
from bema_tui.errors import BemaError
from bema_tui.providers.text import clean

_OK, _FAILED, _CONFIGURATION = 0, 1, 2
_LONGEST = 4000  # characters


def _show(lines: list[Any], *, as_json: bool) -> None:
    if as_json:
        rows = [{"about": e.about, "verdict": e.verdict, "text": e.text, "advice": e.advice} for e in lines]
        counts = {verdict: sum(e.verdict == verdict for e in lines) for verdict in ("ok", "warning", "error")}
        print_json({**counts, "lines": rows})
        return
    for line in lines:
        told = line.text + (f" → {line.advice}" if line.advice else "")
        click.echo(f"{line.verdict:<7}  {line.about:<13}  {clean(told, _LONGEST)}")


def _show_error(error: BemaError, *, as_json: bool) -> None:
    """Settings that can't even be read: the one line there is."""
    from bema_tui.sync.doctor_lines import CONFIGURATION, failed

    _show([failed(CONFIGURATION, error)], as_json=as_json)


@click.command()
@partial(common, tell=_show_error)
def doctor(settings: Settings, as_json: bool) -> None:
    """Check settings, files, database, clocks and both connections; learn how the account answers. Writes nothing.

    Exit status: 0 all well, or warnings only; 1 errors; 2 the configuration.
    """

    async def work() -> list[Any]:
        from bema_tui.sync.doctor import examine

        return list(await examine(settings))

    lines = run_async(work)
    errors = [line.about for line in lines if line.verdict == "error"]
    _show(lines, as_json=as_json)
    sys.exit(_CONFIGURATION if "configuration" in errors else _FAILED if errors else _OK)
