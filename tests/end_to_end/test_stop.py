"""A run stops, pauses and goes on when somebody asks, and a signal ends it quickly with nothing left open."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.end_to_end.scene import WRITES, Scene
from tests.support.until import until

GRACE_SECONDS = 1.0
"""What the request in flight may still take once the line is gone."""


def _signal_seconds() -> float:
    """Two seconds from signal to exit; the second that is work is given its share of a machine that others use too."""
    return GRACE_SECONDS + max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _seen(scene: Scene, verb: str) -> None:
    """Wait until the run saw what was asked of it; no request of its own is needed for that."""
    query = f"SELECT count(*) FROM control_requests WHERE verb = '{verb}' AND seen_at IS NOT NULL"
    until(f"the run to see {verb}", lambda: scene.operator.rows(query)[0][0])


def _resume(scene: Scene) -> None:
    run = scene.operator.forked("resume", str(scene.operator.run_number()), expect={0, 3})
    assert run["state"] == "done"
    scene.expect_done()


@pytest.mark.parametrize("at", [2, 7])
def test_stopped_by_another_process_while_it_writes(scene: Scene, at: int) -> None:
    scene.simulated.hold(at=at, when="before", only="writes")
    process = scene.start_sync()
    scene.simulated.wait_held(process)
    number = str(scene.operator.run_number())
    asked = scene.operator.forked("stop", number, "--reason", "wrong day")
    assert asked["run"] == int(number)
    _seen(scene, "stop")
    scene.simulated.release()
    told = scene.operator.finish(process)
    assert told.status == 5, told
    assert told.document["state"] == "stopped"
    assert "wrong day" in told.document["note"]
    assert told.document["sending"] == 0
    assert len(scene.simulated.writes()) == at, "no request after the one in flight"
    assert scene.operator.held_locks() == []
    assert scene.simulated.ask("violations") == []
    _resume(scene)


@pytest.mark.parametrize(
    ("number", "only", "at"),
    [
        (signal.SIGTERM, "writes", 7),
        (signal.SIGHUP, "writes", 7),
        (signal.SIGINT, "writes", 7),
        (signal.SIGTERM, "all", 20),
    ],
)
def test_a_signal_ends_a_run_quickly(scene: Scene, number: signal.Signals, only: str, at: int) -> None:
    scene.simulated.hold(at=at, when="before", only=only)
    process = scene.start_sync()
    scene.simulated.wait_held(process)
    began = time.monotonic()
    process.send_signal(number)
    if number is signal.SIGINT:
        # Ctrl-C lets the request in flight finish; the other two mean that the line is gone.
        scene.simulated.release()
    told = scene.operator.finish(process)
    assert time.monotonic() - began < _signal_seconds()
    assert told.status == 5, told
    assert told.document["state"] == "stopped"
    assert scene.operator.held_locks() == []
    assert "sending" not in scene.operator.states()
    if only == "writes":
        assert len(scene.simulated.writes()) == at
    _resume(scene)


def test_a_pause_keeps_the_lock_and_writes_nothing(scene: Scene) -> None:
    scene.simulated.hold(at=6, when="before", only="writes")
    process = scene.start_sync()
    scene.simulated.wait_held(process)
    number = str(scene.operator.run_number())
    scene.operator.forked("pause", number)
    _seen(scene, "pause")
    scene.simulated.release()
    until("the run to be paused", lambda: scene.operator.rows("SELECT state FROM runs")[0][0] == "paused")
    asked = len(scene.simulated.requests())
    assert scene.operator.forked("runs", number)["state"] == "paused"
    assert [lock["holder"]["pid"] for lock in scene.operator.forked("locks")] == [process.pid]
    assert len(scene.simulated.requests()) == asked
    assert len(scene.simulated.writes()) == 6 < WRITES
    assert process.poll() is None

    scene.operator.forked("continue", number)
    told = scene.operator.finish(process)
    assert told.status in (0, 3), told
    assert told.document["state"] == "done"
    scene.expect_done()


def test_a_paused_run_can_be_stopped(scene: Scene) -> None:
    scene.simulated.hold(at=6, when="before", only="writes")
    process = scene.start_sync()
    scene.simulated.wait_held(process)
    number = str(scene.operator.run_number())
    scene.operator.forked("pause", number)
    _seen(scene, "pause")
    scene.simulated.release()
    until("the run to be paused", lambda: scene.operator.rows("SELECT state FROM runs")[0][0] == "paused")
    scene.operator.forked("stop", number)
    told = scene.operator.finish(process)
    assert told.status == 5, told
    assert scene.operator.held_locks() == []
    _resume(scene)
