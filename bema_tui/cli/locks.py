"""``bema-tui locks``: who holds which campaign; and the release of a lock."""

from __future__ import annotations

import click

from bema_tui.cli.common import common, open_workspace, print_json, run_async
from bema_tui.cli.tables import table
from bema_tui.model import Lock
from bema_tui.settings import Settings


@click.group(invoke_without_command=True)
@common
@click.pass_context
def locks(context: click.Context, settings: Settings, as_json: bool) -> None:
    """Show who holds which campaign, and whether they are alive."""
    if context.invoked_subcommand is not None:
        return

    async def work() -> tuple[Lock, ...]:
        from bema_tui.operations.locks import held

        async with open_workspace(settings, reading=True) as workspace:
            return await held(workspace)

    found = run_async(work)
    if as_json:
        from bema_tui.cli.documents import lock_document

        print_json([lock_document(lock) for lock in found])
    elif found:
        head = ("id", "on", "holder", "for", "since (UTC)", "last sign of life", "state", "number")
        rows = [
            (
                lock.id,
                lock.key,
                str(lock.holder),
                lock.operation,
                lock.since.strftime("%m-%d %H:%M"),
                lock.last_beat.strftime("%m-%d %H:%M"),
                "suspended" if lock.suspended else lock.state,
                str(lock.token),
            )
            for lock in found
        ]
        click.echo(table(head, rows))
        for lock in found:
            if lock.suspended:
                click.echo(f"{lock.id}: its process is suspended; it goes on with: kill -CONT {lock.holder.pid}")
    else:
        click.echo("No lock is held.")


@locks.command("release")
@click.argument("lock_id", metavar="ID")
@click.option("--reason", required=True, help="Why; everybody sees it.")
@click.option("--force", is_flag=True, help="Also a live or quiet one: its run ends at its next write.")
@common
def release(lock_id: str, reason: str, force: bool, settings: Settings, as_json: bool) -> None:
    """Release a lock by its id."""

    async def work() -> Lock:
        from bema_tui.operations import locks as operations

        async with open_workspace(settings) as workspace:
            return await operations.release(workspace, lock_id, reason=reason, force=force)

    lock = run_async(work)
    if as_json:
        from bema_tui.cli.documents import lock_document

        print_json({"released": True, **lock_document(lock)})
    else:
        text = f"Lock {lock.id} on {lock.key} is released; it was {lock.state}, held by {lock.holder}."
        click.echo(text + (f" Go on with: bema-tui resume {lock.run}" if lock.run else ""))
