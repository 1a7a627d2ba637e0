"""A client that talks to a simulator as a program would, and to its control paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from bema_tui.simulator import SimulatorServer, SimulatorSettings

SETTINGS = SimulatorSettings(seed=7, subscribers=150, orders=160, campaigns=4, quota=10_000, import_quota=1000)


class Client:
    """Plain HTTP calls to both systems and to the control paths of one simulator."""

    def __init__(self, server: SimulatorServer) -> None:
        self.endpoints = server.endpoints
        self.control_url = server.endpoints.state_url.removesuffix("state")
        self.http = httpx.Client(timeout=20)
        self.auth = {"Authorization": f"Bearer {server.endpoints.mailerlite_key}", "Accept": "application/json"}

    def mail(self, method: str, path: str, json: Any = None, **params: Any) -> httpx.Response:
        """A call to MailerLite with the right key; `filter_status` and the like become `filter[status]`."""
        query = {f"filter[{k[7:]}]" if k.startswith("filter_") else k: v for k, v in params.items()}
        url = f"{self.endpoints.mailerlite_url}/{path}"
        body = None if json is None else json
        return self.http.request(method, url, params=query or None, json=body, headers=self.auth)

    def data(self, path: str, **params: Any) -> Any:
        response = self.mail("GET", path, **params)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def batch(self, *items: tuple[str, str] | tuple[str, str, Any]) -> httpx.Response:
        requests = [
            {"method": item[0], "path": f"api/{item[1]}", **({"body": item[2]} if len(item) == 3 else {})}
            for item in items
        ]
        return self.mail("POST", "batch", {"requests": requests})

    def shop(self, endpoint: str = "sales", version: str = "v2/", **params: Any) -> httpx.Response:
        """A call to the shop with the right credentials in the body."""
        creds = {"key": self.endpoints.edd_key, "token": self.endpoints.edd_token}
        return self.http.post(self.endpoints.edd_url, params={"edd-api": f"{version}{endpoint}", **params}, data=creds)

    def sales(self, **params: Any) -> list[dict[str, Any]]:
        response = self.shop("sales", **params)
        assert response.status_code == 200, response.text
        rows: list[dict[str, Any]] = response.json().get("sales", [])
        return rows

    def sales_text(self) -> str:
        return self.shop("sales", number=1).content.decode()

    def control(self, path: str, json: Any = None) -> Any:
        method = "GET" if json is None else "POST"
        response = self.http.request(method, self.control_url + path, json=json)
        assert response.status_code == 200, response.text
        return response.json()

    def rules_broken(self) -> list[str]:
        return [violation["rule"] for violation in self.control("violations")]

    def subscriber(self, scenario: str) -> dict[str, Any]:
        """The first subscriber of a scenario, as the state shows it."""
        state = self.control("state")
        email = state["scenarios"][scenario][0]
        found: dict[str, Any] = next(subscriber for subscriber in state["subscribers"] if subscriber["email"] == email)
        return found

    def group_id(self, name: str) -> str:
        found = next(group["id"] for group in self.control("state")["groups"] if group["name"] == name)
        return str(found)

    def close(self) -> None:
        self.http.close()


def inject_faults(client: Client, **profile: Any) -> None:
    client.control("set", {"faults": profile})


def clear_faults(client: Client) -> None:
    client.control("set", {"faults": None})


def faults_of(client: Client) -> list[list[str]]:
    return [row["faults"] for row in client.control("requests")]


Starter = Callable[..., Client]
