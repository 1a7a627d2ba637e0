"""Small builders of records, so that a test states only what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import evolve

from bema_tui.model import (
    Campaign,
    ChangeKind,
    CustomField,
    Finding,
    FindingRule,
    Group,
    Order,
    OrderItem,
    PlannedChange,
    SubscriberStatus,
    Tier,
)
from bema_tui.rules.choices import Rules
from bema_tui.rules.naming import group_name
from bema_tui.rules.purchases import KnownOrder
from bema_tui.rules.records import CampaignContext, Member

CODE = "2026_ETB_NBL"
CAMPAIGN = Campaign(code=CODE, album="No Better Love", product_ids=("11",))
GROUPS = {tier: Group(id=f"9{index}", name=group_name(CODE, tier)) for index, tier in enumerate(Tier)}
FIELD = CustomField(id="20", name=f"{CODE}_PURCHASE", key="2026_etb_nbl_purchase", type="number")
DAY = datetime(2026, 11, 19, 20, 44, tzinfo=UTC)
EMAIL = "ana@example.org"


def without(*tiers: Tier) -> dict[Tier, Group]:
    """The groups of an account that lacks those of these tiers."""
    return {tier: group for tier, group in GROUPS.items() if tier not in tiers}


def order(
    number: str = "10391",
    *,
    key: str = "",
    status: str = "complete",
    days: int = 0,
    price: str = "12",
    product: str = "11",
    email: str = EMAIL,
    mode: str = "live",
    listed: bool = True,
) -> KnownOrder:
    item = OrderItem(product_id=product, name="No Better Love", price=Decimal(price))
    record = Order(
        key=key or f"key-{number}",
        number=number,
        email=email,
        status=status,
        mode=mode,
        date_utc=DAY + timedelta(days=days),
        total=item.price,
        items=(item,),
    )
    return KnownOrder(record, listed=listed)


def member(*tiers: Tier, **changes: Any) -> Member:
    plain = Member(
        subscriber_id="171234567890123456",
        email=EMAIL,
        status=SubscriberStatus.ACTIVE,
        name="Ana",
        last_name="",
        source="",
        tiers=frozenset(tiers),
        stored=None,
        read_at=DAY,
    )
    return evolve(plain, **changes)


def context(rules: Rules | None = None, **changes: Any) -> CampaignContext:
    plain = CampaignContext(campaign=CAMPAIGN, groups=GROUPS, field=FIELD, rules=rules or Rules())
    return evolve(plain, **changes)


def written(changes: Iterable[PlannedChange]) -> list[tuple[str, str | None, str | None]]:
    """The changes as (field/add/remove, before, after), groups by their tier's suffix."""
    short = {
        ChangeKind.SET_FIELD: "field",
        ChangeKind.ADD_GROUP: "add",
        ChangeKind.REMOVE_GROUP: "remove",
    }

    def cut(text: str | None) -> str | None:
        return text.removeprefix(f"{CODE}_") if text else text

    return [(short[change.kind], cut(change.before), cut(change.after)) for change in changes]


def found(findings: Iterable[Finding]) -> list[FindingRule]:
    """The rules of the findings, in their order."""
    return [finding.rule for finding in findings]
