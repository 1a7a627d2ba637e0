"""Opens shops, and clients on them; both end with the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.edd.paging import Paging
from bema_tui.providers.http.null_ports import NoInterrupt, NoMeter
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.secrets import Secret
from tests.stand_ins.edd.shop import KEY, TOKEN, Shop
from tests.stand_ins.edd.wire import Server

Serve = Callable[[Shop], Server]
Connect = Callable[..., EasyDigitalDownloads]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(shop: Shop) -> Server:
        servers.append(Server(shop))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
async def connect(serve: Serve) -> AsyncIterator[Connect]:
    """Opens a client of a shop; ``at`` is what the operator gave as its address, after the host."""
    clients: list[EasyDigitalDownloads] = []

    def open_one(
        shop: Shop, at: str | None = None, *, credentials_in_url: bool = False, **paging: int
    ) -> EasyDigitalDownloads:
        server = serve(shop)
        url = server.url if at is None else server.url.removesuffix(shop.folder) + at
        policy = HttpPolicy(tries=2, base=0.0)
        client = EasyDigitalDownloads(
            url,
            Secret(KEY),
            Secret(TOKEN),
            interrupt=NoInterrupt(),
            meter=NoMeter(),
            policy=policy,
            paging=Paging(**paging),
            credentials_in_url=credentials_in_url,
        )
        clients.append(client)
        return client

    yield open_one
    for client in clients:
        await client.aclose()
