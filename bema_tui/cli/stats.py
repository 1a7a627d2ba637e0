"""``bema-tui stats``: what the campaigns brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bema_tui.cli.common import common, open_workspace, print_json, run_async
from bema_tui.cli.tables import table
from bema_tui.model import Tier
from bema_tui.rules.wording.campaigns import status_text
from bema_tui.settings import Settings

if TYPE_CHECKING:
    from bema_tui.operations.statistics import CampaignStatistics
    from bema_tui.store.snapshot.views import CampaignView


def _units(currencies: tuple[str, ...]) -> str:
    """What is known of the currency of the orders."""
    unsaid = "the shop does not say in which currency an order was paid"
    if not currencies:
        return f"{unsaid}."
    if len(currencies) == 1:
        return f"{unsaid}; its own is {currencies[0]}."
    return f"{unsaid}; its own has been {', then '.join(currencies)}, and these sums mix them."


def statistics_rows(found: Sequence[CampaignView]) -> list[tuple[object, ...]]:
    """The rows of the table, one a campaign."""
    return [
        (
            c.code,
            status_text(c.status),
            "-" if c.members is None else f"{c.members:,}",
            "-" if c.buyers is None else f"{c.buyers:,}",
            "-" if c.conversion is None else f"{c.conversion * 100:.1f}",
            f"{c.revenue} mixed" if c.revenue and c.revenue_mixed else c.revenue or "-",
            c.runs,
            c.last_sync.strftime("%Y-%m-%d %H:%M") if c.last_sync else "never",
        )
        for c in found
    ]


@click.command()
@click.argument("code", required=False)
@common
def stats(code: str | None, settings: Settings, as_json: bool) -> None:
    """Show members, buyers, conversion and revenue of campaigns.

    Revenue is in the shop's units. With --json also the members of each tier.
    """

    async def work() -> CampaignStatistics:
        from bema_tui.operations.statistics import statistics

        async with open_workspace(settings, reading=True) as workspace:
            return await statistics(workspace, code)

    numbers = run_async(work)
    found = numbers.campaigns
    if as_json:
        documents = [
            {
                "code": c.code,
                "album": c.album,
                "state": c.state,
                "members": c.members,
                "tiers": {str(tier): c.tiers.get(tier, 0) for tier in Tier},
                "buyers": c.buyers,
                "conversion": c.conversion,
                "revenue": c.revenue,
                "revenue_unit": "shop units",
                "revenue_mixed": c.revenue_mixed,
                "currency": c.currency,
                "currencies": list(c.currencies),
                "buyers_per_day": list(c.buyers_per_day),
                "runs": c.runs,
                "last_sync": c.last_sync,
                "open_findings": c.open_findings,
                "shop_full_read_at": numbers.full_read_at,
            }
            for c in found
        ]
        print_json(documents[0] if code is not None else documents)
    elif found:
        head = ("code", "state", "members", "buyers", "conversion %", "revenue *", "runs", "last sync (UTC)")
        click.echo(table(head, statistics_rows(found)))
        click.echo(f"* in shop units: {_units(found[0].currencies)}")
    else:
        click.echo("No campaigns yet. `bema-tui campaigns discover` finds them in the shop and the account.")
