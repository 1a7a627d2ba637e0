"""A sync that is killed at any request, before or after its effect, ends as if nothing had happened once resumed."""

from __future__ import annotations

import signal

import pytest

from tests.end_to_end.scene import WRITES, Scene
from tests.support.until import until

WRITING = [("writes", at, when) for at in range(1, WRITES + 1) for when in ("before", "after")]
"""Every write request of the sync, both sides of its effect."""
READING = [
    ("all", 1, "before"),
    ("all", 4, "after"),
    ("all", 9, "before"),
    ("all", 14, "after"),
    ("all", 27, "after"),
    ("all", 35, "before"),
    ("all", 38, "after"),
    ("all", 44, "after"),
]
"""Reads of both systems: the first, the shop's list, the members, and those between and after the writes."""


def test_there_are_so_many_writes_to_be_killed_at(scene: Scene) -> None:
    told = scene.operator.finish(scene.start_sync())
    assert told.status in (0, 3)
    assert len(scene.simulated.writes()) == WRITES
    assert len(scene.simulated.requests()) >= max(at for _, at, _ in READING)
    scene.expect_done()


@pytest.mark.parametrize(("only", "at", "when"), WRITING + READING)
def test_killed_and_resumed(scene: Scene, only: str, at: int, when: str) -> None:
    side = "any" if only == "all" else "mailerlite"
    scene.simulated.hold(at=at, when=when, side=side, only=only)
    process = scene.start_sync()
    scene.simulated.wait_held(process)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    until("the held request to be gone", lambda: not scene.simulated.ask("held")["holding"])
    assert len(scene.operator.held_locks()) == 1, "a killed process leaves its lock behind"
    if only == "writes":
        assert scene.operator.states().get("sending", 0) > 0, "what was on its way is in the ledger as sending"
        assert len(scene.simulated.writes()) == at

    run = scene.operator.forked("resume", str(scene.operator.run_number()), expect={0, 3})

    assert run["state"] == "done"
    assert (run["planned"], run["sending"], run["unknown"], run["failed"]) == (0, 0, 0, 0)
    scene.expect_done()
