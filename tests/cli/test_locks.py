"""``locks`` and ``locks release``: what they show, and what they refuse."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.operator import Operator
from tests.support.processes import kill_at_first_request, suspend
from tests.support.simulated import Simulated


def test_a_live_lock_is_shown_kept_and_given_up_only_by_force(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    simulated.hold(at=1, when="before", side="edd", only="all")
    process = operator.start("plan", code, "--json")
    simulated.wait_held()

    (lock,) = operator.run("locks", "--json", expect=0).document
    assert set(lock) >= {"id", "key", "holder", "operation", "since", "last_beat", "state", "token"}
    assert set(lock["holder"]) == {"user", "host", "pid"}
    assert (lock["key"], lock["state"], lock["operation"]) == (code, "live", "plan")
    assert lock["holder"]["pid"] == process.pid
    assert lock["id"] in operator.run("locks", expect=0).out

    held = operator.run("plan", code, "--json", expect=4)
    assert str(process.pid) in held.complaint
    assert held.document["error"]["lock"] == lock["id"]
    assert "There is no lock 'zzzz'" in operator.run("locks", "release", "zzzz", "--reason", "x", expect=2).complaint
    assert (
        "needs a reason" in operator.run("locks", "release", lock["id"], "--reason", " ", "--force", expect=2).complaint
    )
    assert "--force" in operator.run("locks", "release", lock["id"], "--reason", "x", expect=2).complaint
    assert operator.run("locks", "--json").document[0]["id"] == lock["id"]

    released = operator.run(
        "locks", "release", lock["id"].upper(), "--reason", "it hangs", "--force", "--json", expect=0
    )
    assert (released.document["released"], released.document["id"]) == (True, lock["id"])
    assert operator.run("locks", "--json").document == []
    simulated.release()
    ended = operator.finish(process)
    assert (ended.status, ended.document["state"]) == (5, "lost")


@pytest.mark.fault("E7")
def test_a_suspended_run_is_said_to_be_so_and_what_it_takes_to_go_on(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    simulated.hold(at=1, when="before", side="edd", only="all")
    process = operator.start("plan", code, "--json")
    simulated.wait_held()
    assert operator.run("pause", "1", "--json", expect=0).document["suspended"] is False
    assert "within seconds" in operator.run("continue", "1", expect=0).out
    operator.wait_seen("continue")  # else it may be suspended in the middle of writing, with the database's write lock
    suspend(process.pid)
    wake = f"kill -CONT {process.pid}"
    for words, does in ((("pause", "1"), "pauses"), (("continue", "1"), "goes on"), (("stop", "1"), "stops")):
        said = operator.run(*words, expect=0).out
        assert f"its process {process.pid} is suspended: it {does} when it is continued ({wake})" in said
        assert "within seconds" not in said
    assert operator.run("stop", "1", "--json", expect=0).document["suspended"] is True
    (lock,) = operator.run("locks", "--json", expect=0).document
    assert (lock["state"], lock["suspended"]) == ("live", True)
    shown = operator.run("locks", expect=0).out
    assert "suspended" in shown
    assert wake in shown
    held = operator.run("plan", code, "--json", expect=4)
    assert ", suspended." in held.complaint
    assert wake in held.complaint
    kept = operator.run("locks", "release", lock["id"], "--reason", "x", expect=2).complaint
    assert f"is suspended: {lock['holder']['user']}@" in kept
    assert wake in kept
    process.send_signal(signal.SIGCONT)
    operator.wait_seen("stop")
    simulated.release()
    assert operator.finish(process).document["state"] == "stopped"


def test_a_run_whose_last_sign_of_life_is_old_is_not_promised_to_obey_within_seconds(
    simulated: Simulated, operator: Operator
) -> None:
    code = operator.discover()
    now = datetime.now(UTC)
    quiet = (now - timedelta(seconds=300)).isoformat(timespec="microseconds")
    operator.run("plan", code)
    operator.change_database("UPDATE runs SET state = 'planning', lock_token = 5 WHERE id = 1")
    operator.put_lock(code, "aaaa", quiet, token=5, run=1)
    said = operator.run("stop", "1", expect=0).out
    assert "jon@tour-laptop (process 7) gave its last sign of life at " in said
    assert "within seconds" not in said


@pytest.mark.parametrize("way", ["release", "resume"])
def test_the_lock_of_a_dead_process_needs_no_force(way: str, simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    kill_at_first_request(simulated, operator, "plan", code)
    (lock,) = operator.run("locks", "--json", expect=0).document
    assert lock["state"] == "dead"
    if way == "release":
        said = operator.run("locks", "release", lock["id"], "--reason", "the machine was switched off", expect=0)
        assert f"bema-tui resume {lock['run']}" in said.out
        assert operator.run("locks", "--json").document == []
    else:
        run = operator.run("resume", str(lock["run"]), "--json").document
        assert run["state"] == "planned"
        assert operator.run("locks", "--json").document == []
