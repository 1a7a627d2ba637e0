"""One running simulator as a test talks to it: its addresses and its control paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from bema_tui.simulator import Endpoints, SimulatorServer, SimulatorSettings


def small(**changes: Any) -> SimulatorSettings:
    """A label with one campaign, and somebody in it for most rules."""
    sizes = {"seed": 7, "subscribers": 120, "orders": 130, "campaigns": 1, "quota": 1_000_000}
    return SimulatorSettings(**{**sizes, **changes})


class Simulated:
    """A running simulator and its control paths."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._server = SimulatorServer(settings)
        self.endpoints: Endpoints = self._server.start()
        self._control = self.endpoints.state_url.removesuffix("state")
        self._http = httpx.Client(timeout=20)

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

    def people(self) -> dict[str, tuple[Any, ...]]:
        """What a sync could change about each person, by e-mail."""
        rows = self.state()["subscribers"]
        return {row["email"]: (row["status"], sorted(row["groups"]), row["fields"]) for row in rows}

    def requests(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask("requests")
        return rows

    def writes(self) -> list[dict[str, Any]]:
        """The requests to MailerLite that were meant to change something."""
        return [row for row in self.requests() if row["write"]]

    def violations(self) -> list[Any]:
        rows: list[Any] = self.ask("violations")
        return rows

    def buyer(self, scenario: str, code: str) -> str:
        """The e-mail of a subscriber whom the data set put into a scenario in this campaign."""
        state = self.state()
        groups = {row["email"]: row["groups"] for row in state["subscribers"]}
        return str(next(mail for mail in state["scenarios"][scenario] if any(g.startswith(code) for g in groups[mail])))

    def close(self) -> None:
        self._http.close()
        self._server.stop()
