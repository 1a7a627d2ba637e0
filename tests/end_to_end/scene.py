"""One campaign with much to write, ready to be synced, interrupted and taken up again."""

from __future__ import annotations

import subprocess
from typing import Any

import attrs

from tests.end_to_end.comparing import expect_account, expect_no_second_effect
from tests.end_to_end.reference import Release
from tests.support.operator import Operator
from tests.support.simulated import Simulated

POOR: dict[str, Any] = {"seed": 7, "subscribers": 520, "orders": 400, "campaigns": 2, "quota": 1_000_000}
WRITES = 11
"""Write requests of the sync of a poor campaign; a test holds this."""
GOING = ("--yes", "--create-missing", "--max-moves", "100000")


def poor_campaign(simulated: Simulated) -> str:
    """Takes five groups and the purchase field of the first campaign away, so that a sync has much to write."""
    code: str = simulated.state()["campaigns"][0]["code"]
    for suffix in ("GOLD_PURCHASE", "SILVER_PURCHASE", "BRONZE_PURCHASE", "BRONZE", "WOOD"):
        simulated.ask("change", {"delete_group": f"{code}_{suffix}"})
    simulated.ask("change", {"delete_field": f"{code}_PURCHASE"})
    return code


@attrs.frozen
class Scene:
    """A poor campaign, its simulator as it was before, and an operator who knows the campaign."""

    simulated: Simulated
    operator: Operator
    code: str
    before: dict[str, Any]
    release: Release

    def start_sync(self) -> subprocess.Popen[str]:
        return self.operator.fork("sync", self.code, *GOING)

    def expect_done(self) -> None:
        """The account is as the rules say, the ledger settled, no lock left, and nothing was undone on the way."""
        expect_account(self.simulated, self.before, [self.release])
        assert set(self.operator.states()) <= {"applied", "skipped"}
        assert self.operator.held_locks() == []
        expect_no_second_effect(self.simulated.requests())
