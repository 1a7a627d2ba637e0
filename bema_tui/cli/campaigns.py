"""``bema-tui campaigns``: list, add, discover."""

from __future__ import annotations

from typing import Any

import click

from bema_tui.cli.common import common, open_world, print_json, run_async
from bema_tui.cli.tables import table
from bema_tui.model import Campaign
from bema_tui.settings import Settings, require_services


@click.group()
@common
def campaigns(**_: Any) -> None:
    """The campaigns: album releases with their shop products."""


def _document(campaign: Campaign) -> dict[str, Any]:
    return {
        "code": campaign.code,
        "album": campaign.album,
        "products": list(campaign.product_ids),
        "state": campaign.state,
        "start": campaign.start,
    }


def _show(found: tuple[Campaign, ...]) -> None:
    rows = [(c.code, c.album, ", ".join(c.product_ids), c.state) for c in found]
    click.echo(table(("code", "album", "products", "state"), rows))


@campaigns.command("list")
@common
def list_campaigns(settings: Settings, as_json: bool) -> None:
    """Every campaign."""

    async def work() -> tuple[Campaign, ...]:
        from bema_tui.store.campaigns import Campaigns

        async with open_world(settings, reading=True) as world:
            return await Campaigns(world.db).all()

    found = run_async(work)
    if as_json:
        print_json([_document(campaign) for campaign in found])
    elif found:
        _show(found)
    else:
        click.echo("No campaigns yet. `bema-tui campaigns discover` finds them in the shop and the account.")


@campaigns.command("add")
@click.argument("code")
@click.argument("more", nargs=-1, metavar="[ID]...")
@click.option("--album", required=True, help="The album's name.")
@click.option("--product", "products", required=True, multiple=True, help="EDD product id; more may follow it.")
@common
def add_campaign(
    code: str, more: tuple[str, ...], album: str, products: tuple[str, ...], settings: Settings, as_json: bool
) -> None:
    """Add a campaign by its code (YYYY_ARTIST_ALBUM), album and product ids."""
    products += more

    async def work() -> tuple[Campaign, tuple[str, ...], bool]:
        from bema_tui.operations.add_campaign import checked_campaign
        from bema_tui.store.campaigns import Campaigns

        async with open_world(settings) as world:
            store = Campaigns(world.db)
            campaign, warnings = checked_campaign(code, album, products, await store.all(), world.db.now())
            added = await store.add(campaign, world.me.user)
            return campaign if added else await store.get(campaign.code), warnings, added

    campaign, warnings, added = run_async(work)
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        print_json({**_document(campaign), "added": added, "warnings": list(warnings)})
    elif added:
        click.echo(f"Added {campaign.code}. Next: bema-tui plan {campaign.code}")
    else:
        click.echo(f"{campaign.code} is there already, with product {', '.join(campaign.product_ids)}.")


@campaigns.command("discover")
@click.option("--add", is_flag=True, help="Take up what is clear; the rest becomes findings.")
@click.option("--without-artist", is_flag=True, help="List the products that are by nobody, merchandise for one.")
@common
def discover_command(add: bool, without_artist: bool, settings: Settings, as_json: bool) -> None:
    """Find campaigns in the shop's products and the account's groups."""
    require_services(settings)

    async def work() -> Any:
        from bema_tui.cli.progress import waits_on_stderr
        from bema_tui.operations.discover import discover_campaigns
        from bema_tui.sync.connections import connector
        from bema_tui.sync.interrupt import RunInterrupt
        from bema_tui.sync.run_context import Meter

        async with open_world(settings) as world:
            interrupt = RunInterrupt()
            connections = connector(world.db, settings)(interrupt, Meter(), waits_on_stderr(world.db.now))
            try:
                return await discover_campaigns(world.db, settings, connections, interrupt, add=add, by=world.me.user)
            finally:
                await connections.close()

    found = run_async(work)
    if as_json:
        print_json(
            {
                "added": found.added,
                "campaigns": [_document(campaign) for campaign in found.proposals],
                "findings": [
                    {name: getattr(f, name) for name in ("rule", "severity", "subject", "message", "advice")}
                    for f in found.findings
                ],
                "without_artist": [
                    {"product": product.id, "title": product.title, "sold": sold}
                    for product, sold in found.without_artist
                ],
            }
        )
        return
    if found.proposals:
        _show(found.proposals)
        if not add:
            click.echo("The shop does not say which products are bundles: look whether one of these is.")
    for entry in found.findings:
        click.echo(f"{entry.severity}: {entry.message} {entry.advice}")
    if without_artist and found.without_artist:
        rows = [(product.id, product.title, "sold" if sold else "") for product, sold in found.without_artist]
        click.echo(table(("product", "without an artist", ""), rows))
    if not found.proposals:
        click.echo("Nothing new.")
    elif not add:
        click.echo("Nothing was added. Add them with: bema-tui campaigns discover --add")
