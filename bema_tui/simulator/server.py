"""Runs a simulated shop and mailing service on one port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bema_tui.simulator.control.api import Control
from bema_tui.simulator.control.changes import Agenda
from bema_tui.simulator.control.request_log import Holds, RequestLog
from bema_tui.simulator.edd.service import Shop
from bema_tui.simulator.faults.injector import Disturbance
from bema_tui.simulator.mailerlite.service import MailerLite
from bema_tui.simulator.private_uvicorn import CuttableProtocol
from bema_tui.simulator.scenarios.data_set import build_world
from bema_tui.simulator.settings import Endpoints, SimulatorSettings
from bema_tui.simulator.world.world import World

_HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app(world: World, settings: SimulatorSettings) -> Starlette:
    """The application that serves a world. `settings` set the switches anew, so that a world can be served twice."""
    world.switches = type(world.switches).starting_from(settings)
    log, holds, agenda = RequestLog(), Holds(), Agenda()
    disturbance = Disturbance(world, agenda)
    mailerlite, shop = MailerLite(world, log, holds, disturbance), Shop(world, log, holds, disturbance)
    control = Control(world, log, holds, agenda)

    async def mailing(request: Request) -> Response:
        return await mailerlite.answer(request)

    async def shopping(request: Request) -> Response:
        return await shop.answer(request)

    app = Starlette(
        routes=[
            *control.routes(),
            Route("/api/{path:path}", mailing, methods=_METHODS),
            Route("/{path:path}", shopping, methods=_METHODS),
        ]
    )
    app.router.redirect_slashes = False
    app.state.holds = holds
    return app


class SimulatorServer:
    """A simulator that runs in a background thread of this process.

    Raises from `start`:
        OSError: the port is taken.
        RuntimeError: the server did not come up in time.
    """

    def __init__(self, settings: SimulatorSettings | None = None, *, port: int = 0) -> None:
        self._settings = settings or SimulatorSettings()
        self._port = port
        self._world: World | None = None
        self._endpoints: Endpoints | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def endpoints(self) -> Endpoints:
        """Addresses and keys, once started."""
        if self._endpoints is None:
            raise RuntimeError("the simulator was not started")
        return self._endpoints

    @property
    def world(self) -> World:
        """The data that is served, once started. Read it between requests only."""
        if self._world is None:
            raise RuntimeError("the simulator was not started")
        return self._world

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> Endpoints:
        """Builds the data, listens, and returns as soon as requests are answered."""
        # Without the protocol named, asyncio leaves Nagle's algorithm on and every small answer takes 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((_HOST, self._port))
            self._world = build_world(self._settings)
        except BaseException:
            listener.close()
            raise
        self._socket = listener
        self._endpoints = endpoints_of(self._world, listener.getsockname()[1])
        config = uvicorn.Config(
            create_app(self._world, self._settings),
            http=CuttableProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="bema-simulator", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("the simulator did not start")
            time.sleep(0.005)
        return self._endpoints

    def stop(self) -> None:
        """Ends the server; requests that are held are let go unanswered. May be called twice."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
            self._thread = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> SimulatorServer:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        if self._server is None or self._socket is None:
            return
        asyncio.run(self._server.serve(sockets=[self._socket]))


def endpoints_of(world: World, port: int) -> Endpoints:
    """Addresses and keys of a world that is served on a port."""
    base = f"http://{_HOST}:{port}"
    return Endpoints(
        mailerlite_url=f"{base}/api",
        mailerlite_key=world.keys.mailerlite,
        edd_url=f"{base}/",
        edd_key=world.keys.edd_key,
        edd_token=world.keys.edd_token(),
        state_url=f"{base}/_simulator/state",
    )


def serve(
    settings: SimulatorSettings,
    *,
    port: int,
    announce: Callable[[Endpoints], None],
    alive: Callable[[], bool] = lambda: True,
) -> None:
    """Serves in the foreground until SIGINT, SIGTERM or SIGHUP, or `alive` says no; call it from the main thread.

    Raises:
        OSError: the port is taken.
        RuntimeError: the server did not start, or ended by itself.
    """
    stopped = threading.Event()
    with SimulatorServer(settings, port=port) as server, _on_signals(stopped):
        announce(server.endpoints)
        while not stopped.wait(_LOOK_SECONDS) and alive():
            if not server.running:
                raise RuntimeError("the simulator ended by itself")


@contextlib.contextmanager
def _on_signals(event: threading.Event) -> Iterator[None]:
    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        event.set()

    # Who started it with a signal ignored (nohup) meant it to outlive that.
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, ask_to_stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
