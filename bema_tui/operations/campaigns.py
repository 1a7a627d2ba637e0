"""The campaigns: listed, and added by whoever types one in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from bema_tui.errors import UsageError
from bema_tui.model import Campaign
from bema_tui.operations.possible import Operation, permit, require
from bema_tui.operations.workspace import Workspace
from bema_tui.store.campaigns import Campaigns
from bema_tui.text import clean
from bema_tui.validators.campaign import CampaignRecord, CampaignValidator


@frozen
class AddedCampaign:
    """A campaign that somebody typed in."""

    campaign: Campaign
    """As the database has it now."""
    added: bool
    """Whether anything was added; false where it was there already, with these products."""
    warnings: tuple[str, ...]
    """What somebody should look at."""


async def all_campaigns(workspace: Workspace) -> tuple[Campaign, ...]:
    """Every campaign, by code."""
    return await Campaigns(workspace.db).all()


async def known_campaign(workspace: Workspace, code: str) -> Campaign:
    """One campaign, by its code.

    Raises:
        UsageError: there is none of this code.
    """
    return await Campaigns(workspace.db).get(code)


async def add_campaign(workspace: Workspace, code: str, album: str, products: Sequence[str]) -> AddedCampaign:
    """Take up a campaign, or further products of one.

    Raises:
        UsageError: code, album or product ids break the rules of domain section 5, or belong to another campaign.
    """
    require(permit(Operation.ADD_CAMPAIGN, read_only=workspace.read_only))
    store = Campaigns(workspace.db)
    campaign, warnings = checked_campaign(code, album, products, await store.all(), workspace.db.now())
    added = await store.add(campaign, workspace.me.user)
    return AddedCampaign(campaign if added else await store.get(campaign.code), added, warnings)


def checked_campaign(
    code: str, album: str, products: Sequence[str], existing: Sequence[Campaign], now: datetime
) -> tuple[Campaign, tuple[str, ...]]:
    """The campaign and its warnings.

    Raises:
        UsageError: code, album or product ids break the rules of domain section 5.
    """
    ids = tuple(dict.fromkeys(product.lstrip("0") for product in products))  # "012" would never match an item
    wrong = [product for product in products if not (product.isascii() and product.isdigit() and product.strip("0"))]
    if wrong:
        raise UsageError(f"{clean(wrong[0])!r} is no product id: the shop's ids are numbers.", tried="add a campaign")
    validator = CampaignValidator()
    valid = validator.validate(
        CampaignRecord(
            code=code,
            album=album,
            today=now.date(),
            starts=[campaign.start for campaign in existing if campaign.start is not None],
        )
    )
    errors = [f"{error.field} {error.message}" for error in validator.get_errors() if error.blocking]
    if not valid:
        raise UsageError(
            f"The campaign can't be added: {'; '.join(errors)}.",
            tried="add a campaign",
            advice="A code looks like 2024_ETB_NBL: year, artist, album.",
        )
    warnings = [f"{error.field} {error.message}" for error in validator.get_errors() if not error.blocking]
    shared = [(product, other.code) for other in existing for product in ids if product in other.product_ids]
    warnings += [f"product {product} counts for {other} as well" for product, other in shared if other != code]
    return Campaign(code=code, album=clean(album), product_ids=ids), tuple(warnings)
