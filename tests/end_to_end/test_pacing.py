"""A sync paces itself by the account's quota: it waits before it is refused, and it finishes."""

from __future__ import annotations

from tests.end_to_end.comparing import expect_account
from tests.end_to_end.conftest import OpenConsole, Simulate
from tests.end_to_end.reference import Release
from tests.end_to_end.scene import GOING


def test_never_refused_and_done(simulate: Simulate, console: OpenConsole) -> None:
    simulated = simulate(seed=24, subscribers=700, orders=600, campaigns=1, quota=120, window_seconds=2.0)
    before = simulated.state()
    mine = console(simulated, BEMA_MAILERLITE_QUOTA="120", BEMA_MAILERLITE_WINDOW_SECONDS="2")
    releases = [Release.read(row) for row in mine.run_cli("campaigns", "discover", "--add")["campaigns"]]
    run = mine.run_cli("sync", releases[0].code, *GOING, expect={0, 3})
    assert run["state"] == "done"
    asked = simulated.requests()
    assert sum(row["cost"] for row in asked) > 120, "more than one window was needed"
    assert simulated.state()["requests"]["refused_429"] == 0
    assert [row for row in asked if row["status"] == 429 or any(item["code"] == 429 for item in row["items"])] == []
    expect_account(simulated, before, releases)
