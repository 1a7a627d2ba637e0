"""``bema-tui shop``: which shop the database belongs to, and a shop's move to another URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from attrs import asdict

from bema_tui.cli.common import common, open_workspace, print_json, run_async, say_wait
from bema_tui.settings import Settings, require_services

if TYPE_CHECKING:
    from bema_tui.operations.shop import ShopMove, ShopNow


@click.group(invoke_without_command=True)
@common
@click.pass_context
def shop(context: click.Context, settings: Settings, as_json: bool) -> None:
    """Show which shop this database belongs to."""
    if context.invoked_subcommand is not None:
        return

    async def work() -> ShopNow:
        from bema_tui.operations.shop import shop_now

        async with open_workspace(settings, reading=True) as workspace:
            return await shop_now(workspace)

    found = run_async(work)
    if as_json:
        print_json(asdict(found))
        return
    own, named = found.shop, found.in_settings
    click.echo(
        f"This database belongs to the shop {own}; it knows {found.known_orders:,} of its orders."
        if own
        else "This database belongs to no shop yet: the first one that answers becomes its own."
    )
    if own and named and named != own:
        click.echo(f"The settings name {named}. If the shop moved there: bema-tui shop move {named}")


@shop.command("move")
@click.argument("url")
@common
def move(url: str, settings: Settings, as_json: bool) -> None:
    """Take over the shop's new URL, if it proves to be the same shop.

    Known orders are asked for at URL, with the key and token of the settings, and must show as they were.
    """
    require_services(settings, shop_keys_alone=True)

    async def work() -> ShopMove:
        from bema_tui.operations.shop import move_shop
        from bema_tui.operations.waits import waits_told_to

        async with open_workspace(settings) as workspace:
            return await move_shop(workspace, url, waits=waits_told_to(say_wait, workspace.db.now))

    done = run_async(work)
    from bema_tui.operations.shop import shop_in_settings

    named = shop_in_settings(settings)
    if as_json:
        document = {"shop": done.shop, "before": done.before, "moved": done.moved, "asked": done.asked}
        print_json({**document, "same": done.same, "in_settings": named})
        return
    if not done.moved:
        click.echo(f"This database belongs to {done.shop} already.")
    elif done.asked:
        click.echo(f"This database belongs to {done.shop} now: {done.same} of {done.asked} orders are the same there.")
    else:
        click.echo(f"This database belongs to {done.shop} now; it knew no order that could be compared.")
    if named != done.shop:
        click.echo(f"Set the shop's URL in the settings to it (edd.url, BEMA_EDD_URL); they name {named or 'none'}.")
