"""A service played from a script, a clock that only waits can move, and notes of what the policy told others."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import attrs
import httpx
from attrs import define, field

from bema_tui.errors import Stopped
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.edd.paging import Paging
from bema_tui.providers.http.breaker import Breaker
from bema_tui.providers.http.call import Service
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.http.url import base_url
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.secrets import Secret
from bema_tui.waits import Wait

KEY = "very+secret/key=1234567890"
TOKEN = "token0987654321"
URL = "https://service.example/api"

Answer = httpx.Response | Exception
Handler = Callable[[httpx.Request], Answer]


@define
class Time:
    """Clock and interrupt in one: sleeping moves the clock, and is noted; ``stop_at`` pulls the interrupt."""

    now: float = 1000.0
    stop_at: float = float("inf")
    slept: list[float] = field(factory=list)

    def __call__(self) -> float:
        return self.now

    def check(self) -> None:
        if self.now >= self.stop_at:
            raise Stopped("Somebody asked for a stop.")

    async def sleep(self, seconds: float) -> None:
        if self.now + seconds >= self.stop_at:
            self.now = self.stop_at
            raise Stopped("Somebody asked for a stop.")
        self.slept.append(seconds)
        self.now += seconds


@define
class Notes:
    """Gate and meter in one, letting everything through."""

    admitted: list[int] = field(factory=list)
    learned: list[tuple[int | None, int | None, int]] = field(factory=list)
    refusals: list[float] = field(factory=list)
    counted: list[tuple[str, bool, int, bool]] = field(factory=list)

    async def admit(self, cost: int) -> None:
        self.admitted.append(cost)

    async def learn(self, *, limit: int | None, remaining: int | None, cost: int) -> None:
        self.learned.append((limit, remaining, cost))

    async def refused(self, retry_after: float) -> float:
        self.refusals.append(retry_after)
        return retry_after

    def count(self, provider: str, *, write: bool, cost: int, retried: bool) -> None:
        self.counted.append((provider, write, cost, retried))


@define
class Board:
    """Notes what is shown at each moment of the sleep; nothing may stay on it."""

    time: Time
    shown: list[tuple[Wait, float]] = field(factory=list)
    now: dict[object, Wait] = field(factory=dict)

    async def show(self, key: object, wait: Wait, seconds: float) -> None:
        self.shown.append((wait, seconds))
        self.now[key] = wait

    async def clear(self, key: object) -> None:
        self.now.pop(key, None)


class Chunks(httpx.AsyncByteStream):
    """A body that arrives in pieces."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), 1000):
            yield self._content[start : start + 1000]


@define
class Script:
    """A service: answers come from a handler, or one after the other from a list whose last one stays."""

    answers: Handler | Sequence[Answer]
    requests: list[httpx.Request] = field(factory=list)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def bodies(self) -> list[object]:
        """The JSON bodies that came, in order."""
        return [json.loads(request.content) if request.content else None for request in self.requests]

    def forms(self) -> list[dict[str, str]]:
        """The form bodies that came, in order."""
        return [dict(httpx.QueryParams(request.content.decode())) for request in self.requests]

    def lines(self) -> list[str]:
        """Method and raw path of each request."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if callable(self.answers):
            answer = self.answers(request)
        else:
            answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        packed = "content-encoding" in answer.headers
        content = gzip.compress(answer.content) if packed else answer.content
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        return httpx.Response(answer.status_code, headers=headers, stream=Chunks(content))


def reply(body: object, status: int = 200, **headers: str) -> httpx.Response:
    """A JSON answer; header names are written with ``_`` for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    # Escaped, so that a lone surrogate travels as the services would send it.
    return httpx.Response(status, content=json.dumps(body), headers={"content-type": "application/json", **named})


def page(text: str = "<html><h1>Hello</h1></html>", status: int = 200) -> httpx.Response:
    """A web page."""
    return httpx.Response(status, html=text)


def damaged() -> httpx.Response:
    """JSON that broke off."""
    return httpx.Response(200, content=b'{"a":', headers={"content-type": "application/json"})


def client(
    script: Script,
    time: Time | None = None,
    notes: Notes | None = None,
    *,
    jitter: Callable[[float], float] | None = lambda most: most,
    **policy: float,
) -> ServiceClient:
    """The policy alone, over the script, with the longest back-off that the jitter allows; None: the real jitter."""
    time, notes = time or Time(), notes or Notes()
    service = Service(
        name="MailerLite",
        quota=True,
        url=base_url(URL, setting="The URL"),
        bearer=Secret(KEY),
    )
    numbers = attrs.evolve(HttpPolicy(), **policy)  # type: ignore[arg-type]
    if jitter is None:
        return ServiceClient(
            service, gate=notes, interrupt=time, meter=notes, policy=numbers, transport=script.transport
        )
    return ServiceClient(
        service,
        gate=notes,
        interrupt=time,
        meter=notes,
        policy=numbers,
        transport=script.transport,
        jitter=jitter,
        clock=time,
    )


def mailerlite(
    script: Script, time: Time | None = None, notes: Notes | None = None, page_size: int = 1000
) -> MailerLite:
    """MailerLite over the script."""
    notes = notes or Notes()
    return MailerLite(
        URL,
        Secret(KEY),
        gate=notes,
        interrupt=time or Time(),
        meter=notes,
        page_size=page_size,
        transport=script.transport,
    )


def edd(
    script: Script, time: Time | None = None, page_size: int = 3, parallel: int = 2, breaker: Breaker | None = None
) -> EasyDigitalDownloads:
    """A shop over the script."""
    return EasyDigitalDownloads(
        "https://Shop.example/store/",
        Secret(KEY),
        Secret(TOKEN),
        interrupt=time or Time(),
        meter=Notes(),
        paging=Paging(page_size, parallel),
        breaker=breaker,
        transport=script.transport,
    )


def before(action: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    """A fence that does ``action``."""

    async def fence() -> None:
        action()

    return fence


def cut() -> httpx.RequestError:
    """A connection that broke after the request was sent."""
    return httpx.ReadError("peer closed the connection, key " + KEY)


def down() -> httpx.RequestError:
    """A connection that never came about."""
    return httpx.ConnectError("All connection attempts failed")
