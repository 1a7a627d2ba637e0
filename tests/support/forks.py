"""Commands in processes of their own that start at once: forked from one process that has the program imported.

Each is real: it has its own pid, environment and pipes, takes signals, and can be killed. Only the imports, half a
second of each start, are done once. Tests of the start itself begin with an interpreter.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import functools
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any, NoReturn, cast

_LEFT_OUT = ("bema_tui.simulator", "bema_tui.tui", "bema_tui.__main__", "bema_tui.store.migrations")
_MESSAGE = 1 << 20  # bytes, the most that an order may be


class Forked(subprocess.Popen[str]):
    """A command as ``subprocess.Popen`` would give it, as far as tests use that."""

    def __init__(self, pid: int, status: socket.socket, out: IO[str], errors: IO[str]) -> None:
        self.pid = pid
        self.returncode = cast("int", None)
        self.args = ["bema-tui"]
        self.stdin, self.stdout, self.stderr = None, out, errors
        self._status = status
        self._child_created = False  # nothing for the base class to wait for

    def poll(self) -> int | None:
        self._look(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._look(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return self.returncode

    def communicate(self, input: str | None = None, timeout: float | None = None) -> tuple[str, str]:  # noqa: A002
        """Read both streams to their ends, and wait."""
        end = None if timeout is None else time.monotonic() + timeout
        texts = {stream: b"" for stream in (self.stdout, self.stderr) if stream is not None and not stream.closed}
        with selectors.DefaultSelector() as selector:
            for stream in texts:
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
                for key, _ in selector.select(left):
                    stream = cast("IO[str]", key.fileobj)
                    if data := os.read(key.fd, 65536):
                        texts[stream] += data
                    else:
                        selector.unregister(stream)
        self.wait(None if end is None else max(0.0, end - time.monotonic()))
        said = [texts.get(stream, b"").decode() if stream else "" for stream in (self.stdout, self.stderr)]
        for stream in texts:
            stream.close()
        return said[0], said[1]

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _look(self, seconds: float | None) -> bool:
        """Whether it has ended within so many seconds."""
        if self.returncode is None:
            self._status.settimeout(seconds)
            try:
                said = self._status.recv(16)
            except (BlockingIOError, TimeoutError):
                return False
            self._status.close()
            self.returncode = int(said)
        return True


class Forks:
    """Starts commands from one process that has everything imported."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.support.forks", str(theirs.fileno())]
        self._mother = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()

    def start(self, words: Sequence[str], environment: Mapping[str, str]) -> Forked:
        """A command with these words and this environment, without stdin."""
        (out, out_there), (errors, errors_there) = os.pipe(), os.pipe()
        status, status_there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        order = json.dumps({"words": list(words), "environment": dict(environment), "folder": os.getcwd()})
        theirs = [out_there, errors_there, status_there.fileno()]
        self._socket.sendmsg([order.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", theirs))])
        os.close(out_there)
        os.close(errors_there)
        status_there.close()
        pid = int(status.recv(16))
        return Forked(pid, status, os.fdopen(out, encoding="utf-8"), os.fdopen(errors, encoding="utf-8"))

    def close(self) -> None:
        self._socket.close()
        self._mother.wait(60)


@functools.cache
def forks() -> Forks:
    """The one of this test process."""
    made = Forks()
    atexit.register(made.close)
    return made


def serve(orders: socket.socket) -> None:
    """Fork a process for each order: it starts the command, waits for it, and says how it ended."""
    for module in pkgutil.walk_packages(importlib.import_module("bema_tui").__path__, "bema_tui."):
        if not module.name.startswith(_LEFT_OUT):
            importlib.import_module(module.name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, files, *_ = socket.recv_fds(orders, _MESSAGE, 3)
        if not message:
            return
        if os.fork() == 0:
            orders.close()
            _attend(json.loads(message), *files)
        for file in files:
            os.close(file)


def _attend(order: dict[str, Any], out: int, errors: int, status: int) -> NoReturn:
    """Start a command, wait for it, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    said = socket.socket(fileno=status)
    pid = os.fork()
    if pid == 0:
        said.close()
        _become(order, out, errors)
    os.close(out)
    os.close(errors)
    said.send(str(pid).encode())
    _, ended = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):
        said.send(str(os.waitstatus_to_exitcode(ended)).encode())
    os._exit(0)


def _become(order: dict[str, Any], out: int, errors: int) -> NoReturn:
    """Be the command."""
    os.dup2(out, 1)
    os.dup2(errors, 2)
    os.closerange(3, 256)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.stdout, sys.stderr = (
        open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        for number in (1, 2)
    )
    sys.argv = ["bema-tui", *order["words"]]
    code: Any = 0
    try:
        from bema_tui.cli import main

        main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
