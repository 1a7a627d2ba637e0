"""``bema-tui shop``: which shop the database belongs to, and a shop's move to another address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bema_tui.cli.common import common, open_world, print_json, run_async
from bema_tui.settings import Settings, require_services

if TYPE_CHECKING:
    from bema_tui.operations.shop_move import ShopMove


@click.group(invoke_without_command=True)
@common
@click.pass_context
def shop(context: click.Context, settings: Settings, as_json: bool) -> None:
    """Which shop this database belongs to."""
    if context.invoked_subcommand is not None:
        return

    async def work() -> dict[str, Any]:
        from bema_tui.store.database_settings import DatabaseSettings
        from bema_tui.store.orders import Orders

        async with open_world(settings, reading=True) as world:
            return {
                "shop": await DatabaseSettings(world.db).get("shop"),
                "in_settings": _normal(settings.edd.url),
                "known_orders": await Orders(world.db).count(),
            }

    found = run_async(work)
    if as_json:
        print_json(found)
        return
    own, named = found["shop"], found["in_settings"]
    click.echo(
        f"This database belongs to the shop {own}; it knows {found['known_orders']:,} of its orders."
        if own
        else "This database belongs to no shop yet: the first one that answers becomes its own."
    )
    if own and named and named != own:
        click.echo(f"The settings name {named}. If the shop moved there: bema-tui shop move {named}")


@shop.command("move")
@click.argument("url")
@common
def move(url: str, settings: Settings, as_json: bool) -> None:
    """Make the shop's new address the database's own, on proof that it is the same shop.

    Known orders are asked for at URL, with the key and token of the settings, and must show as they were.
    """
    require_services(settings, shop_keys_alone=True)

    async def work() -> ShopMove:
        from bema_tui.cli.progress import waits_on_stderr
        from bema_tui.operations.shop_move import move_shop
        from bema_tui.sync.interrupt import RunInterrupt

        async with open_world(settings) as world:
            waits = waits_on_stderr(world.db.now)
            return await move_shop(world.db, settings, url, RunInterrupt(), by=world.me.user, waits=waits)

    done = run_async(work)
    named = _normal(settings.edd.url)
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
        click.echo(
            f"Set the shop's address in the settings to it (edd.url, BEMA_EDD_URL); they name {named or 'none'}."
        )


def _normal(url: str) -> str | None:
    """The address of the settings as the database keeps it; as it stands, where it can't be one."""
    from bema_tui.errors import ConfigurationError
    from bema_tui.providers.edd.service import base_of_shop
    from bema_tui.providers.http.url import shown

    try:
        return shown(base_of_shop(url)) if url else None
    except ConfigurationError:
        return url
