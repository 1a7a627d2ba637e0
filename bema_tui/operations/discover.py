"""Reads shop and account to propose campaigns; takes up the clear ones when told to, and nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from attrs import evolve, frozen

from bema_tui.listing import Listing
from bema_tui.model import Campaign, Finding, FindingRule, Product
from bema_tui.operations.possible import Operation, permit, require
from bema_tui.operations.workspace import Workspace
from bema_tui.rules.discovery import Discovery, discover
from bema_tui.rules.findings import NO_CAMPAIGN, worst_first
from bema_tui.rules.unread_rows import unread_findings
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.database_settings import label_midnight
from bema_tui.store.findings import Findings
from bema_tui.store.orders import Orders
from bema_tui.store.ownership import Owner, Ownership
from bema_tui.sync.connections import Connections, connector
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.sync.one_account import one_account
from bema_tui.sync.plan.record_check import campaign_findings
from bema_tui.sync.read.shop import read_orders, require_complete
from bema_tui.sync.run_context import Meter
from bema_tui.sync.service_states import mailerlite_state_shown, shop_state_shown
from bema_tui.waits import WaitBoard


@frozen
class DiscoveryResult:
    """What was found in the shop and the account."""

    proposals: tuple[Campaign, ...]
    """The campaigns that are clear."""
    findings: tuple[Finding, ...]
    """What is not clear, worst first."""
    added: bool
    """Whether the campaigns and findings were kept."""
    without_artist: tuple[tuple[Product, bool], ...] = ()
    """The products that one of the findings counts, each with whether it was sold."""


async def discover_campaigns(workspace: Workspace, *, add: bool, waits: WaitBoard | None = None) -> DiscoveryResult:
    """Read products, orders, groups and fields, and match them. Domain rules, section 2, discovery.

    ``add`` takes up what is clear; the rest becomes findings. ``waits`` shows what is waited for.

    Raises:
        IncompleteRead: the shop's orders could not be read whole, so a campaign's start would be a guess.
        WrongAccount: the database belongs to another account or shop.
        ProviderError: one of the two did not answer.
    """
    require(permit(Operation.DISCOVER, read_only=workspace.read_only))
    interrupt = RunInterrupt()
    connections = connector(workspace.db, workspace.settings)(interrupt, Meter(), waits)
    try:
        return await _discover(workspace, connections, interrupt, add=add)
    finally:
        await connections.close()


async def _discover(
    workspace: Workspace, connections: Connections, interrupt: RunInterrupt, *, add: bool
) -> DiscoveryResult:
    db, settings = workspace.db, workspace.settings
    await Ownership(db).refuse_other(Owner.SHOP, connections.shop.shop_url)
    async with mailerlite_state_shown(db):
        async with one_account(db, connections.mailerlite):
            groups = await connections.mailerlite.get_groups()
        fields = await connections.mailerlite.get_fields()
    async with shop_state_shown(db, connections.shop):
        products = await connections.shop.get_products()
        require_complete(await read_orders(db, connections.shop, interrupt.safe_point), connections.shop)
    orders, campaigns = Orders(db), Campaigns(db)
    free, partial = settings.rules.count_free_orders, settings.rules.partial_refund_counts
    existing, today = await campaigns.all(), (await label_midnight(db)).date()
    sold = await orders.sold_products(free=free, partial=partial)
    found = discover(
        products,
        groups,
        fields,
        await orders.earliest_valid_by_product(free=free, partial=partial),
        sold,
        existing,
        today,
        products.broken,
        await orders.names_of_products(sold - {product.id for product in products}),
        unread_groups=groups.hiding,
        unread_fields=fields.hiding,
    )
    found = evolve(found, findings=(*found.findings, *unread_findings(NO_CAMPAIGN, groups, fields, Listing(()))))
    found = _checked(found, existing, today)
    if add:
        for campaign in found.proposals:
            await campaigns.add(campaign, workspace.me.user)
        store = Findings(db)
        # What is still so is opened again by the next line. About sales that can't be read the reading has said all,
        # and of unreadable records it proves nothing: automations are not read here.
        others = [
            rule for rule in FindingRule if rule not in (FindingRule.UNREADABLE_ORDER, FindingRule.UNREADABLE_RECORD)
        ]
        await store.resolve_unseen(NO_CAMPAIGN, None, others)
        await store.record(found.findings, None)
    without = tuple((product, product.id in sold) for product in found.without_artist)
    return DiscoveryResult(found.proposals, worst_first(found.findings), add, without)


def _checked(found: Discovery, existing: Sequence[Campaign], today: date) -> Discovery:
    """The discovery without the campaigns whose record is wrong, and with what each record has against it."""
    clear: list[Campaign] = []
    findings = list(found.findings)
    for campaign in found.proposals:
        told = campaign_findings(campaign, [*existing, *found.proposals], today)
        if any(one.rule is FindingRule.BLOCKED_RECORD for one in told):
            findings += [evolve(one, campaign=NO_CAMPAIGN) for one in told]
        else:
            clear.append(campaign)
            findings += told
    return evolve(found, proposals=tuple(clear), findings=tuple(findings))
