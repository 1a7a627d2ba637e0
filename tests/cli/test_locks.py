"""``locks`` and ``locks release``: what they show, and what they refuse."""

from __future__ import annotations

import pytest

from ..failures.desk import Desk, Simulated, until


def test_a_live_lock_is_shown_kept_and_given_up_only_by_force(simulated: Simulated, desk: Desk) -> None:
    code = desk.discover()
    simulated.ask("hold", {"at": 1, "when": "before", "side": "edd", "only": "all"})
    process = desk.start("plan", code, "--json")
    until("a held request", lambda: simulated.ask("held")["holding"])

    (lock,) = desk.run("locks", "--json", expect=0).document
    assert set(lock) >= {"id", "key", "holder", "operation", "since", "last_beat", "state", "token"}
    assert set(lock["holder"]) == {"user", "host", "pid"}
    assert (lock["key"], lock["state"], lock["operation"]) == (code, "live", "plan")
    assert lock["holder"]["pid"] == process.pid
    assert lock["id"] in desk.run("locks", expect=0).out

    held = desk.run("plan", code, "--json", expect=4)
    assert str(process.pid) in held.complaint
    assert held.document["error"]["lock"] == lock["id"]
    assert "There is no lock 'zzzz'" in desk.run("locks", "release", "zzzz", "--reason", "x", expect=2).complaint
    assert "needs a reason" in desk.run("locks", "release", lock["id"], "--reason", " ", "--force", expect=2).complaint
    assert "--force" in desk.run("locks", "release", lock["id"], "--reason", "x", expect=2).complaint
    assert desk.run("locks", "--json").document[0]["id"] == lock["id"]

    released = desk.run("locks", "release", lock["id"].upper(), "--reason", "it hangs", "--force", "--json", expect=0)
    assert (released.document["released"], released.document["id"]) == (True, lock["id"])
    assert desk.run("locks", "--json").document == []
    simulated.ask("release", {})
    ended = desk.finish(process)
    assert (ended.status, ended.document["state"]) == (5, "lost")


@pytest.mark.parametrize("way", ["release", "resume"])
def test_the_lock_of_a_dead_process_needs_no_force(way: str, simulated: Simulated, desk: Desk) -> None:
    code = desk.discover()
    simulated.ask("hold", {"at": 1, "when": "before", "side": "edd", "only": "all"})
    process = desk.start("plan", code, "--json")
    until("a held request", lambda: simulated.ask("held")["holding"])
    process.kill()
    process.communicate()
    simulated.ask("release", {})
    (lock,) = desk.run("locks", "--json", expect=0).document
    assert lock["state"] == "dead"
    if way == "release":
        said = desk.run("locks", "release", lock["id"], "--reason", "the machine was switched off", expect=0)
        assert f"bema-tui resume {lock['run']}" in said.out
        assert desk.run("locks", "--json").document == []
    else:
        run = desk.run("resume", str(lock["run"]), "--json").document
        assert run["state"] == "planned"
        assert desk.run("locks", "--json").document == []
