"""A campaign's sales as the database counts them are what the rules say of each order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

from attrs import evolve

from bema_tui.model import Campaign, Completeness, Order, OrderItem, SubscriberStatus, Tier
from bema_tui.rules.choices import Rules
from bema_tui.rules.purchases import KnownOrder, is_valid
from bema_tui.rules.records import Member
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence
from bema_tui.store.members import Members, MemberState
from bema_tui.store.orders import Orders
from bema_tui.store.sales import Sales, sales_of
from bema_tui.store.schema import locks

CAMPAIGN = Campaign("2024_ETB_NBL", "No Better Love", ("11", "12"))
RUN = 7
START = datetime(2026, 1, 1, tzinfo=UTC)
SINCE = START + timedelta(days=5)

PRODUCTS = (("11",), ("7",), ("12", "7"), ("11", "12"))
DATES = (None, START, SINCE, SINCE + timedelta(days=1))


def every_kind_of_order() -> list[KnownOrder]:
    """An order of each status, mode, date, products and price, listed and not; two of them of each buyer.

    Each price is another one, so that the sum of them tells which orders were counted.
    """
    statuses = ("complete", "partially_refunded", "refunded", "revoked")
    kinds = product(statuses, ("live", "test"), DATES, PRODUCTS, (True, False), (True, False))
    found = []
    for number, (status, mode, date, products, paid, listed) in enumerate(kinds, 1):
        price = Decimal(number * number) / 100 if paid else Decimal(0)
        order = Order(
            key=f"k{number}",
            number=str(number),
            email=f"buyer{number * 7 % 256}@example.org",
            status=status,
            mode=mode,
            date_utc=date,
            total=price,
            items=tuple(OrderItem(one, "An album", price) for one in products),
        )
        found.append(KnownOrder(order, listed=listed))
    return found


def by_the_rules(sold: Sequence[KnownOrder], known: frozenset[str], rules: Rules) -> Sales:
    """The sales, reckoned order by order."""
    valid = [one.order for one in sold if is_valid(one, CAMPAIGN, rules)]
    dates: dict[str, list[datetime]] = defaultdict(list)
    for order in valid:
        if order.date_utc is not None:
            dates[order.email_key].append(order.date_utc)
    counted = [item.price for order in valid for item in order.items if item.product_id in CAMPAIGN.product_ids]
    first = sorted(min(days) for days in dates.values())
    return Sales(
        buyers=len({order.email_key for order in valid} & known),
        revenue=sum(counted, Decimal(0)),
        first_orders=tuple(day for day in first if day >= SINCE),
    )


async def keep(db: Database, sold: Sequence[KnownOrder], known: frozenset[str]) -> None:
    """Read the orders into the database, and the members whom the run knows; an older run knew everybody."""
    store = Orders(db)
    for found in ([one for one in sold if not one.listed], [one for one in sold if one.listed]):
        read = await store.begin_read()
        await store.put(read, [one.order for one in found])
        await store.finish_read(read, Completeness.COMPLETE, orders=len(found), passes=2, requests=2)
    held = {"key": "c", "token": 1, "id": "a", "held": True, "user": "ana", "host": "h", "pid": 1, "boot_id": "b"}
    held |= {"process_started": 1.0, "operation": "sync", "since": START, "last_beat": START}
    async with db.write() as connection:
        await connection.execute(locks.insert().values(**held))
    one = Member("", "", "", "", "", SubscriberStatus.ACTIVE, frozenset({Tier.GOLD}), None, START)
    emails = sorted({sale.order.email for sale in sold})
    everybody = [evolve(one, subscriber_id=str(n), email=email, email_key=email) for n, email in enumerate(emails, 1)]
    await Members(db, CAMPAIGN.code, RUN - 1, Fence("c", 1)).put(everybody)
    await Members(db, CAMPAIGN.code, RUN, Fence("c", 1)).put([each for each in everybody if each.email in known])


async def test_the_database_counts_what_the_rules_call_valid(db: Database) -> None:
    sold = every_kind_of_order()
    known = frozenset({one.order.email_key for one in sold[::3]})
    await keep(db, sold, known)
    for free, partial in product((True, False), (True, False)):
        found = await sales_of(db, CAMPAIGN.code, RUN, CAMPAIGN.product_ids, free=free, partial=partial, since=SINCE)
        wanted = by_the_rules(sold, known, Rules(count_free_orders=free, partial_refund_counts=partial))
        assert evolve(found, first_orders=tuple(sorted(found.first_orders))) == wanted
        assert 0 < wanted.buyers < len(known)
        assert wanted.first_orders


async def test_a_campaign_without_orders_sold_nothing(db: Database) -> None:
    found = await sales_of(db, CAMPAIGN.code, RUN, CAMPAIGN.product_ids, free=True, partial=True, since=SINCE)
    assert found == Sales(0, Decimal(0), ())


async def test_a_price_beyond_its_bounds_that_an_older_version_kept_does_not_drown_the_others(db: Database) -> None:
    sold = [one for one in every_kind_of_order() if is_valid(one, CAMPAIGN, Rules())][:2]
    odd = evolve(sold[0].order, items=(OrderItem("11", "An album", Decimal("1e30")),))
    await keep(db, [evolve(sold[0], order=odd), sold[1]], frozenset())
    found = await sales_of(db, CAMPAIGN.code, RUN, CAMPAIGN.product_ids, free=True, partial=True, since=SINCE)
    prices = [item.price for item in sold[1].order.items if item.product_id in CAMPAIGN.product_ids]
    assert found.revenue == sum(prices) > 0


async def test_a_buyer_who_is_in_no_group_of_the_campaign_is_no_member_who_bought(db: Database) -> None:
    sold = [one for one in every_kind_of_order() if is_valid(one, CAMPAIGN, Rules())]
    known = frozenset({one.order.email_key for one in sold})
    await keep(db, sold, known)
    members = Members(db, CAMPAIGN.code, RUN, Fence("c", 1))
    before = await sales_of(db, CAMPAIGN.code, RUN, CAMPAIGN.product_ids, free=True, partial=True, since=SINCE)
    assert before.buyers == await members.count() == len(known)
    await members.update({str(number): MemberState(frozenset(), None) for number in range(1, 4)})
    after = await sales_of(db, CAMPAIGN.code, RUN, CAMPAIGN.product_ids, free=True, partial=True, since=SINCE)
    assert after.buyers == await members.count() == len(known) - 3
    assert after.revenue == before.revenue
