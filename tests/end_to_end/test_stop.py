"""A run stops, pauses and goes on when somebody asks, and a signal ends it quickly with nothing left open."""

from __future__ import annotations

import signal
import subprocess

import pytest

from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.sync.lock_keeper import LISTEN_SECONDS
from bema_tui.sync.supervisor import LAST_REQUEST_SECONDS
from tests.end_to_end.scene import WRITES, Scene
from tests.support.until import until


def _resume(scene: Scene) -> None:
    run = scene.operator.forked("resume", str(scene.operator.run_number()), expect={0, 3})
    assert run["state"] == "done"
    scene.expect_done()


def test_what_people_ask_and_a_signal_wait_for_less_than_a_second() -> None:
    """The two waits between a word and its effect; what the tests below prove is the order of events."""
    assert LISTEN_SECONDS < 1.0
    assert LAST_REQUEST_SECONDS <= 1.0 < HttpPolicy().timeout


@pytest.mark.parametrize("at", [2, 7])
def test_stopped_by_another_process_while_it_writes(scene: Scene, at: int) -> None:
    scene.simulated.hold(at=at, when="before", only="writes")
    process = scene.start_sync()
    scene.simulated.wait_held(process)
    number = str(scene.operator.run_number())
    asked = scene.operator.forked("stop", number, "--reason", "wrong day")
    assert asked["run"] == int(number)
    scene.operator.wait_seen("stop")
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
def test_a_signal_ends_a_run_and_the_request_in_flight_is_not_waited_for(
    scene: Scene, number: signal.Signals, only: str, at: int
) -> None:
    scene.simulated.hold(at=at, when="before", only=only)
    process = scene.start_sync()
    scene.simulated.wait_held(process)
    process.send_signal(number)
    if number is signal.SIGINT:
        # Ctrl-C lets the request in flight finish; the other two mean that the line is gone.
        scene.simulated.release()
    told = scene.operator.finish(process)
    assert told.status == 5, told
    assert told.document["state"] == "stopped"
    if number is not signal.SIGINT:
        until("the held request to be gone", lambda: not scene.simulated.ask("held")["holding"])
    last = scene.simulated.requests()[-1]
    assert (last["status"] is not None) is (number is signal.SIGINT), "only Ctrl-C waits for the answer"
    assert scene.operator.held_locks() == []
    assert "sending" not in scene.operator.states()
    if only == "writes":
        assert len(scene.simulated.writes()) == at
    _resume(scene)


def _paused(scene: Scene) -> tuple[subprocess.Popen[str], str]:
    """A sync that was paused at its sixth write, and the number of its run."""
    scene.simulated.hold(at=6, when="before", only="writes")
    process = scene.start_sync()
    scene.simulated.wait_held(process)
    number = str(scene.operator.run_number())
    scene.operator.forked("pause", number)
    scene.operator.wait_seen("pause")
    scene.simulated.release()
    until("the run to be paused", lambda: scene.operator.rows("SELECT state FROM runs")[0][0] == "paused")
    return process, number


def test_a_pause_keeps_the_lock_and_writes_nothing(scene: Scene) -> None:
    process, number = _paused(scene)
    asked = len(scene.simulated.requests())
    assert scene.operator.forked("runs", number)["state"] == "paused"
    assert [lock["holder"]["pid"] for lock in scene.operator.forked("locks")] == [process.pid]
    assert len(scene.simulated.requests()) == asked
    assert len(scene.simulated.writes()) == 6 < WRITES
    assert process.poll() is None
    assert f"bema-tui continue {number}" in scene.operator.run("resume", number, expect=4).complaint

    scene.operator.forked("continue", number)
    told = scene.operator.finish(process)
    assert told.status in (0, 3), told
    assert told.document["state"] == "done"
    scene.expect_done()


def test_a_paused_run_can_be_stopped(scene: Scene) -> None:
    process, number = _paused(scene)
    scene.operator.forked("stop", number)
    told = scene.operator.finish(process)
    assert told.status == 5, told
    assert scene.operator.held_locks() == []
    _resume(scene)
