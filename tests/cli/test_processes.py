"""What only a process of its own shows: the first line of ``simulate``, a terminal, a closed pipe, a stop."""

from __future__ import annotations

import json
import signal

import httpx
import pytest

from tests.support.fixtures import MakeOperator, StartSimulator
from tests.support.operator import Operator
from tests.support.simulated import Simulated
from tests.support.until import DEADLINE


def test_simulate_says_where_it_is_and_ends_when_interrupted(operator: Operator) -> None:
    process = operator.start("simulate", "--subscribers", "60", "--orders", "60", "--campaigns", "1", "--seed", "3")
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert set(said["mailerlite"]) == {"url", "key"}
    assert set(said["edd"]) == {"url", "key", "token"}
    state = httpx.get(said["state_url"], timeout=20).json()
    assert (state["seed"], len(state["subscribers"])) == (3, 60)
    groups = httpx.get(
        f"{said['mailerlite']['url']}/groups", headers={"Authorization": f"Bearer {said['mailerlite']['key']}"}
    )
    assert groups.status_code == 200
    process.send_signal(signal.SIGINT)
    ended = operator.finish(process)
    assert (ended.status, ended.err) == (0, "")


def test_a_port_that_is_taken(simulated: Simulated, operator: Operator) -> None:
    port = httpx.URL(simulated.endpoints.edd_url).port
    said = operator.run("simulate", "--port", str(port), expect=2)
    assert f"Port {port} can't be used" in said.complaint


def test_on_a_terminal_a_sync_shows_its_plan_and_asks(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    terminal = operator.terminal("sync", code)
    terminal.wait_for("Number: ")
    assert f"Plan 1 for {code}" in terminal.shown
    assert "Gold → Gold Purchased" in terminal.shown
    assert "More than 20 % of the members: type the number of changes." in terminal.shown
    assert simulated.writes() == []
    assert operator.run("locks", "--json").document == []  # no lock is held while a person thinks
    terminal.press("y\n")
    terminal.wait_for("or n for no.")  # for so many, a y is no yes
    terminal.press("n\n")
    assert terminal.end() in {0, 3}
    assert "The plan waits: bema-tui apply 1" in terminal.shown
    assert simulated.writes() == []
    assert operator.run("runs", "1", "--json").document["state"] == "planned"

    done = operator.run("apply", "1", "--json").document
    assert (done["state"], done["planned"]) == ("done", 0)
    assert done["applied"] > 0
    assert simulated.violations() == []


def test_a_yes_on_the_terminal_applies_the_shown_plan(simulated: Simulated, operator: Operator) -> None:
    operator.settings("[rules]\nmax_moves = 1\nmax_moves_percent = 0\n")  # too big to go by itself: the yes lets it
    code = operator.discover()
    terminal = operator.terminal("sync", code)
    terminal.wait_for("Number: ")
    assert "Needs approval" in terminal.shown
    terminal.press(f"{operator.run('runs', '1', '--json').document['total']}\n")
    assert terminal.end() in {0, 3}
    assert operator.run("runs", "1", "--json").document["state"] == "done"
    assert simulated.writes() != []
    assert simulated.violations() == []


def test_a_plan_within_the_limits_wants_a_y_alone(simulators: StartSimulator, operators: MakeOperator) -> None:
    simulated = simulators(subscribers=1_200)
    operator = operators(simulated.endpoints)
    code = operator.discover()
    terminal = operator.terminal("sync", code)
    terminal.wait_for("[y/N]: ")
    assert "Apply these" in terminal.shown
    terminal.press("y\n")
    assert terminal.end() in {0, 3}
    assert operator.run("runs", "1", "--json").document["state"] == "done"


def test_on_a_terminal_an_apply_of_many_wants_the_number_too(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    total = operator.run("plan", code, "--json").document["total"]
    terminal = operator.terminal("apply", "1")
    terminal.wait_for("Number: ")
    terminal.press("\n")
    assert terminal.end() in {0, 3}
    assert "The plan waits: bema-tui apply 1" in terminal.shown
    assert simulated.writes() == []
    terminal = operator.terminal("apply", "1")
    terminal.wait_for("Number: ")
    terminal.press(f"{total:,}\n")
    assert terminal.end() in {0, 3}
    assert operator.run("runs", "1", "--json").document["state"] == "done"


@pytest.mark.fault("E3")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_at_the_question_leaves_the_plan(
    number: signal.Signals, simulated: Simulated, operator: Operator
) -> None:
    code = operator.discover()
    terminal = operator.terminal("sync", code)
    terminal.wait_for("Number: ")
    terminal.process.send_signal(number)
    assert terminal.end() == 5
    assert "The plan waits: bema-tui apply 1" in terminal.shown
    assert "Traceback" not in terminal.shown
    assert operator.run("runs", "1", "--json").document["state"] == "planned"
    assert simulated.writes() == []


@pytest.mark.fault("E3")
def test_a_terminal_that_is_gone_stops_its_run_and_leaves_it_in_order(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    simulated.hold(at=1, when="after", only="writes")
    terminal = operator.terminal("sync", code, "--yes")
    terminal.wait_for("apply 0")  # the line of progress
    simulated.wait_held()
    terminal.hang_up()
    assert terminal.process.wait(DEADLINE) == 5
    simulated.release()
    run = operator.run("runs", "1", "--json").document
    assert (run["state"], run["sending"]) == ("stopped", 0)
    assert operator.run("locks", "--json").document == []


def test_a_closed_pipe_is_silent(operator: Operator) -> None:
    code = operator.discover()
    operator.run("plan", code)
    for words in (("changes", "1", "--json"), ("findings",)):
        process = operator.start(*words)
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(DEADLINE) in {0, 1}
        process.stderr.close()
        process.stderr = process.stdout = None


def test_a_stop_from_another_process_ends_with_5_and_resume_goes_on(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    simulated.hold(at=1, when="after", only="writes")
    process = operator.start("sync", code, "--yes", "--json")
    simulated.wait_held()
    asked = operator.run("stop", "1", "--reason", "wrong campaign", "--json", expect=0).document
    assert asked == {"run": 1, "asked": "stop", "reason": "wrong campaign", "suspended": False}
    operator.wait_seen("stop")
    simulated.release()
    said = operator.finish(process)
    assert (said.status, said.document["state"]) == (5, "stopped")
    assert "wrong campaign" in said.document["note"]
    assert said.document["sending"] == 0
    assert len(simulated.writes()) == 1
    done = operator.run("resume", "1", "--json").document
    assert (done["state"], done["planned"], done["unknown"]) == ("done", 0, 0)
    assert simulated.violations() == []
