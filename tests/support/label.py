"""A simulated label with one campaign, and the operator who looks after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from tests.support.operator import Operator
from tests.support.simulated import Simulated, small


@attrs.frozen
class Label:
    """What a test asks of the label's shop and account, and of the operator's command line."""

    simulated: Simulated
    operator: Operator
    code: str

    def run(self, *words: str, expect: tuple[int, ...] = (0, 3)) -> Any:
        """A command's JSON document."""
        said = self.operator.run(*words, "--json")
        assert said.status in expect, (words, said)
        return said.document

    def plan(self, *words: str) -> dict[str, Any]:
        run: dict[str, Any] = self.run("plan", self.code, *words)
        return run

    def sync(self, *words: str) -> dict[str, Any]:
        """A sync that is done, however many people it moves."""
        run: dict[str, Any] = self.run("sync", self.code, "--yes", "--max-moves", "100000", *words)
        assert run["state"] == "done", run
        return run

    def buy(self, email: str, **order: Any) -> dict[str, Any]:
        """Somebody buys the campaign's album."""
        return self.simulated.buy(email, **order)

    def move(self, email: str, **tiers: str) -> None:
        """Somebody else moves a subscriber, ``from`` a tier, ``to`` one, or both."""
        self.simulated.change(move={"email": email, **{way: f"{self.code}_{tier}" for way, tier in tiers.items()}})

    def somebody(self, scenario: str) -> str:
        """The e-mail of a subscriber whom the data set put into a scenario."""
        return self.simulated.buyer(scenario, self.code)

    def subscriber(self, email: str) -> dict[str, Any]:
        """What the account holds about somebody."""
        (found,) = [row for row in self.simulated.state()["subscribers"] if row["email"].lower() == email]
        return dict(found)

    def tiers(self, email: str) -> list[str]:
        """The campaign's groups that somebody is in, without its code."""
        prefix = f"{self.code}_"
        return [
            name.removeprefix(prefix) for name in sorted(self.subscriber(email)["groups"]) if name.startswith(prefix)
        ]

    def findings(self, state: str = "open") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.run("findings", "--state", state)
        return rows

    def rules_about(self, email: str) -> list[str]:
        """The rules of the open findings about somebody."""
        return sorted(self.operator.told_about(email))


@contextmanager
def opened_label(folder: Path, settings: str = "", **changes: Any) -> Iterator[Label]:
    """A label whose campaign its operator has found; it ends with the block."""
    with Simulated.start(small(**changes)) as simulated:
        operator = Operator(folder, simulated.endpoints)
        try:
            operator.settings(settings)
            yield Label(simulated, operator, operator.discover())
        finally:
            operator.close()
