"""The subscribers of a plan: what the filter searches, and whose changes are shown below, however far one goes."""

from __future__ import annotations

from attrs import evolve

from bema_tui.model import Cause, Purpose, Tier
from bema_tui.store.snapshot.views import PlanRule, PlanSubscriber
from bema_tui.tui.screens.plan import PlanScreen
from bema_tui.tui.widgets.row_table import PAGE
from tests.tui.console import Console, opened_console
from tests.tui.sample import BOUGHT, HandReader

PREORDERED = Purpose(Cause.PURCHASE, Tier.GOLD, Tier.GOLD_PURCHASED)


class _TwoCauses(HandReader):
    """A plan of many subscribers who move for one cause and a few who move for another."""

    def __init__(self) -> None:
        super().__init__(subscribers=1_200)
        self.others = [
            evolve(each, purpose=PREORDERED, subscriber_id=f"z.{each.email}", email=f"z.{each.email}")
            for each in self.subscribers[:40]
        ]

    async def plan_rules(self, run_id: int) -> tuple[PlanRule, ...]:
        return tuple(
            PlanRule(purpose, len(subscribers), 3 * len(subscribers))
            for purpose, subscribers in ((BOUGHT, self.subscribers), (PREORDERED, self.others))
        )

    async def plan_subscribers(
        self, run_id: int, purpose: Purpose | None, offset: int, limit: int
    ) -> tuple[PlanSubscriber, ...]:
        return tuple((self.others if purpose == PREORDERED else self.subscribers)[offset : offset + limit])


async def opened(console: Console) -> PlanScreen:
    console.app.open_run(417)
    await console.until(lambda: isinstance(console.app.screen, PlanScreen) and console.app.screen.rules.total > 0)
    screen = console.app.screen
    assert isinstance(screen, PlanScreen)
    return screen


async def test_the_filter_searches_the_subscribers_of_the_cause_that_the_cursor_is_on() -> None:
    async with opened_console(_TwoCauses()) as console:
        screen = await opened(console)
        await console.press("down", "slash")
        await console.type("person00")
        await console.press("enter")
        await console.until_shows("100 of 1,200 match 'person00'")
        screen.rules.focus()
        await console.press("down")
        await console.until_shows("40 of 40 match 'person00'")
        await console.until_shows("z.person0000@example.org")
        await console.press("slash")
        await console.type("1")
        await console.press("enter")
        await console.until_shows("10 of 40 match 'person001'")
        assert not console.shows(" person0010@example.org")


async def test_the_subscriber_under_the_cursor_has_their_changes_after_any_number_of_pages() -> None:
    async with opened_console(HandReader(subscribers=3_000), size=(120, 40)) as console:
        screen = await opened(console)
        screen.subscribers.focus()
        await console.until(lambda: screen.subscribers.subscriber is not None)
        for last in range(PAGE - 1, 45 * PAGE, PAGE):  # to the end of each page, and over its edge
            screen.subscribers._go(last)
            await console.until(lambda: screen.subscribers.subscriber is not None)
            screen.subscribers.action_move(1)
            await console.until(lambda: screen.subscribers.subscriber is not None)
            screen.subscribers.action_move(-1)
            assert screen.subscribers.subscriber is not None
        await console.pilot.pause()
        assert console.shows("order 10391, complete")
        assert len(screen.subscribers._subscribers) <= 3 * PAGE
