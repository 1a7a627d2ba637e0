"""``bema-tui campaigns``: list, add, discover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bema_tui.cli.common import common, open_workspace, print_json, run_async, say_wait
from bema_tui.cli.tables import table
from bema_tui.model import Campaign
from bema_tui.settings import Settings, require_services

if TYPE_CHECKING:
    from bema_tui.operations.campaigns import AddedCampaign
    from bema_tui.operations.discover import DiscoveryResult


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
    """List every campaign."""

    async def work() -> tuple[Campaign, ...]:
        from bema_tui.operations.campaigns import all_campaigns

        async with open_workspace(settings, reading=True) as workspace:
            return await all_campaigns(workspace)

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
def add(
    code: str, more: tuple[str, ...], album: str, products: tuple[str, ...], settings: Settings, as_json: bool
) -> None:
    """Add a campaign by its code, album and product ids.

    A code has the form YYYY_ARTIST_ALBUM. Called again with the same code and album, it adds products.
    """
    products += more

    async def work() -> AddedCampaign:
        from bema_tui.operations.campaigns import add_campaign

        async with open_workspace(settings) as workspace:
            return await add_campaign(workspace, code, album, products)

    done = run_async(work)
    campaign = done.campaign
    for warning in done.warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        print_json({**_document(campaign), "added": done.added, "warnings": list(done.warnings)})
    elif done.added:
        click.echo(f"Added {campaign.code}. Next: bema-tui plan {campaign.code}")
    else:
        click.echo(f"{campaign.code} is there already, with product {', '.join(campaign.product_ids)}.")


@campaigns.command("discover")
@click.option("--add", is_flag=True, help="Add what is clear; the rest becomes findings.")
@click.option("--without-artist", is_flag=True, help="List also the products without an artist, such as merchandise.")
@common
def discover_command(add: bool, without_artist: bool, settings: Settings, as_json: bool) -> None:
    """Find campaigns in the shop's products and the account's groups."""
    require_services(settings)

    async def work() -> DiscoveryResult:
        from bema_tui.operations.discover import discover_campaigns
        from bema_tui.operations.waits import waits_told_to

        async with open_workspace(settings) as workspace:
            waits = waits_told_to(say_wait, workspace.db.now)
            return await discover_campaigns(workspace, add=add, waits=waits)

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
    else:
        click.echo(f"Added: {', '.join(campaign.code for campaign in found.proposals)}. Next: bema-tui plan CODE")
