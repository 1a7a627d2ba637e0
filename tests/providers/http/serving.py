"""Small web servers on ports of this machine, and a client of one."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

from attrs import define, field

from bema_tui.providers.http.null_ports import NoMeter, Unlimited
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.secrets import Secret
from tests.providers.helpers import KEY, Time

Reaction = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(react: Reaction) -> AsyncIterator[str]:
    """A server on a port of this machine that reads a request and then does as it is told."""
    seen: set[asyncio.StreamWriter] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await react(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
    finally:
        for writer in seen:
            writer.close()
        server.close()
        await server.wait_closed()


@define
class Server:
    """A small web server: one answer for all, and notes of what came."""

    answer: bytes
    delay: float = 0.0
    requests: list[bytes] = field(factory=list)
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    writers: list[asyncio.StreamWriter] = field(factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                await asyncio.sleep(self.delay)
                writer.write(self.answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
        finally:
            self.open_now -= 1


def answer(body: bytes, status: str = "200 OK", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*head, "", ""]).encode() + body


@contextlib.asynccontextmanager
async def running(server: Server, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The server's port."""
    listening = await asyncio.start_server(server, "127.0.0.1", 0, ssl=tls)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        for writer in server.writers:
            writer.close()
        listening.close()
        await listening.wait_closed()


def mailerlite(url: str, policy: HttpPolicy) -> MailerLite:
    return MailerLite(url, Secret(KEY), gate=Unlimited(), interrupt=Time(), meter=NoMeter(), policy=policy)
