"""The HTTP policy keeps secrets: none in an error, a traceback or a log."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest

from bema_tui.errors import BadAnswer, BemaError
from bema_tui.providers.edd.lookups import By, SaleQuery
from bema_tui.providers.http.call import Service
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.http.url import base_url
from bema_tui.providers.mailerlite.batch import BatchItem
from bema_tui.secrets import Secret
from tests.providers.helpers import (
    KEY,
    TOKEN,
    URL,
    Answer,
    Notes,
    Script,
    Time,
    client,
    cut,
    down,
    edd,
    mailerlite,
    page,
    reply,
)
from tests.providers.rows import sale, subscriber


async def everything_that_goes_wrong() -> list[BemaError]:
    """Every kind of failure, each with the key in the text that comes from outside."""
    answers: list[Answer] = [
        cut(),
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'"),
        reply({"message": f"Bad key {KEY}"}, 401),
        reply({"message": f"Bad key {KEY}", "errors": {KEY: [KEY]}}, 422),
        reply({"message": KEY}, 500),
        reply({"message": KEY}, 429),
        httpx.Response(301, headers={"location": f"https://x.example/{KEY}?key={KEY}"}),
        page(KEY),
    ]
    errors: list[BemaError] = []
    for answer in answers:
        for write in (False, True):
            try:
                await client(Script([answer])).request_json("POST", "/", write=write, tried="try")
            except BemaError as error:
                errors.append(error)
    return errors


def frames_with(secret: str, error: BaseException) -> list[str]:
    """The functions of ours in an error's traceback whose local variables show the secret."""
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    ours = [frame for frame in frames if "/bema_tui/" in frame.filename]
    assert ours
    return [frame.name for frame in ours if secret in str(frame.locals)]


async def test_no_secret_in_an_error_a_traceback_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.NOTSET)
    logging.getLogger("httpcore").setLevel(logging.NOTSET)
    errors = await everything_that_goes_wrong()
    await client(Script([reply({"ok": 1})])).request("GET", "/things")
    assert len(errors) == 16
    for error in errors:
        assert frames_with(KEY, error) == []
        assert KEY not in f"{error} {error.as_dict()} {error!r}"
        assert error.__context__ is None
        assert error.__cause__ is None
    assert any(record.name == "bema_tui.http" for record in caplog.records)
    assert KEY not in caplog.text
    assert not [record.name for record in caplog.records if record.name.startswith("http")]
    assert not [record for record in caplog.records if KEY in str(record.__dict__)]


async def test_no_frame_of_a_failed_try_hangs_on_to_an_address_that_holds_the_key() -> None:
    service = Service("EDD", base_url(URL, setting="The URL"), query={"key": Secret(KEY)})
    too_long = Script([page("x" * 5000)])
    shop = ServiceClient(
        service,
        gate=Notes(),
        interrupt=Time(),
        meter=Notes(),
        policy=HttpPolicy(max_body=4000),
        transport=too_long.transport,
    )
    with pytest.raises(BadAnswer, match="4000") as caught:
        await shop.request("GET", "/")
    assert KEY[-10:] in str(too_long.requests[0].url)
    assert frames_with(KEY[-10:], caught.value) == []


async def test_each_try_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="bema_tui.http")
    script = Script([down(), reply({}, 500), reply({"ok": 1})])
    await client(script).request("GET", "/things", params={"cursor": "abc"}, tried="read things")
    lines = [record.getMessage() for record in caplog.records if record.name == "bema_tui.http"]
    assert [line.split(": ", 2)[2].split(" in ")[0] for line in lines] == ["no connection could be made", "500", "200"]
    assert all("GET /things (read things)" in line and "cursor" not in line for line in lines)


async def test_what_an_item_of_a_batch_is_answered_shows_no_key_that_it_repeats() -> None:
    refused: dict[str, object] = {"message": f"no, {KEY}", "errors": {KEY: [f"{KEY}!"]}}
    odd = subscriber(1, groups=[]) | {"status": KEY}
    rows = [{"code": 422, "body": refused}, {"code": KEY}, {"code": 200, "body": {"data": odd}}]
    words, unread, record = await mailerlite(Script([reply({"responses": rows})])).batch([BatchItem.read("1")] * 3)
    assert words.message == "no, [hidden]; [hidden]: [hidden]!"
    assert KEY not in str(words.body)
    assert "[hidden]" in unread.problem
    with pytest.raises(BadAnswer, match=r"\[hidden\]") as caught:
        record.subscriber()
    assert KEY not in str(caught.value)


async def test_a_record_that_cant_be_read_is_told_without_a_key_that_it_repeats() -> None:
    rows = [subscriber(1, groups=[]), subscriber(2, groups=[]) | {"status": f"at {KEY}"}]
    answer = reply({"data": rows, "meta": {"next_cursor": None}})
    pages = [found async for found in mailerlite(Script([answer])).get_subscribers(with_groups=True)]
    (broken,) = pages[0].broken
    assert (len(pages[0].subscribers), "at [hidden]" in broken.problem) == (1, True)
    shop = edd(Script([reply({"sales": [sale(1) | {"date_utc": TOKEN}]})]))
    unread = (await shop.ask_for_sale(SaleQuery(By.ROW_ID, "1"))).unreadable
    assert unread is not None
    assert ("[hidden]" in unread.problem, TOKEN in str(unread)) == (True, False)


async def test_a_short_key_is_no_reason_to_change_what_a_record_says() -> None:
    service = Service("MailerLite", base_url(URL, setting="The URL"), bearer=Secret("album"))
    told = ServiceClient(
        service,
        gate=Notes(),
        interrupt=Time(),
        meter=Notes(),
        transport=Script([reply({"title": "My album"})]).transport,
    )
    assert await told.request_json("GET", "/") == {"title": "My album"}
