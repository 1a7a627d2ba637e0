"""``bema-tui runs`` and ``changes``: what runs did, and the ledger of one of them."""

from __future__ import annotations

import click

from bema_tui.cli.common import common, open_workspace, print_json, run_async
from bema_tui.cli.runs import RUN
from bema_tui.cli.tables import table
from bema_tui.errors import UsageError
from bema_tui.model import ChangeState
from bema_tui.settings import Settings


@click.command()
@click.argument("run", type=RUN, required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@common
def runs(run: int | None, limit: int, settings: Settings, as_json: bool) -> None:
    """Show the history of runs, or one run in full."""

    async def work() -> None:
        from bema_tui.cli.documents import run_document
        from bema_tui.cli.texts import run_text, runs_table
        from bema_tui.operations import runs as operations

        async with open_workspace(settings, reading=True) as workspace:
            if run is None:
                found = list(await operations.newest(workspace, limit))
                if as_json:  # a list's rows lack what only a run in full has, its changes by kind for one
                    found = [await operations.one(workspace, view.id) for view in found]
            else:
                found = [await operations.one(workspace, run)]
            documents = [await run_document(workspace, view) for view in found] if as_json else []
            now = workspace.db.now()
        if as_json:
            print_json(documents[0] if run is not None else documents)
        elif run is not None:
            click.echo(run_text(found[0], now))
        elif found:
            click.echo(runs_table(found, now))
        else:
            click.echo("No runs yet. Start with: bema-tui plan CODE")

    run_async(work)


@click.command()
@click.argument("run", type=RUN)
@click.option("--state", help="Only rows of this state: planned, applied, failed, skipped, unknown, …")
@common
def changes(run: int, state: str | None, settings: Settings, as_json: bool) -> None:
    """Show the ledger of one run: each change, before and after."""

    async def work() -> None:
        from bema_tui.cli.documents import change_document
        from bema_tui.cli.texts import change_row
        from bema_tui.operations import runs as operations

        if state is not None and state not in {known.value for known in ChangeState}:
            raise UsageError(f"There is no state {state!r}.", advice=f"Use one of {', '.join(ChangeState)}.")
        wanted = ChangeState(state) if state else None
        async with open_workspace(settings, reading=True) as workspace:
            found = await operations.changes(workspace, run, wanted)
        if as_json:
            print_json([change_document(change) for change in found])
        else:
            head = ("e-mail", "change", "target", "before", "after", "cause", "state", "result")
            click.echo(table(head, [change_row(change) for change in found]))

    run_async(work)
