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

from bema_tui.simulator.control.api import ControlApi
from bema_tui.simulator.control.holds import Holds
from bema_tui.simulator.control.request_log import RequestLog
from bema_tui.simulator.control.schedule import Schedule
from bema_tui.simulator.edd.service import Shop
from bema_tui.simulator.errors import CannotServe
from bema_tui.simulator.faults.injector import FaultInjector
from bema_tui.simulator.mailerlite.service import MailerLite
from bema_tui.simulator.private_uvicorn import CuttableProtocol, check_private_parts
from bema_tui.simulator.scenarios.data_set import build_world
from bema_tui.simulator.settings import Endpoints, SimulatorSettings
from bema_tui.simulator.world.world import World

_HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app(world: World, settings: SimulatorSettings, clock: Callable[[], float] = time.monotonic) -> Starlette:
    """Returns the application that serves a world. It resets the switches, so that a world can be served twice.

    `clock`: seconds from some moment on, by which the quota's periods and the log's times are counted.
    """
    world.switches = type(world.switches).starting_from(settings)
    log, holds, schedule = RequestLog(clock), Holds(), Schedule()
    injector = FaultInjector(world, schedule)
    mailerlite, shop = MailerLite(world, log, holds, injector, clock), Shop(world, log, holds, injector)

    async def respond_as_mailerlite(request: Request) -> Response:
        return await mailerlite.respond(request)

    async def respond_as_shop(request: Request) -> Response:
        return await shop.respond(request)

    app = Starlette(
        routes=[
            *ControlApi(world, log, holds, schedule).routes(),
            Route("/api/{path:path}", respond_as_mailerlite, methods=_METHODS),
            Route("/{path:path}", respond_as_shop, methods=_METHODS),
        ]
    )
    app.router.redirect_slashes = False
    return app


class SimulatorServer:
    """A simulator that runs in a background thread of this process; `clock` as for `create_app`.

    Raises from `start`:
        OSError: the port is taken.
        CannotServe: the server did not come up in time, or the installed uvicorn does not fit.
    """

    def __init__(
        self,
        settings: SimulatorSettings | None = None,
        *,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings or SimulatorSettings()
        self._port = port
        self._clock = clock
        self._world: World | None = None
        self._endpoints: Endpoints | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def endpoints(self) -> Endpoints:
        """The URLs and keys, once started."""
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
        """Builds the data, listens, and returns as soon as requests are served."""
        check_private_parts()
        # Without the protocol named, asyncio leaves Nagle's algorithm on and every small response takes 40 ms.
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
            create_app(self._world, self._settings, self._clock),
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
                raise CannotServe("it did not start in time")
            time.sleep(0.005)
        return self._endpoints

    def stop(self) -> None:
        """Ends the server; requests that are held get no response. May be called twice."""
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
    """Returns the URLs and keys of a world that is served on a port."""
    base = f"http://{_HOST}:{port}"
    return Endpoints(
        mailerlite_url=f"{base}/api",
        mailerlite_key=world.credentials.mailerlite_key,
        edd_url=f"{base}/",
        edd_key=world.credentials.edd_key,
        edd_token=world.credentials.edd_token(),
        state_url=f"{base}/_simulator/state",
    )


def serve(
    settings: SimulatorSettings,
    *,
    port: int,
    announce: Callable[[Endpoints], None],
    alive: Callable[[], bool] = lambda: True,
) -> None:
    """Serves in the foreground until SIGINT, SIGTERM or SIGHUP comes or `alive` returns false; for the main thread.

    Raises:
        OSError: the port is taken.
        CannotServe: the server did not start, or ended by itself.
    """
    stopped = threading.Event()
    with SimulatorServer(settings, port=port) as server, _on_signals(stopped):
        announce(server.endpoints)
        while not stopped.wait(_LOOK_SECONDS) and alive():
            if not server.running:
                raise CannotServe("it ended by itself")


@contextlib.contextmanager
def _on_signals(event: threading.Event) -> Iterator[None]:
    def set_event(_number: int, _frame: FrameType | None) -> None:
        event.set()

    # A signal that was ignored at the start (nohup) stays ignored.
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, set_event) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
