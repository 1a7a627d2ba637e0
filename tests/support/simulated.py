"""One running simulator as a test talks to it: its addresses and its control paths."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import httpx
import pytest

from bema_tui.simulator import Endpoints, SimulatorServer, SimulatorSettings
from tests.support.until import until


def small(**changes: Any) -> SimulatorSettings:
    """A label with one campaign, and somebody in it for most rules."""
    sizes = {"seed": 7, "subscribers": 120, "orders": 130, "campaigns": 1, "quota": 1_000_000}
    return SimulatorSettings(**{**sizes, **changes})


class Simulated:
    """A running simulator; ``close`` ends it if it was started here."""

    def __init__(self, at: Endpoints, server: SimulatorServer | None = None) -> None:
        self.endpoints = at
        self._server = server
        self._control = at.state_url.removesuffix("state")
        self._http = httpx.Client(timeout=60)

    @classmethod
    def start(cls, settings: SimulatorSettings, clock: Callable[[], float] = time.monotonic) -> Simulated:
        """Starts a simulator in this process."""
        server = SimulatorServer(settings, clock=clock)
        return cls(server.start(), server)

    def __enter__(self) -> Simulated:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A control path's answer."""
        answer = self._http.request("GET" if body is None else "POST", self._control + path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set(self, **switches: Any) -> None:
        self.ask("set", switches)

    def change(self, **changes: Any) -> Any:
        return self.ask("change", changes)

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.ask("state")
        return state

    def subscribers(self) -> dict[str, tuple[Any, ...]]:
        """What a sync could change about each person, by e-mail."""
        rows = self.state()["subscribers"]
        return {row["email"]: (row["status"], sorted(row["groups"]), row["fields"]) for row in rows}

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask(f"requests?since={since}")
        return rows

    def writes(self, since: int = 0) -> list[dict[str, Any]]:
        """The requests to MailerLite that were meant to change something, in order."""
        return [row for row in self.requests(since) if row["write"]]

    def violations(self) -> list[Any]:
        rows: list[Any] = self.ask("violations")
        return rows

    def buyer(self, scenario: str, code: str) -> str:
        """The e-mail of a subscriber whom the data set put into a scenario in this campaign."""
        state = self.state()
        groups = {row["email"]: row["groups"] for row in state["subscribers"]}
        return str(next(mail for mail in state["scenarios"][scenario] if any(g.startswith(code) for g in groups[mail])))

    def buy(self, email: str, code: str = "", **order: Any) -> dict[str, Any]:
        """Somebody buys the album of a campaign, of the first one if none is named; returns the order."""
        campaigns = self.state()["campaigns"]
        product = next(row["product_id"] for row in campaigns if code in ("", row["code"]))
        made: dict[str, Any] = self.change(add_order={"email": email, "product": product, **order})["add_order"]
        return made

    def sign_up(self, email: str, *groups: str) -> None:
        """Somebody subscribes by themselves, through a form of the label's."""
        numbers = [row["id"] for row in self.state()["groups"] if row["name"] in groups]
        at = self.endpoints
        self.set(allow_create=True)
        answer = self._http.post(
            f"{at.mailerlite_url}/subscribers",
            headers={"Authorization": f"Bearer {at.mailerlite_key}"},
            json={"email": email, "groups": numbers},
        )
        self.set(allow_create=False)
        assert answer.is_success, answer.text

    def hold(self, **order: Any) -> None:
        """Hold the request that the order names, until ``release``."""
        self.ask("hold", order)

    def release(self) -> None:
        """Let the held request go on."""
        self.ask("release", {})

    def wait_held(self, process: subprocess.Popen[str] | None = None) -> None:
        """Wait until the request that a test wants held is held; the process that sends it must be alive then."""

        def held() -> bool:
            if process is not None and process.poll() is not None:
                pytest.fail(f"ended with {process.returncode} before the held request: {process.communicate()}")
            return bool(self.ask("held")["holding"])

        until("a held request", held)

    def close(self) -> None:
        self._http.close()
        if self._server is not None:
            self._server.stop()
