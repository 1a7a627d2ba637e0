"""Waits of a client: what is no try, how long in all, what each is called, and that it is shown while it lasts."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from bema_tui.errors import ConnectionFailed, RateLimited, Stopped
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.http.call import Service
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.http.null_ports import NoMeter, Unlimited
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.http.url import base_url
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.providers.quota.gate import OwnPeriod, QuotaGate
from bema_tui.providers.quota.period import QuotaPeriod
from bema_tui.secrets import Secret
from bema_tui.waits import Wait, WaitReason, waiting
from tests.providers.helpers import KEY, TOKEN, URL, Answer, Board, Script, Time, damaged, down, reply

INFO = reply({"info": {"site": {"currency": "EUR"}, "permissions": {"view_shop_reports": True}}})


def shop(answers: list[Answer], time: Time, board: Board) -> tuple[EasyDigitalDownloads, Script]:
    script = Script(answers)
    made = EasyDigitalDownloads(
        "https://shop.example/",
        Secret(KEY),
        Secret(TOKEN),
        interrupt=time,
        meter=NoMeter(),
        transport=script.transport,
        waits=board,
        policy=HttpPolicy(base=5.0),
    )
    return made, script


def account(answers: list[Answer], time: Time, board: Board) -> tuple[MailerLite, Script]:
    script = Script(answers)
    gate = QuotaGate(interrupt=time, clock=time, waits=board)
    made = MailerLite(
        URL, Secret(KEY), gate=gate, interrupt=time, meter=NoMeter(), transport=script.transport, waits=board
    )
    return made, script


@pytest.mark.fault("D5")
@pytest.mark.parametrize(("asked", "waited"), [("600", 30.0), ("31", 30.0), ("5", 5.0), ("0", 1.0), ("1e18", 30.0)])
async def test_a_shop_in_maintenance_is_asked_again_after_half_a_minute_at_most_and_that_is_no_try(
    asked: str, waited: float
) -> None:
    time = Time()
    board = Board(time)
    answers: list[Answer] = [reply({}, 503, retry_after=asked) for _ in range(12)]
    service, script = shop([*answers, INFO], time, board)
    assert await service.has_right()
    assert time.slept == [waited] * 12
    assert board.shown == [(Wait(WaitReason.UNAVAILABLE, "EDD", "it answered 503"), waited)] * 12
    assert not board.now
    assert len(script.requests) == 13


@pytest.mark.fault("D5", "A8")
async def test_over_ten_minutes_of_maintenance_pause_for_what_the_shop_asks_for() -> None:
    time = Time()
    service, script = shop([reply({}, 503, retry_after="900")], time, Board(time))
    with pytest.raises(RateLimited, match="EDD is not available: it answered 503, over and over") as caught:
        await service.has_right()
    assert sum(time.slept) == 600
    assert len(script.requests) == 21
    assert caught.value.seconds == 900
    assert caught.value.wait == Wait(WaitReason.UNAVAILABLE, "EDD", "it answered 503")
    assert "quota" not in str(caught.value)


async def test_a_shop_that_is_down_without_saying_for_how_long_is_tried_three_times() -> None:
    time = Time()
    service, script = shop([reply({}, 503)], time, Board(time))
    with pytest.raises(ConnectionFailed, match="it answered 503"):
        await service.has_right()
    assert len(script.requests) == 3


@pytest.mark.fault("A8")
async def test_a_shops_429_is_a_wait_and_no_quota() -> None:
    time = Time()
    board = Board(time)
    service, _ = shop([reply({}, 429, retry_after="600"), INFO], time, board)
    assert await service.has_right()
    assert time.slept == [600]
    assert board.shown == [(Wait(WaitReason.TOO_MANY, "EDD", "it answered 429"), 600)]
    assert str(board.shown[0][0]) == "waits for the shop: it answered 429"
    time = Time()
    service, _ = shop([reply({}, 429, retry_after="601")], time, board)
    with pytest.raises(RateLimited) as caught:
        await service.has_right()
    assert "quota" not in str(caught.value)
    assert "Something in front of the shop counts requests" in caught.value.advice


@pytest.mark.fault("A8")
async def test_mailerlites_429_is_its_quota_and_is_waited_for_at_the_gate() -> None:
    time = Time()
    board = Board(time)
    service, _ = account([reply({}, 429, retry_after="119"), reply({"total": 7})], time, board)
    assert await service.count_subscribers() == 7
    assert time.slept == [119]
    assert board.shown == [(Wait(WaitReason.QUOTA, "MailerLite"), 119)]
    assert not board.now


@pytest.mark.fault("A8")
async def test_a_full_window_is_shown_while_it_is_waited_for() -> None:
    time = Time()
    board = Board(time)
    gate = QuotaGate(interrupt=time, clock=time, waits=board)
    await gate.admit(110)
    assert board.shown == []
    await gate.admit(1)
    assert board.shown == [(Wait(WaitReason.QUOTA, "MailerLite"), 60.0)]
    assert not board.now


@pytest.mark.fault("A8")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply({}, 502), "it answered 502"),
        (reply({"message": "Server Error"}, 500), "it answered 500"),
        (down(), "no connection could be made"),
        (damaged(), "JSON that is cut off or damaged"),
    ],
)
async def test_a_back_off_says_which_try_follows_and_why(answer: Answer, said: str) -> None:
    time = Time()
    board = Board(time)
    service, _ = shop([answer, answer, INFO], time, board)
    assert await service.has_right()
    assert [wait for wait, _ in board.shown] == [Wait(WaitReason.RETRY, "EDD", said, attempt, 3) for attempt in (2, 3)]
    assert all(shown >= slept for (_, shown), slept in zip(board.shown, time.slept, strict=True))
    assert not board.now
    assert str(board.shown[0][0]) == f"waits for the shop: {said}, try 2 of 3"


@pytest.mark.fault("A8")
async def test_a_try_after_a_silent_one_is_shown_until_it_is_answered() -> None:
    time = Time()
    board = Board(time)
    during: list[list[Wait]] = []

    def silent_twice(_request: httpx.Request) -> Answer:
        during.append(list(board.now.values()))
        if len(during) < 3:
            time.now += 30.0
            return httpx.ReadTimeout("silence")
        return INFO

    script = Script(silent_twice)
    asking = ServiceClient(
        Service(name="EDD", url=base_url("https://shop.example/", setting="The URL")),
        gate=Unlimited(),
        interrupt=time,
        meter=NoMeter(),
        transport=script.transport,
        jitter=lambda most: most,
        clock=time,
        waits=board,
    )
    assert (await asking.request("GET", "/")).status_code == 200
    said = "no answer within 30 seconds"
    second, third = (Wait(WaitReason.RETRY, "EDD", said, attempt, 3) for attempt in (2, 3))
    assert during == [[], [second], [third]]
    assert board.shown == [(second, 31.0), (third, 32.0)]
    assert str(second) == f"waits for the shop: {said}, try 2 of 3"
    assert not board.now


async def test_what_retry_after_says_of_other_troubles_is_a_try_and_all_of_it_has_an_end() -> None:
    time = Time()
    service, script = account([reply({}, 503, retry_after="400")], time, Board(time))
    with pytest.raises(RateLimited, match="MailerLite has trouble, it answered 503, and asks for 400 seconds"):
        await service.count_subscribers()
    assert (time.slept, len(script.requests)) == ([400], 2)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_stop_ends_every_wait_at_once_and_nothing_stays_shown(status: int) -> None:
    time = Time(stop_at=1010)
    board = Board(time)
    service, script = shop([reply({}, status, retry_after="600")], time, board)
    with pytest.raises(Stopped):
        await service.has_right()
    assert (time.now, len(script.requests), board.now) == (1010, 1, {})


async def test_a_window_that_somebody_opened_is_seen_before_its_time() -> None:
    """The window is shared: another process clears its closing while this one waits."""
    time = Time()

    class Shared(OwnPeriod):
        async def change(self, step: Callable[[QuotaPeriod], QuotaPeriod]) -> QuotaPeriod:
            cleared = time.now >= 1020.0
            return await super().change(lambda window: step(QuotaPeriod(120) if cleared else window))

    gate = QuotaGate(interrupt=time, clock=time, keeper=Shared(120), waits=Board(time))
    await gate.refused(500)
    await gate.admit(1)
    assert time.now == 1020.0
    assert time.slept == [5.0] * 4


async def test_no_pacing_makes_the_client_wait_and_a_window_does_not() -> None:
    time = Time()
    assert await Unlimited().refused(7.0) == 7.0
    assert await QuotaGate(interrupt=time, clock=time).refused(7.0) == 0.0


async def test_a_wait_is_shown_no_longer_than_its_block() -> None:
    board = Board(Time())

    async def fails() -> None:
        async with waiting(board, Wait(WaitReason.MEMORY), 5.0):
            assert list(board.now.values()) == [Wait(WaitReason.MEMORY)]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert not board.now
