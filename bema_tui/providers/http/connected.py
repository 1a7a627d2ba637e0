"""What every client of a service has: one connection under the HTTP policy, which it closes."""

from __future__ import annotations

from types import TracebackType
from typing import Required, Self, TypedDict

import httpx

from bema_tui.providers.http.breaker import Breaker
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.http.ports import Interrupt, PacingGate, RequestMeter
from bema_tui.waits import WaitBoard


class ConnectionOptions(TypedDict, total=False):
    """How a client of a service is connected."""

    interrupt: Required[Interrupt]
    """Ends waits."""
    meter: Required[RequestMeter]
    """Counts the requests."""
    policy: HttpPolicy | None
    """The HTTP numbers."""
    breaker: Breaker | None
    """Shared with other clients of the same service, if any."""
    transport: httpx.AsyncBaseTransport | None
    """Another way to the service than the network."""
    waits: WaitBoard | None
    """Shows what is waited for."""


class PacedConnectionOptions(ConnectionOptions, total=False):
    """How a client of a service with a quota is connected."""

    gate: Required[PacingGate]
    """Paces the requests."""


class Connected:
    """A service that is asked through one connection, open until ``aclose`` or the end of ``async with``."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    @property
    def breaker(self) -> Breaker:
        """Whether the service is asked at all at present."""
        return self._client.breaker

    @property
    def where(self) -> str:
        """The service's URL for messages."""
        return self._client.where

    @property
    def answer_seconds(self) -> float | None:
        """How long the service's last answer took; None before one came."""
        return self._client.answer_seconds

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
