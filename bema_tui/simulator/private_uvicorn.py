"""All that the simulator uses of uvicorn beside its public interface, with the version in which it was seen.

uvicorn 0.54.0:
    ``H11Protocol`` takes ``app_state`` and keeps it as an attribute: the state that each request of a connection
    starts with. It is the only way for a request handler to reach its own connection and cut it.
"""

from __future__ import annotations

import asyncio
import inspect

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bema_tui.simulator.errors import CannotServe

SEEN_IN = "0.54.0"


class CuttableProtocol(H11Protocol):
    """Gives each request its connection, as ``request.state.transport``."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def check_private_parts(protocol: type[asyncio.Protocol] = H11Protocol) -> None:
    """Checks that uvicorn still has what this module relies on.

    Raises:
        CannotServe: it has not.
    """
    if "app_state" not in inspect.signature(protocol).parameters:
        raise CannotServe(
            f"uvicorn {uvicorn.__version__} gives a connection no app_state any more, as uvicorn {SEEN_IN} did, "
            f"so no connection can be cut: install uvicorn {SEEN_IN}"
        )
