"""Real sockets: what an operator reads when a service is down, unknown, slow, or hangs up."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bema_tui.errors import ConnectionFailed, WriteUnknown
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.http.null_ports import NoMeter, Unlimited
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.secrets import Secret
from tests.providers.helpers import KEY, TOKEN, Time
from tests.providers.http.serving import serving
from tests.support.ports import free_port

QUICK = HttpPolicy(timeout=30.0, tries=2)


def service(url: str) -> MailerLite:
    return MailerLite(url, Secret(KEY), gate=Unlimited(), interrupt=Time(), meter=NoMeter(), policy=QUICK)


async def test_a_service_that_is_down_says_so_in_plain_words() -> None:
    url = f"http://127.0.0.1:{free_port()}/api"
    async with service(url) as mailerlite:
        with pytest.raises(ConnectionFailed) as caught:
            await mailerlite.validate_connection()
        assert caught.value.message == f"MailerLite can't be reached at {url}: connection refused, 2 times."
        with pytest.raises(ConnectionFailed):
            await mailerlite.update_subscriber("1", {"p": 1})


async def test_a_name_that_nobody_knows() -> None:
    async with service("https://no-such-host.invalid/api") as mailerlite:
        with pytest.raises(ConnectionFailed) as caught:
            await mailerlite.validate_connection()
    assert "no-such-host.invalid" in caught.value.message


async def test_a_service_that_hangs_up_leaves_a_write_unknown() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()

    async with serving(hang_up) as url, service(url) as mailerlite:
        with pytest.raises(ConnectionFailed, match="broke"):
            await mailerlite.validate_connection()
        with pytest.raises(WriteUnknown, match="broke"):
            await mailerlite.add_subscriber_to_group("1", "2")


async def test_a_service_that_never_answers() -> None:
    async def keep_quiet(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    policy = HttpPolicy(timeout=0.2, tries=2)
    async with (
        serving(keep_quiet) as url,
        MailerLite(url, Secret(KEY), gate=Unlimited(), interrupt=Time(), meter=NoMeter(), policy=policy) as mailerlite,
    ):
        with pytest.raises(ConnectionFailed, match=r"no answer within 0\.2 seconds"):
            await mailerlite.validate_connection()


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"])
async def test_an_answer_that_drips_in_for_ever_is_given_up(head: bytes) -> None:
    """Each byte comes in time, of the head or of the body, and the whole never does."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head or b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.02)

    policy = HttpPolicy(timeout=0.1, tries=1)
    async with (
        serving(drip) as url,
        MailerLite(url, Secret(KEY), gate=Unlimited(), interrupt=Time(), meter=NoMeter(), policy=policy) as mailerlite,
    ):
        with pytest.raises(ConnectionFailed, match="no answer"):
            await asyncio.wait_for(mailerlite.validate_connection(), 60.0)


async def test_no_secret_reaches_a_log_on_a_real_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = (
            b'{"info": {"permissions": {"view_shop_reports": true}}, "sales": [], "data": [], "meta": {"last_page": 1}}'
        )
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    caplog.set_level(logging.DEBUG)
    async with serving(answer) as url:
        async with service(url) as mailerlite:
            assert (await mailerlite.validate_connection()).identity
        async with EasyDigitalDownloads(
            url, Secret(KEY), Secret(TOKEN), interrupt=Time(), meter=NoMeter(), policy=QUICK
        ) as shop:
            assert (await shop.validate_connection()).identity
    told = "\n".join(str(record.__dict__) for record in caplog.records)
    assert "MailerLite: GET /groups" in told
    assert "EDD: POST /" in told
    assert KEY not in told
    assert TOKEN not in told
    assert not any(record.name.startswith("http") for record in caplog.records)
