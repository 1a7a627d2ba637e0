"""The HTTP policy keeps secrets: none in an error, a traceback or a log."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest

from bema_tui.errors import BadAnswer, BemaError
from bema_tui.providers.http.call import Service
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.http.url import base_url
from bema_tui.secrets import Secret
from tests.providers.helpers import KEY, URL, Answer, Notes, Script, Time, client, cut, down, page, reply


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
