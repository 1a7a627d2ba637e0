"""Two syncs of one campaign never run together, and two campaigns never hinder each other."""

from __future__ import annotations

import subprocess

from tests.end_to_end.comparing import expect_account
from tests.end_to_end.reference import Release
from tests.end_to_end.scene import GOING, Scene
from tests.support.fixtures import MakeOperator, StartSimulator
from tests.support.until import until

TIMES = 3


def test_one_runs_and_the_other_names_the_holder(scene: Scene) -> None:
    for _ in range(TIMES):
        # The one that gets the lock waits at its first request, so that the other surely meets it.
        scene.simulated.hold(at=1, when="before", side="any")
        started = [scene.start_sync(), scene.start_sync()]

        def first_to_end(both: list[subprocess.Popen[str]] = started) -> subprocess.Popen[str] | None:
            return next((process for process in both if process.poll() is not None), None)

        loser: subprocess.Popen[str] = until("one of two to end", first_to_end)
        winner = next(process for process in started if process is not loser)
        told = scene.operator.finish(loser)
        assert told.status == 4, told
        error = told.document["error"]
        assert error["error"] == "LockHeld"
        assert str(winner.pid) in error["message"]
        assert str(winner.pid) in error["holder"]
        assert str(winner.pid) in told.err
        scene.simulated.wait_held(winner)
        scene.simulated.release()
        ended = scene.operator.finish(winner)
        assert ended.status in (0, 3), ended
        assert ended.document["state"] == "done"
    assert scene.operator.rows("SELECT count(*) FROM runs") == [(TIMES,)]
    scene.expect_done()


def test_two_campaigns_at_once(simulators: StartSimulator, operators: MakeOperator) -> None:
    simulated = simulators(seed=23, subscribers=300, orders=250, campaigns=2)
    before = simulated.state()
    mine = operators(simulated.endpoints)
    releases = [Release.read(row) for row in mine.forked("campaigns", "discover", "--add")["campaigns"]]
    started = [mine.fork("sync", release.code, *GOING) for release in releases]
    for process in started:
        told = mine.finish(process)
        assert told.status in (0, 3), told
        assert told.document["state"] == "done"
    expect_account(simulated, before, releases)
    assert mine.held_locks() == []
