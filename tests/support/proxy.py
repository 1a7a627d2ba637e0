"""Stands between the program and a service, and spoils the answers a test wants spoilt."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.support.until import until

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_KEPT = ("content-type", "retry-after", "location")
_OWN = ("host", "content-length", "connection", "accept-encoding", "transfer-encoding")


@attrs.frozen
class Asked:
    """A request on its way to the service, numbered from 1."""

    n: int
    method: str
    path: str
    query: str
    body: bytes

    @property
    def items(self) -> list[dict[str, Any]]:
        """The items of a batch; none for anything else."""
        if not self.path.endswith("/batch"):
            return []
        found: list[dict[str, Any]] = json.loads(self.body)["requests"]
        return found

    @property
    def writes(self) -> bool:
        """Whether it is meant to change something."""
        if self.path.endswith("/batch"):
            return any(item["method"] != "GET" for item in self.items)
        return self.method != "GET"


@attrs.frozen
class Given:
    """An answer; ``cut`` breaks the connection in the middle of its body."""

    status: int
    body: bytes
    headers: dict[str, str]
    cut: bool = False

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    def but(self, document: Any, **changes: Any) -> Given:
        """The same answer with another JSON body."""
        return attrs.evolve(self, body=json.dumps(document).encode(), **changes)


PassOn = Callable[[bytes], Awaitable[Given]]
Meddle = Callable[[Asked, PassOn], Awaitable[Given]]


async def honest(asked: Asked, pass_on: PassOn) -> Given:
    """Change nothing."""
    return await pass_on(asked.body)


class _Cut(Response):
    """Promises more bytes than it sends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"100000")]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[:20], "more_body": True})
        # Returning here leaves the body unfinished: the server closes the connection.


class Proxy:
    """A server on this machine that hands requests on to ``target``, through ``meddle``."""

    def __init__(self, target: str) -> None:
        self._target = httpx.URL(target)
        self.meddle: Meddle = honest
        self.asked: list[Asked] = []
        self._client = httpx.AsyncClient(timeout=20, trust_env=False)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}{self._target.path}"
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=_METHODS)])
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        until("the proxy has started", lambda: self._server.started, every=0.005)

    def _serve(self) -> None:
        async def work() -> None:
            async with self._client:
                await self._server.serve(sockets=[self._socket])

        asyncio.run(work())

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        asked = Asked(len(self.asked) + 1, request.method, request.url.path, request.url.query, body)
        self.asked.append(asked)
        headers = {name: value for name, value in request.headers.items() if name not in _OWN}

        async def pass_on(content: bytes) -> Given:
            url = self._target.copy_with(path=asked.path, query=asked.query.encode() or None)
            answer = await self._client.request(asked.method, url, content=content, headers=headers)
            kept = {k: v for k, v in answer.headers.items() if k in _KEPT or k.startswith("x-")}
            return Given(answer.status_code, answer.content, kept)

        given = await self.meddle(asked, pass_on)
        kind: type[Response] = _Cut if given.cut else Response
        return kind(given.body, status_code=given.status, headers=given.headers)

    def stop(self) -> None:
        """End the server."""
        self._server.should_exit = True
        self._thread.join(60)
        self._socket.close()
