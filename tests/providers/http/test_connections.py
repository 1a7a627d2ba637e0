"""Connections over real sockets: redirects end, connections are few and used again."""

from __future__ import annotations

import asyncio

import pytest

from bema_tui import __version__
from bema_tui.errors import BadAnswer
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.http.null_ports import NoMeter
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.secrets import Secret
from tests.providers.helpers import KEY, TOKEN, Time
from tests.providers.http.serving import Server, answer, mailerlite, running


async def test_connections_are_few_and_used_again() -> None:
    server = Server(answer(b'{"total": 7}'), delay=0.01)
    policy = HttpPolicy(connections=3)
    async with running(server) as port, mailerlite(f"http://127.0.0.1:{port}/api", policy) as service:
        assert await asyncio.gather(*(service.count_subscribers() for _ in range(20))) == [7] * 20
        assert server.most_open <= 3
        assert server.connections == 3
        for _ in range(3):
            await service.count_subscribers()
    assert (len(server.requests), server.connections) == (23, 3)
    assert all(f"User-Agent: bema-tui/{__version__}\r\n".encode() in request for request in server.requests)


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect"])
async def test_a_redirect_to_another_host_is_not_followed(status: str) -> None:
    elsewhere = Server(answer(b'{"total": 7}'))
    async with running(elsewhere) as other:
        moved = Server(answer(b"", status, f"Location: http://localhost:{other}/api/subscribers?key=x"))
        async with running(moved) as port:
            async with mailerlite(f"http://127.0.0.1:{port}/api", HttpPolicy()) as service:
                with pytest.raises(BadAnswer, match=f"http://localhost:{other}/api/subscribers"):
                    await service.count_subscribers()
            async with EasyDigitalDownloads(
                f"http://127.0.0.1:{port}", Secret(KEY), Secret(TOKEN), interrupt=Time(), meter=NoMeter()
            ) as shop:
                with pytest.raises(BadAnswer, match=f"http://localhost:{other}/api"):
                    await shop.has_right()
        assert len(moved.requests) == 2
    assert elsewhere.requests == []


async def test_an_answer_over_the_limit_is_left_before_it_is_whole() -> None:
    server = Server(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"2000\r\n"
        + b" " * 0x2000
        + b"\r\n"
    )
    async with running(server) as port:
        policy = HttpPolicy(max_body=5000, timeout=30.0, tries=1)
        async with mailerlite(f"http://127.0.0.1:{port}/api", policy) as service:
            with pytest.raises(BadAnswer, match="more than 5000 bytes"):
                await service.count_subscribers()
