"""The list of waits: short ones are not told, the one that ends last is, and each change once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bema_tui.sync.run_waits import ShownWait, WaitList
from bema_tui.waits import Wait, WaitReason

QUOTA, SHOP = Wait(WaitReason.QUOTA, "MailerLite"), Wait(WaitReason.UNAVAILABLE, "EDD", "it answered 503")
START = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)


class Told:
    """A list of waits, with everything that it told."""

    def __init__(self) -> None:
        self.now = START
        self.told: list[ShownWait | None] = []
        self.list = WaitList(self._tell, lambda: self.now)

    async def _tell(self, shown: ShownWait | None) -> None:
        await asyncio.sleep(0)  # as a database does
        self.told.append(shown)


def shown(wait: Wait, seconds: float) -> ShownWait:
    return ShownWait(wait, START + timedelta(seconds=seconds))


async def test_a_wait_of_two_seconds_is_not_told_and_a_longer_one_is() -> None:
    told = Told()
    await told.list.show("a", QUOTA, 2.0)
    await told.list.clear("a")
    assert told.told == []
    await told.list.show("a", QUOTA, 2.1)
    await told.list.clear("a")
    assert told.told == [shown(QUOTA, 2.1), None]


async def test_a_wait_that_is_looked_at_each_second_is_told_once_and_its_new_end_again() -> None:
    told = Told()
    for second in range(30):
        told.now = START + timedelta(seconds=second)
        await told.list.show("gate", QUOTA, 60.0 - second)
    assert told.told == [shown(QUOTA, 60)]
    await told.list.show("gate", QUOTA, 90.0)
    await told.list.show("gate", QUOTA, 1.0)
    await told.list.clear("gate")
    assert told.told[1:] == [shown(QUOTA, 119), shown(QUOTA, 30), None]


async def test_four_pages_that_wait_at_once_are_told_as_one() -> None:
    told = Told()
    await asyncio.gather(*(told.list.show(page, SHOP, 30.0) for page in range(4)))
    await asyncio.gather(*(told.list.clear(page) for page in range(4)))
    assert told.told == [shown(SHOP, 30), None]


async def test_of_several_the_one_that_ends_last_is_told() -> None:
    told = Told()
    await told.list.show("shop", SHOP, 30.0)
    await told.list.show("gate", QUOTA, 60.0)
    await told.list.show("page", SHOP, 20.0)
    await told.list.clear("gate")
    await told.list.clear("shop")
    await told.list.clear("page")
    assert told.told == [shown(SHOP, 30), shown(QUOTA, 60), shown(SHOP, 30), shown(SHOP, 20), None]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.one_of(st.none(), st.floats(0, 100))), max_size=30))
def test_what_was_told_last_is_what_is_waited_for(steps: list[tuple[str, float | None]]) -> None:
    async def run() -> None:
        told = Told()
        waits: dict[str, float] = {}
        for key, seconds in steps:
            if seconds is None:
                await told.list.clear(key)
                waits.pop(key, None)
            else:
                await told.list.show(key, QUOTA, seconds)
                if seconds > 2.0 or key in waits:
                    waits[key] = seconds
        last = told.told[-1] if told.told else None
        if not waits:
            assert last is None
        else:
            assert last is not None
            assert abs((last.until - START).total_seconds() - max(waits.values())) <= 1.0
        assert all(one != other for one, other in zip(told.told, told.told[1:], strict=False))

    asyncio.run(run())
