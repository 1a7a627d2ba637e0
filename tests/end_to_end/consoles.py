"""A simulator as a test talks to it, and the command line of one operator, both from the outside."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from bema_tui.simulator import SimulatorServer
from tests.support.forks import forks
from tests.support.until import DEADLINE, until


class Simulated:
    """One running simulator: its addresses as ``simulate`` prints them, and its control paths."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said
        self._control = str(said["state_url"]).removesuffix("state")
        self._http = httpx.Client(timeout=60)

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """A control path's answer."""
        answer = self._http.request("GET" if body is None else "POST", self._control + path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.ask("state")
        return state

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask(f"requests?since={since}")
        return rows

    def writes(self, since: int = 0) -> list[dict[str, Any]]:
        """The requests that were meant to change something, in order."""
        return [row for row in self.requests(since) if row["write"]]

    def hold(self, **order: Any) -> None:
        self.ask("hold", order)

    def wait_held(self, process: subprocess.Popen[str]) -> None:
        """Wait until the request that a test wants held is held; the process must be alive then."""

        def held() -> bool:
            if process.poll() is not None:
                pytest.fail(f"ended with {process.returncode} before the held request: {process.communicate()}")
            return bool(self.ask("held")["holding"])

        until("a held request", held)

    def close(self) -> None:
        self._http.close()


@attrs.frozen
class Told:
    """What a command said: exit status, the JSON document (None without), and stderr."""

    status: int
    document: Any
    errors: str


class Console:
    """The command line of one operator: an environment with a database, a log and settings of its own."""

    def __init__(self, folder: Path, simulated: Simulated, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.database = folder / "bema.sqlite3"
        self.log = folder / "bema.log"
        said = simulated.said
        xdg = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        own = {name: value for name, value in os.environ.items() if not name.startswith(("BEMA_", "XDG_", "COV_"))}
        self.environment = {
            **own,
            **xdg,
            "HOME": str(folder),
            "BEMA_DATABASE_URL": f"sqlite:///{self.database}",
            "BEMA_LOG_FILE": str(self.log),
            "BEMA_MAILERLITE_URL": said["mailerlite"]["url"],
            "BEMA_MAILERLITE_KEY": said["mailerlite"]["key"],
            "BEMA_MAILERLITE_QUOTA": "1000000",
            "BEMA_EDD_URL": said["edd"]["url"],
            "BEMA_EDD_KEY": said["edd"]["key"],
            "BEMA_EDD_TOKEN": said["edd"]["token"],
            **environment,
        }
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command in a process of its own, with ``--json``."""
        process = forks().start([*words, "--json"], self.environment)
        self._started.append(process)
        return process

    def finish(self, process: subprocess.Popen[str], seconds: float = DEADLINE) -> Told:
        """Wait for a command's end."""
        out, errors = process.communicate(timeout=seconds)
        return Told(process.returncode, json.loads(out) if out.strip() else None, errors)

    def run_cli(self, *words: str, expect: int | set[int] = 0) -> Any:
        """A command's JSON document, once it ended with the exit status that is expected."""
        told = self.finish(self.start(*words))
        allowed = {expect} if isinstance(expect, int) else expect
        assert told.status in allowed, f"{words}: exit {told.status}: {told.document} {told.errors}"
        return told.document

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database file holds, read without the program."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query).fetchall()

    def run_number(self) -> int:
        """The newest run's number."""
        return int(self.rows("SELECT max(id) FROM runs")[0][0])

    def held_locks(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT id, key, pid FROM locks WHERE held")

    def states(self) -> dict[str, int]:
        """How many ledger rows are in which state."""
        return dict(self.rows("SELECT state, count(*) FROM ledger GROUP BY state"))

    def close(self) -> None:
        """End what a failed test left running."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()


def said_by(server: SimulatorServer) -> dict[str, Any]:
    """The addresses of a simulator in this process, in the shape of the command's first line."""
    at = server.endpoints
    return {
        "mailerlite": {"url": at.mailerlite_url, "key": at.mailerlite_key},
        "edd": {"url": at.edd_url, "key": at.edd_key, "token": at.edd_token},
        "state_url": at.state_url,
    }
