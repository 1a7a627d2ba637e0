"""Look-ups of single sales: a shop that fails over one of them, as old EDDs do, is told from a shop that fails."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest
from attrs import define, field

from bema_tui.errors import ConnectionFailed, ServerFailed
from bema_tui.providers.edd.lookups import CHUNK, SECOND_TRIES, By, LookUps, SaleAnswer, SaleQuery
from bema_tui.providers.http.breaker import Breaker, BreakerState
from tests.providers.helpers import Answer, Script, Time, edd, page, reply
from tests.providers.rows import sale

pytestmark = pytest.mark.fault("D1")
NOTHING = {"request_speed": 0.1}


@define
class FailingShop:
    """A shop with the row ids 1 to 9. Over the ``failing`` values it fails; ``down``, over everything."""

    failing: set[str] = field(factory=set)
    stumbles: int = 0
    down: bool = False
    by_id: bool = True
    drops: int = 0
    asked: list[str] = field(factory=list)

    def answer(self, request: httpx.Request) -> Answer:
        form = dict(httpx.QueryParams(request.content.decode()))
        value = form.get("id") or form.get("purchasekey") or "list"
        self.asked.append(value)
        if self.drops:
            self.drops -= 1
            return httpx.ReadError("gone", request=request)
        if self.down or value in self.failing:
            return page("<title>WordPress › Error</title>", 500)
        if self.stumbles and value != "list":
            self.stumbles -= 1
            return reply({}, 502)
        if value == "list":
            return reply({"sales": [sale(1)], **NOTHING})
        number = int(value, 16)
        shown = number < 10 and ("purchasekey" in form or self.by_id)
        return reply({"sales": [sale(number)], **NOTHING} if shown else NOTHING)

    async def find(
        self, wanted: Sequence[SaleQuery], known: Sequence[int] = (1,)
    ) -> tuple[dict[str, SaleAnswer], LookUps]:
        controls = {By.KEY: [f"{number:032x}" for number in known], By.ROW_ID: [str(number) for number in known]}
        # The first failure that counts would open it.
        async with edd(Script(self.answer), breaker=Breaker(1, 30.0)) as service:
            look_ups = LookUps(service, Time(), controls)
            found = await look_ups.find(wanted)
            assert service.breaker.state is BreakerState.CLOSED
        return {one.value: shown for one, shown in found.items()}, look_ups


def ids(*values: int) -> list[SaleQuery]:
    return [SaleQuery(By.ROW_ID, str(value)) for value in values]


def keys(*values: int) -> list[SaleQuery]:
    return [SaleQuery(By.KEY, f"{value:032x}") for value in values]


@pytest.mark.parametrize("wanted", [ids(2, 77, 3), keys(2, 77, 3)])
async def test_a_sale_that_the_shop_fails_over_is_not_shown_and_the_others_are(wanted: list[SaleQuery]) -> None:
    shop = FailingShop(failing={wanted[1].value})
    found, _ = await shop.find(wanted)
    assert [shown.order.number for shown in found.values() if shown.order is not None] == ["2", "3"]
    failed = found[wanted[1].value]
    assert failed.order is None
    assert "500" in failed.failure
    assert shop.asked.count(wanted[1].value) == 2, "once more, in case it only stumbled"
    assert shop.asked.count("list") == 0, "another sale that it shows proves enough"
    assert len(shop.asked) == 5


async def test_many_such_sales_cost_one_request_each_and_open_no_breaker() -> None:
    wanted = ids(*range(1000, 1000 + 5 * CHUNK))
    shop = FailingShop(failing={one.value for one in wanted})
    found, _ = await shop.find(wanted)
    assert all(shown.failure for shown in found.values())
    assert len(shop.asked) <= len(wanted) + SECOND_TRIES + CHUNK + 5


async def test_between_forty_look_ups_a_safe_point_is_passed() -> None:
    """A shop of many orders that left its list takes long: a pause must not wait for the last of them."""
    shop = FailingShop()
    passed: list[int] = []

    async def safe_point() -> None:
        passed.append(len(shop.asked))

    async with edd(Script(shop.answer)) as service:
        known = {By.ROW_ID: ["1"]}
        await LookUps(service, Time(), known, safe_point=safe_point).find(ids(*range(1, 2 * CHUNK + 2)))
    assert passed == [0, CHUNK, 2 * CHUNK]


async def test_a_shop_that_only_stumbles_is_asked_once_more() -> None:
    found, _ = await FailingShop(stumbles=2).find(ids(2, 3, 4))
    assert [shown.order is not None for shown in found.values()] == [True] * 3


async def test_without_a_known_sale_the_list_says_that_the_shop_is_up() -> None:
    shop = FailingShop(failing={"77"})
    found, _ = await shop.find(ids(77), known=())
    assert found["77"].failure
    assert shop.asked == ["77", "list", "77"]


async def test_a_shop_that_is_down_ends_them_all_with_its_own_error() -> None:
    shop = FailingShop(down=True)
    async with edd(Script(shop.answer)) as service:
        with pytest.raises(ServerFailed, match="trouble"):
            await LookUps(service, Time(), {By.ROW_ID: ["1"]}).find(ids(2, 3))
    assert shop.asked.count("list") == 3, "with the patience of a read"


async def test_a_line_that_breaks_is_tried_again_as_ever() -> None:
    found, _ = await FailingShop(drops=2).find(ids(2))
    assert found["2"].order is not None
    shop = FailingShop(drops=99)
    async with edd(Script(shop.answer)) as service:
        with pytest.raises(ConnectionFailed):
            await LookUps(service, Time(), {}).find(ids(2))
    assert len(shop.asked) == 3


async def test_an_answer_without_a_sale_says_that_there_is_none_beside_one_that_finds() -> None:
    found, look_ups = await FailingShop().find(ids(77, 2))
    assert (found["77"], look_ups.finds) == (SaleAnswer(), {By.ROW_ID})
    shop = FailingShop()
    found, look_ups = await shop.find(ids(77))
    assert (found["77"], look_ups.finds, shop.asked) == (SaleAnswer(), {By.ROW_ID}, ["77", "1"])
    shop = FailingShop(by_id=False)
    found, look_ups = await shop.find(ids(77))
    assert (found["77"], look_ups.finds, shop.asked) == (SaleAnswer(), set(), ["77", "1"])
    _, look_ups = await FailingShop(by_id=False).find([*ids(77), *keys(2)])
    assert look_ups.finds == {By.KEY}


async def test_what_stands_for_no_sale_and_what_can_not_be_used() -> None:
    rows: dict[str, object] = {
        "5": {"ID": "", "key": "", "mode": "live", "status": "pending"},  # EDD 2's sale that is none
        "6": {**sale(6), "total": "-12.00"},  # money given back
        "7": {**sale(7), "email": None},
    }

    def answer(request: httpx.Request) -> Answer:
        form = dict(httpx.QueryParams(request.content.decode()))
        return reply({"sales": [rows[form["id"]]], **NOTHING})

    async with edd(Script(answer)) as service:
        found = await LookUps(service, Time(), {}).find(ids(5, 6, 7))
    assert list(found.values())[:2] == [SaleAnswer(), SaleAnswer()]
    unreadable = found[SaleQuery(By.ROW_ID, "7")].unreadable
    assert unreadable is not None
    assert (unreadable.number, unreadable.path, unreadable.email) == ("7", "email", "")
