"""Both ways of reading sales against the simulated shop, which shifts its pages as a real one does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest

from bema_tui.model import Completeness, Order
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.edd.paging import Paging
from bema_tui.providers.http.null_ports import NoInterrupt, NoMeter
from bema_tui.secrets import Secret
from tests.support.simulated import Simulated, small
from tests.support.until import Patience

LISTED = {"complete", "partially_refunded", "revoked", "on_hold"}
PAGE = 10
Event = Callable[[Simulated], Any]


@pytest.fixture
def shop() -> Iterator[Simulated]:
    simulated = Simulated.start(small(subscribers=20, orders=60))
    late = orders(simulated)[30]["key"]
    simulated.change(order_status={"key": late, "status": "pending"})
    yield simulated
    simulated.close()


def orders(shop: Simulated) -> list[dict[str, Any]]:
    """The shop's orders in the order of its list, whatever their status."""
    found: list[dict[str, Any]] = shop.state()["orders"]
    return sorted((row for row in found if row["refund_of"] is None), key=lambda row: -row["row_id"])


def listed(shop: Simulated) -> set[str]:
    return {row["key"] for row in orders(shop) if row["status"] in LISTED}


def sell(shop: Simulated) -> None:
    shop.change(add_order={"email": "new@example.com", "product": 100})


def refund_newest(shop: Simulated) -> None:
    shop.change(refund=next(row["key"] for row in orders(shop) if row["status"] == "complete"))


def complete_late(shop: Simulated) -> None:
    shop.change(complete=next(row["key"] for row in orders(shop) if row["status"] not in LISTED))


def nothing(_shop: Simulated) -> None: ...


def service(shop: Simulated) -> EasyDigitalDownloads:
    at = shop.endpoints
    return EasyDigitalDownloads(
        at.edd_url,
        Secret(at.edd_key),
        Secret(at.edd_token),
        interrupt=NoInterrupt(),
        meter=NoMeter(),
        paging=Paging(PAGE, 1),
    )


async def while_held(shop: Simulated, at: int, event: Event, work: Awaitable[Any]) -> Any:
    """Do ``work``; let something happen while its ``at``-th request waits in the shop."""
    shop.hold(at=at, when="before", side="edd", only="all")
    task = asyncio.ensure_future(work)
    patience = Patience("the request comes")
    while not shop.ask("held")["holding"]:
        assert not task.done(), task
        patience.check()
        await asyncio.sleep(0.005)
    event(shop)
    shop.release()
    return await task


@pytest.mark.parametrize("at", [3, 9])  # 1 asks for the right, 2 is page 1, and a pass has eight pages
@pytest.mark.parametrize(
    ("event", "passes"),
    [(nothing, 2), (sell, 2), (refund_newest, 3), (complete_late, None)],
    ids=["nothing", "a sale", "a refund", "a late completion"],
)
async def test_a_full_read_holds_the_list_as_it_is_at_last(
    shop: Simulated, event: Event, passes: int | None, at: int
) -> None:
    read: dict[int, list[str]] = {}

    async def sink(found: Sequence[Order], number: int) -> None:
        read.setdefault(number, []).extend(order.key for order in found)

    async with service(shop) as edd:
        result = await while_held(shop, at, event, edd.read_sales(sink))
    assert result.completeness is Completeness.COMPLETE
    last = read[result.passes]
    assert len(last) == len(set(last)) == result.orders
    assert set(last) == listed(shop)
    assert passes in (None, result.passes)


@pytest.mark.parametrize("at", [2, 3, 5])
@pytest.mark.parametrize("event", [nothing, sell, refund_newest], ids=["nothing", "a sale", "a refund"])
async def test_a_window_holds_every_row_down_to_its_bound(shop: Simulated, event: Event, at: int) -> None:
    before = listed(shop) - {row["key"] for row in orders(shop)[:5]}

    async def known(found: Sequence[Order]) -> bool:
        return all(order.key in before for order in found)

    async with service(shop) as edd:
        result = await while_held(shop, at, event, edd.read_newest_sales(known))
    assert result.completeness is Completeness.COMPLETE
    rows = [row["key"] for row in orders(shop) if row["status"] in LISTED]
    found = [order.key for order in result.orders]
    # A sale that came after its last pass had read the top is the next window's.
    start = rows.index(found[0])
    assert start <= (event is sell)
    assert found == rows[start : start + len(found)]
    assert len(found) >= 2 * PAGE
