"""The HTTP policy: what is tried again, how long it waits, what each failure is called, and that a stop ends it."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui import __version__
from bema_tui.errors import (
    BadAnswer,
    BemaError,
    ConnectionFailed,
    LockLost,
    NotAuthorized,
    RateLimited,
    RequestRefused,
    Stopped,
    WriteUnknown,
)
from bema_tui.providers.http.breaker import BreakerState
from bema_tui.providers.http.client import quota_number
from bema_tui.providers.http.failures import retry_after
from tests.providers.helpers import KEY, Answer, Notes, Script, Time, before, client, cut, damaged, down, page, reply

RETRIED = [408, 425, 500, 502, 503, 504, 599]
REFUSED = [400, 404, 405, 409, 410, 418, 422]


async def test_a_good_answer_comes_back_and_is_counted() -> None:
    script, notes = Script([reply({"ok": 1}, x_ratelimit_limit="120", x_ratelimit_remaining="69")]), Notes()
    http = client(script, notes=notes)
    assert await http.request_json("GET", "/things", params={"filter[status]": "active"}, cost=51) == {"ok": 1}
    assert notes.admitted == [51]
    assert notes.learned == [(120, 69, 51)]
    assert notes.counted == [("MailerLite", False, 51, False)]
    (request,) = script.requests
    assert str(request.url) == "https://service.example/api/things?filter%5Bstatus%5D=active"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["user-agent"] == f"bema-tui/{__version__}"
    assert request.headers["accept"] == request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", RETRIED)
async def test_a_passing_trouble_is_tried_again(status: int) -> None:
    script, notes = Script([page(status=status), page(status=status), reply({"ok": 1})]), Notes()
    assert await client(script, notes=notes).request_json("GET", "/") == {"ok": 1}
    assert [retried for *_, retried in notes.counted] == [False, True, True]
    assert notes.learned == [(None, None, 1)] * 3


@pytest.mark.parametrize("status", [s for s in RETRIED if s != 425])
async def test_a_lasting_trouble_fails_a_read_and_leaves_a_write_unknown(status: int) -> None:
    script = Script([reply({"message": "Server Error"}, status)])
    with pytest.raises(ConnectionFailed) as caught:
        await client(script).request("GET", "/things")
    assert len(script.requests) == 3
    assert str(status) in caught.value.message
    assert caught.value.advice
    assert caught.value.retryable
    with pytest.raises(WriteUnknown):
        await client(script).request("PUT", "/things", write=True)
    assert len(script.requests) == 6


async def test_a_write_that_certainly_did_not_happen_is_not_unknown() -> None:
    for answer in (down(), reply({}, 425)):
        with pytest.raises(ConnectionFailed):
            await client(Script([answer])).request("PUT", "/", write=True)


@pytest.mark.parametrize("status", REFUSED)
async def test_a_refusal_is_final_and_says_what_the_service_said(status: int) -> None:
    body = {"message": "The given data was invalid.", "errors": {"email": ["Not an \x1b[31maddress"]}}
    script = Script([reply(body, status)])
    with pytest.raises(RequestRefused) as caught:
        await client(script).request("POST", "/", write=True)
    assert len(script.requests) == 1
    assert caught.value.status == status
    assert caught.value.detail == "The given data was invalid; email: Not an ␛[31maddress"


async def test_a_long_refusal_is_bounded() -> None:
    with pytest.raises(RequestRefused) as caught:
        await client(Script([reply({"message": "x" * 10_000}, 422)])).request("GET", "/")
    assert len(caught.value.detail) == 300


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_not_authorized(status: int) -> None:
    script = Script([reply({"message": "Unauthenticated."}, status)])
    with pytest.raises(NotAuthorized, match="Unauthenticated"):
        await client(script).request("GET", "/")
    assert len(script.requests) == 1


async def test_a_404_page_of_a_web_server_is_no_absence() -> None:
    with pytest.raises(BadAnswer):
        await client(Script([page(status=404)])).request("GET", "/subscribers/1")


# Waiting


async def test_back_off_doubles_and_is_capped() -> None:
    time = Time()
    with pytest.raises(ConnectionFailed):
        await client(Script([down()]), time, tries=8, base=2.0, cap=20.0).request("GET", "/")
    assert time.slept == [2, 4, 8, 16, 20, 20, 20]


async def test_the_default_jitter_stays_within_the_back_off() -> None:
    time = Time()
    with pytest.raises(ConnectionFailed):
        await client(Script([down()]), time, jitter=None, tries=40, cap=3.0).request("GET", "/")
    assert len(time.slept) == 39
    assert all(0 < seconds <= 3.0 for seconds in time.slept)
    assert len(set(time.slept)) > 30


async def test_retry_after_wins_over_the_back_off() -> None:
    time = Time()
    script = Script([reply({}, 503, retry_after="77"), reply({"ok": 1})])
    assert await client(script, time).request_json("GET", "/") == {"ok": 1}
    assert time.slept == [77]


async def test_a_retry_after_beyond_all_patience_gives_up_at_once() -> None:
    script, time = Script([reply({}, 503, retry_after="3600")]), Time()
    with pytest.raises(RateLimited, match="asks for an hour") as caught:
        await client(script, time).request("GET", "/")
    assert (len(script.requests), time.slept, caught.value.seconds) == (1, [], 3600)
    with pytest.raises(WriteUnknown):
        await client(script, time).request("PUT", "/", write=True)


async def test_429_is_no_try_and_the_gate_hears_of_it() -> None:
    many: list[Answer] = [reply({"message": "Too Many Attempts."}, 429, retry_after="119") for _ in range(4)]
    time, notes = Time(), Notes()
    script = Script([*many, reply({}, 500), reply({}, 429), reply({}, 500), reply({"ok": 1})])
    assert await client(script, time, notes).request_json("POST", "/", write=True) == {"ok": 1}
    assert notes.refusals == [119, 119, 119, 119, 60]
    assert time.slept == [119, 119, 119, 119, 1, 60, 2]


async def test_429_for_over_ten_minutes_pauses() -> None:
    time = Time()
    with pytest.raises(RateLimited) as caught:
        await client(Script([reply({}, 429, retry_after="250")]), time).request("POST", "/", write=True)
    assert (time.slept, caught.value.seconds) == ([250, 250], 250)
    assert caught.value.retryable


async def test_a_stop_ends_a_wait_and_forbids_the_next_request() -> None:
    for answers, stop_at in (([reply({}, 429)], 1010), ([down()], 1000.5), ([reply({})], 1000)):
        script, time = Script(answers), Time(stop_at=stop_at)
        with pytest.raises(Stopped):
            await client(script, time).request("PUT", "/", write=True)
        assert time.now == stop_at
        assert len(script.requests) == (0 if stop_at == 1000 else 1)


async def test_a_stop_that_comes_while_the_quota_is_asked_for_is_heeded_too() -> None:
    time = Time()

    class Busy(Notes):
        async def admit(self, cost: int) -> None:
            time.stop_at = time.now

    script = Script([reply({})])
    with pytest.raises(Stopped):
        await client(script, time, Busy()).request("PUT", "/", write=True)
    assert script.requests == []


async def test_a_stop_after_a_lost_write_leaves_it_unknown() -> None:
    with pytest.raises(WriteUnknown):
        await client(Script([cut()]), Time(stop_at=1000.5)).request("PUT", "/", write=True)


# Lost answers


async def test_a_repeatable_write_is_repeated_after_a_lost_answer() -> None:
    script = Script([cut(), reply({"ok": 1})])
    assert await client(script).request_json("PUT", "/", write=True) == {"ok": 1}


@pytest.mark.parametrize("answer", [cut(), httpx.ReadTimeout("slow"), reply({}, 500), reply({}, 408)])
async def test_a_write_that_must_not_be_repeated_is_sent_once(answer: Answer) -> None:
    script = Script([answer, reply({"ok": 1})])
    with pytest.raises(WriteUnknown):
        await client(script).request("POST", "/", write=True, repeatable=False)
    assert len(script.requests) == 1


async def test_a_write_that_must_not_be_repeated_is_sent_again_when_it_never_left() -> None:
    script = Script([down(), reply({}, 429), reply({"ok": 1})])
    assert await client(script).request_json("POST", "/", write=True, repeatable=False) == {"ok": 1}


@pytest.mark.parametrize("last", [reply({}, 422), reply({}, 401), httpx.Response(302), down()])
async def test_once_lost_a_write_stays_unknown_whatever_comes_then(last: Answer) -> None:
    with pytest.raises(WriteUnknown):
        await client(Script([cut(), last])).request("PUT", "/", write=True)


@pytest.mark.fault("A6")
@pytest.mark.parametrize(
    "error",
    [
        ssl.SSLError(1, "[SSL] record layer failure"),
        OverflowError("connect(): port must be 0-65535."),
        UnicodeError("label empty or too long"),
        ConnectionResetError(104, "Connection reset by peer"),
        ExceptionGroup("unhandled errors in a TaskGroup", [OverflowError("port")]),
    ],
)
async def test_what_the_libraries_below_let_through_is_a_broken_connection(error: Exception) -> None:
    with pytest.raises(ConnectionFailed, match=r"connection|port"):
        await client(Script([error])).request("GET", "/")
    with pytest.raises(WriteUnknown):
        await client(Script([error])).request("PUT", "/", write=True)


async def test_after_a_loss_a_404_is_an_answer() -> None:
    with pytest.raises(RequestRefused):
        await client(Script([cut(), reply({"message": ""}, 404)])).request("DELETE", "/", write=True)


async def test_a_read_whose_answer_broke_off_is_tried_again() -> None:
    script = Script([damaged(), reply({"data": 1})])
    assert await client(script).request_json("GET", "/") == {"data": 1}
    assert len(script.requests) == 2


async def test_an_answer_that_is_damaged_each_time_is_a_bad_answer_of_a_service_that_is_up() -> None:
    script = Script([damaged()])
    asking = client(script, breaker_failures=1)
    with pytest.raises(BadAnswer, match="cut off or damaged") as caught:
        await asking.request_json("GET", "/", tried="read something")
    assert (len(script.requests), caught.value.tried) == (3, "read something")
    assert asking.breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize(("answer", "write"), [("damaged", True), ("page", False), ("empty", False)])
async def test_no_other_odd_answer_is_tried_again(answer: str, write: bool) -> None:
    empty = httpx.Response(200, headers={"content-type": "application/json"})
    script = Script([{"damaged": damaged(), "page": page(), "empty": empty}[answer]])
    with pytest.raises(WriteUnknown if write else BadAnswer):
        await client(script).request_json("PUT" if write else "GET", "/", write=write)
    assert len(script.requests) == 1


async def test_a_write_answered_by_something_else_than_json_is_unknown_and_a_read_is_a_bad_answer() -> None:
    for answer in (page(), httpx.Response(200, content=b'{"a":', headers={"content-type": "application/json"})):
        with pytest.raises(WriteUnknown):
            await client(Script([answer])).request_json("PUT", "/", write=True)
        with pytest.raises(BadAnswer):
            await client(Script([answer])).request_json("GET", "/")


async def test_the_fence_is_checked_before_every_try_and_its_no_is_final() -> None:
    checks: list[int] = []

    def fence() -> None:
        checks.append(len(checks))
        if len(checks) == 3:
            raise LockLost("Somebody took the lock.")

    script = Script([reply({}, 500)])
    with pytest.raises(LockLost):
        await client(script, tries=9).request("PUT", "/", write=True, before_try=before(fence))
    assert len(script.requests) == 2


# Answers that are not the API's


@pytest.mark.parametrize("location", ["https://www.service.example/api/?secret=1", "/elsewhere?secret=1#x"])
async def test_a_redirect_is_not_followed_and_names_the_right_address(location: str) -> None:
    script = Script([httpx.Response(301, headers={"location": location})])
    with pytest.raises(BadAnswer) as caught:
        await client(script).request("GET", "/")
    assert len(script.requests) == 1
    target = httpx.URL("https://service.example/api/").join(location)
    assert f"{target.host}{target.path}".rstrip("/") in caught.value.message
    assert "secret=" not in str(caught.value)


@pytest.mark.parametrize("location", ["", "https://[bad", "http://user:password@x.example/"])
async def test_an_odd_redirect_is_a_bad_answer_too(location: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        await client(Script([httpx.Response(302, headers={"location": location})])).request("GET", "/")
    assert "password" not in str(caught.value)


async def test_an_answer_over_the_limit_is_refused_also_when_packed() -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    packed = httpx.Response(200, content=gzip.compress(b" " * 100_000), headers=headers)
    for answer in (httpx.Response(200, content=b"x" * 5000), packed):
        with pytest.raises(BadAnswer, match="4000"):
            await client(Script([answer]), max_body=4000).request("GET", "/")
        with pytest.raises(WriteUnknown):
            await client(Script([answer]), max_body=4000).request("PUT", "/", write=True)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/json"),
        (b"[1]", "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'\xff{"a": 1}', "application/json"),
        (b'{"a": 1}', "text/html; charset=UTF-8"),
        (b'{"a": 1}', ""),
    ],
)
async def test_what_is_no_json_object_is_a_bad_answer(content: bytes, kind: str) -> None:
    answer = httpx.Response(200, content=content, headers={"content-type": kind} if kind else {})
    with pytest.raises(BadAnswer) as caught:
        await client(Script([answer])).request_json("GET", "/", tried="read something")
    assert caught.value.tried == "read something"
    assert caught.value.advice


@given(st.binary(max_size=200), st.integers(200, 599))
def test_arbitrary_answers_raise_nothing_but_our_errors(content: bytes, status: int) -> None:
    async def run() -> None:
        answer = httpx.Response(status, content=content, headers={"content-type": "application/json"})
        try:
            await client(Script([answer])).request_json("GET", "/")
        except BemaError as error:
            problem = str(error)
        else:
            problem = "none"
        assert problem

    asyncio.run(run())


# Headers


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("119", 119.0),
        (" 0 ", 0.0),
        ("-5", 0.0),
        ("1.5", 1.5),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("9" * 400, None),
        pytest.param("1000000000", 3600.0, marks=pytest.mark.fault("E5")),
        pytest.param("1e18", 3600.0, marks=pytest.mark.fault("E5")),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0, marks=pytest.mark.fault("E5")),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
    ],
)
def test_both_forms_of_retry_after(value: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert retry_after(httpx.Headers({"retry-after": value}), now) == seconds


def test_a_moment_of_retry_after_is_held_against_the_servers_own_clock() -> None:
    headers = httpx.Headers({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT", "date": "Sun, 22 Nov 2026 11:59:50 GMT"})
    assert retry_after(headers, datetime(2026, 11, 22, 15, tzinfo=UTC)) == 40.0


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF)))
def test_a_quota_header_is_a_small_number_or_nothing(header: str) -> None:
    number = quota_number(header)
    assert number is None or 0 <= number < 10**9


def test_quota_headers() -> None:
    numbers = ("120", " 0", "", None, "-1", "1.5", "x", "٣", "1000001", "9" * 5000)
    assert [quota_number(text) for text in numbers] == [120, 0, *[None] * 8]
