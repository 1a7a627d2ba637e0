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
    """How a client of a service is connected.

    Attributes:
        interrupt: ends waits.
        meter: counts the requests.
        policy: the HTTP numbers.
        breaker: shared with other clients of the same service, if any.
        transport: another way to the service than the network.
        waits: shows what is waited for.
    """

    interrupt: Required[Interrupt]
    meter: Required[RequestMeter]
    policy: HttpPolicy | None
    breaker: Breaker | None
    transport: httpx.AsyncBaseTransport | None
    waits: WaitBoard | None


class PacedConnectionOptions(ConnectionOptions, total=False):
    """How a client of a service with a quota is connected.

    Attributes:
        gate: paces the requests.
    """

    gate: Required[PacingGate]


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
        """The service's address for messages."""
        return self._client.where

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
