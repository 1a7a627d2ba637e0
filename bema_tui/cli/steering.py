"""``bema-tui stop``, ``pause``, ``continue`` and ``discard``: what is asked of a run that goes on, or waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bema_tui.cli.common import common, open_workspace, print_json, run_async
from bema_tui.cli.runs import RUN
from bema_tui.model import ControlVerb
from bema_tui.settings import Settings

if TYPE_CHECKING:
    from bema_tui.operations.runs import PlacedRequest

_REASON = click.option("--reason", default="", help="Shown to everybody.")


def _ask(settings: Settings, as_json: bool, run: int, verb: ControlVerb, reason: str) -> None:
    async def work() -> PlacedRequest:
        from bema_tui.operations import runs

        async with open_workspace(settings) as workspace:
            return await runs.control(workspace, run, verb, reason)

    asked = run_async(work)
    if as_json:
        print_json({"run": run, "asked": verb, "reason": reason, "suspended": asked.suspended})
        return
    from bema_tui.cli.texts import when_obeyed
    from bema_tui.clock import utc_now

    click.echo(f"Run {run} was asked to {verb}; {when_obeyed(asked, utc_now())}.")


@click.command()
@click.argument("run", type=RUN)
@_REASON
@common
def stop(run: int, reason: str, settings: Settings, as_json: bool) -> None:
    """Ask a run to stop at its next safe point.

    Anybody may have started it, on any machine.
    """
    _ask(settings, as_json, run, ControlVerb.STOP, reason)


@click.command()
@click.argument("run", type=RUN)
@_REASON
@common
def pause(run: int, reason: str, settings: Settings, as_json: bool) -> None:
    """Ask a run to pause at its next safe point.

    It keeps its lock. `bema-tui continue` lets it go on.
    """
    _ask(settings, as_json, run, ControlVerb.PAUSE, reason)


@click.command("continue")
@click.argument("run", type=RUN)
@_REASON
@common
def continue_run(run: int, reason: str, settings: Settings, as_json: bool) -> None:
    """Let a paused run go on.

    A person paused it, or just asked it to pause, or a service takes long. A wait of under ten minutes is no pause.
    """
    _ask(settings, as_json, run, ControlVerb.CONTINUE, reason)


@click.command()
@click.argument("run", type=RUN)
@common
def discard(run: int, settings: Settings, as_json: bool) -> None:
    """Throw away a plan that waits; nothing of it was written."""

    async def work() -> None:
        from bema_tui.operations import runs

        async with open_workspace(settings) as workspace:
            await runs.discard(workspace, run)

    run_async(work)
    if as_json:
        print_json({"run": run, "state": "discarded"})
    else:
        click.echo(f"Plan {run} is discarded.")
