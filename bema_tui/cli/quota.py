"""``bema-tui quota``: MailerLite's requests of this minute, who waits, and the end of a wait that makes no sense."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click
from attrs import asdict

from bema_tui.cli.common import common, open_workspace, print_json, run_async
from bema_tui.settings import Settings
from bema_tui.waits import until_utc, wait_words_utc

if TYPE_CHECKING:
    from bema_tui.operations.quota import QuotaNow


@click.group(invoke_without_command=True)
@common
@click.pass_context
def quota(context: click.Context, settings: Settings, as_json: bool) -> None:
    """Show MailerLite's quota, and which runs wait for it.

    Everybody on this database shares it.
    """
    if context.invoked_subcommand is not None:
        return

    async def work() -> tuple[QuotaNow, datetime]:
        from bema_tui.operations.quota import quota_now

        async with open_workspace(settings, reading=True) as workspace:
            return await quota_now(workspace), workspace.db.now()

    found, now = run_async(work)
    if as_json:
        waiting = [
            {
                "run": entry.run,
                "campaign": entry.campaign,
                "by": f"{entry.by_user}@{entry.host}",
                "waiting_for": {**asdict(entry.wait), "text": str(entry.wait)},
                "waiting_until": entry.until,
            }
            for entry in found.waiting
        ]
        numbers = asdict(found, recurse=False, filter=lambda field, _: field.name != "url")
        print_json({"account": found.url, **numbers, "waiting": waiting})
        return
    click.echo(
        f"{found.url}: {found.limit:,} requests in {found.window_seconds:g} seconds, {found.reserve:,} of them "
        "left for others."
    )
    if found.closed_until is not None:
        click.echo(f"MailerLite refuses {until_utc(found.closed_until, now)}. Ask all the same: bema-tui quota clear")
    elif found.ends_at is not None:
        click.echo(f"{found.used:,} are used and {found.left:,} may be sent {until_utc(found.ends_at, now)}.")
    else:
        click.echo(f"None of them is used now; {found.left:,} may be sent.")
    for entry in found.waiting:
        told = wait_words_utc(entry.wait, entry.until, now)
        click.echo(f"run {entry.run} {entry.campaign} by {entry.by_user}@{entry.host} {told}")


@quota.command("clear")
@common
def clear(settings: Settings, as_json: bool) -> None:
    """End a wait that MailerLite asked for, and ask it again at once."""

    async def work() -> tuple[datetime, datetime]:
        from bema_tui.operations.quota import clear_quota

        async with open_workspace(settings) as workspace:
            return await clear_quota(workspace), workspace.db.now()

    closed_until, now = run_async(work)
    if as_json:
        print_json({"cleared": True, "closed_until": closed_until})
    else:
        click.echo(f"MailerLite is asked again; it was closed {until_utc(closed_until, now)}.")
