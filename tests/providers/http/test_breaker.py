"""The breaker: when nobody asks any more, when one may, and that what we end ourselves says nothing about a service."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.errors import ConnectionFailed, LockLost, NotAuthorized, RequestRefused, WriteUnknown
from bema_tui.providers.http.breaker import Breaker, BreakerState, CircuitOpen
from bema_tui.providers.http.null_ports import NoMeter, Unlimited
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.secrets import Secret
from tests.providers.helpers import KEY, URL, Answer, Script, Time, before, client, down, edd, reply

OK = reply({"ok": 1})


async def test_it_opens_after_failures_in_a_row_and_then_sends_nothing() -> None:
    script, time = Script([down()]), Time()
    http = client(script, time, tries=2, breaker_failures=3, breaker_seconds=60.0)
    for _ in range(3):
        with pytest.raises(ConnectionFailed, match="can't be reached"):
            await http.request("GET", "/")
    assert (http.breaker.state, len(script.requests)) == (BreakerState.OPEN, 6)
    started = time.now
    for write in (False, True):
        with pytest.raises(CircuitOpen) as caught:
            await http.request("PUT", "/things", write=write, tried="set a field")
    error = caught.value
    assert isinstance(error, ConnectionFailed)
    assert error.retryable
    assert "3 times in a row" in error.message
    assert "in 60 seconds" in error.message
    assert "Nothing was sent" in error.advice
    assert error.tried == "set a field"
    assert (len(script.requests), time.now) == (6, started)


@pytest.mark.parametrize("answer", [reply({}, 404), reply({}, 422), reply({}, 401)])
async def test_any_answer_starts_the_count_anew(answer: Answer) -> None:
    script = Script([down(), down(), answer, down(), down(), down(), OK])
    http = client(script, tries=1, breaker_failures=3)
    states = []
    for _ in range(6):
        with pytest.raises((ConnectionFailed, RequestRefused, NotAuthorized)):
            await http.request("GET", "/")
        states.append(http.breaker.state)
    assert states == [BreakerState.CLOSED] * 5 + [BreakerState.OPEN], "two before it count no more, three after it do"


async def test_a_quota_refusal_is_an_answer() -> None:
    http = client(Script([reply({}, 429, retry_after="700")]), breaker_failures=1)
    with pytest.raises(Exception, match="quota"):
        await http.request("GET", "/")
    assert http.breaker.state is BreakerState.CLOSED


async def test_half_open_one_probe_with_a_single_try_closes_it_or_opens_it_again() -> None:
    script, time = Script([down(), down(), OK]), Time()
    http = client(script, time, tries=1, breaker_failures=1, breaker_seconds=30.0)
    with pytest.raises(ConnectionFailed):
        await http.request("GET", "/")
    time.now += 30.0
    assert http.breaker.state is BreakerState.HALF_OPEN
    with pytest.raises(ConnectionFailed):
        await http.request("GET", "/")
    assert (http.breaker.state, http.breaker.seconds_left) == (BreakerState.OPEN, 30.0)
    time.now += 29.0
    with pytest.raises(CircuitOpen, match="in 1 seconds"):
        await http.request("GET", "/")
    time.now += 1.0
    assert await http.request_json("GET", "/") == {"ok": 1}
    assert (http.breaker.state, http.breaker.seconds_left) == (BreakerState.CLOSED, 0)


async def test_a_probe_is_tried_once_whatever_the_policy_allows() -> None:
    script, time = Script([down()]), Time()
    http = client(script, time, tries=4, breaker_failures=1)
    for sent in (4, 5):
        with pytest.raises(ConnectionFailed):
            await http.request("GET", "/")
        assert len(script.requests) == sent
        time.now += 30.0


async def test_while_a_probe_runs_nobody_else_is_let_through() -> None:
    gate, time = asyncio.Event(), Time()
    script = Script([down(), OK])
    http = client(script, time, tries=1, breaker_failures=1)
    with pytest.raises(ConnectionFailed):
        await http.request("GET", "/")
    time.now += 30.0

    async def fence() -> None:
        await gate.wait()

    probe = asyncio.create_task(http.request("PUT", "/", write=True, before_try=fence))
    await asyncio.sleep(0)
    with pytest.raises(CircuitOpen, match="the probe that runs"):
        await http.request("GET", "/")
    gate.set()
    assert (await probe).status_code == 200
    await http.request("GET", "/")


async def test_a_probe_that_we_end_ourselves_leaves_the_next_one_free() -> None:
    time = Time()
    http = client(Script([down(), OK]), time, tries=1, breaker_failures=1)
    with pytest.raises(ConnectionFailed):
        await http.request("GET", "/")
    time.now += 30.0

    def lost() -> None:
        raise LockLost("Somebody took the lock.")

    with pytest.raises(LockLost):
        await http.request("PUT", "/", write=True, before_try=before(lost))
    assert http.breaker.state.value == "half-open"
    await http.request("GET", "/")
    assert http.breaker.state.value == "closed"


async def test_a_lost_write_counts_as_a_failure_and_stays_unknown() -> None:
    http = client(Script([reply({}, 500)]), tries=1, breaker_failures=1)
    with pytest.raises(WriteUnknown):
        await http.request("PUT", "/", write=True)
    assert http.breaker.state is BreakerState.OPEN


async def test_every_provider_shows_its_breaker_and_can_share_one() -> None:
    time = Time()
    shared = Breaker(1, 30.0, clock=time)
    first, second = (
        MailerLite(
            URL,
            Secret(KEY),
            gate=Unlimited(),
            interrupt=time,
            meter=NoMeter(),
            breaker=shared,
            transport=Script([answer]).transport,
        )
        for answer in (down(), reply({"message": ""}, 404))
    )
    with pytest.raises(ConnectionFailed):
        await first.count_subscribers()
    assert second.breaker.state is BreakerState.OPEN
    with pytest.raises(CircuitOpen, match="MailerLite failed 1 times"):
        await second.find_subscriber("a@b.example")
    time.now += 30.0
    assert await second.find_subscriber("a@b.example") is None
    assert first.breaker.state is BreakerState.CLOSED
    shop = edd(Script([reply({"error": "Invalid query!"}, 400)]))
    with pytest.raises(RequestRefused):
        await shop.has_right()
    assert shop.breaker.state is BreakerState.CLOSED


@given(
    st.integers(1, 4),
    st.lists(st.sampled_from(["ok", "fail", "stop", "wait", "long wait"]), max_size=30),
)
def test_it_is_open_exactly_after_enough_failures_in_a_row_and_never_for_ever(most: int, events: list[str]) -> None:
    time = Time()
    breaker = Breaker(most, 10.0, clock=time)
    in_a_row, open_until = 0, 0.0
    for event in events:
        if "wait" in event:
            time.now += 4.0 if event == "wait" else 10.0
            continue
        should_open = in_a_row >= most and time.now < open_until
        try:
            probe = breaker.enter("X", "here", "try")
        except CircuitOpen:
            assert should_open
            continue
        assert not should_open
        assert probe == (in_a_row >= most)
        breaker.left(probe=probe, answered={"ok": True, "fail": False, "stop": None}[event])
        in_a_row = {"ok": 0, "fail": in_a_row + 1, "stop": in_a_row}[event]
        if event == "fail" and in_a_row >= most:
            open_until = time.now + 10.0
        assert (breaker.state is BreakerState.CLOSED) == (in_a_row < most)
