"""People leave and are deleted while they are read, one at each request: the read settles them, and ends no run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bema_tui.model import Completeness, FindingRule, RunState
from bema_tui.store.account_facts import AccountFact, AccountFacts
from bema_tui.store.snapshot.findings import list_findings
from tests.end_to_end.comparing import expect_account
from tests.end_to_end.engine import engine_on
from tests.support.fixtures import StartSimulator
from tests.support.simulated import Simulated

pytestmark = pytest.mark.fault("E10")
READS = 14
"""So many requests of the read find the account changed."""


def leaving(simulated: Simulated, group: str) -> Iterator[dict[str, object]]:
    """One change after the other: a member of the group is deleted, the next leaves it."""
    members = [row for row in simulated.state()["subscribers"] if row["groups"] == [group]]
    for number, member in enumerate(members):
        gone = {"delete_subscriber": member["id"]}
        yield gone if number % 2 else {"move": {"email": member["email"], "from": group, "to": None}}


@pytest.mark.parametrize("page_of_account", [100, 1])
async def test_subscribers_who_go_while_their_group_is_read_are_settled(
    page_of_account: int, simulators: StartSimulator, tmp_path: Path
) -> None:
    simulated = simulators(seed=7, subscribers=300, orders=200, campaigns=1, quota=1_000_000, page_cap=100)
    async with engine_on(simulated, tmp_path) as engine:
        (release,) = await engine.discover()
        await AccountFacts(engine.db).learned(AccountFact.PAGE_OF_ACCOUNT, page_of_account)
        # From the first request after groups, fields and automations on.
        for at, change in zip(range(4, 4 + READS), leaving(simulated, f"{release.code}_GOLD"), strict=False):
            simulated.ask("schedule", {"change": change, "at": at, "before": "requests"})
        assert await engine.sync(release.code) is RunState.DONE
        run = await engine.last_run()
        assert run.mailerlite_read["completeness"] == Completeness.COMPLETE
        warned = await list_findings(engine.db, rule=FindingRule.RECORD_WARNING, campaign=release.code)
        assert [found for found in warned if found.subject.startswith(release.code)] == []
        after = simulated.state()
        assert await engine.sync(release.code) is RunState.DONE
        expect_account(simulated, after, [release])
