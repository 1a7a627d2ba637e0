"""What the commands say of waits: a run's on ``runs`` and stderr, a command's own on stderr, all on ``quota``."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.operator import Operator
from tests.support.simulated import Simulated
from tests.support.until import until

ASKED_TOO_OFTEN = {"too_many": 1.0, "side": "edd", "retry_after_seconds": 600}
WAITS = "waits for the shop: it answered 429, until "


@pytest.mark.fault("A8")
def test_a_run_that_waits_says_so_everywhere(simulated: Simulated, operator: Operator, tmp_path: Path) -> None:
    code = operator.discover()
    simulated.set(faults=ASKED_TOO_OFTEN)
    errors = tmp_path / "stderr"
    with errors.open("w", encoding="utf-8") as stream:
        process = operator.start("plan", code, "--json", stderr=stream)

    def waiting() -> Any:
        found = operator.run("runs", "--json", expect=0).document
        return found and found[0]["waiting_for"] and found[0]

    run = until("a run that waits", waiting)
    assert run["waiting_for"] == {
        "reason": "too_many_requests",
        "service": "EDD",
        "detail": "it answered 429",
        "attempt": 0,
        "tries": 0,
        "text": "waits for the shop: it answered 429",
    }
    left = (datetime.fromisoformat(run["waiting_until"]) - datetime.now(UTC)).total_seconds()
    assert 500 < left <= 600
    assert WAITS in operator.run("runs", expect=0).out
    assert f"It {WAITS}" in operator.run("runs", str(run["run"]), expect=0).out
    (entry,) = operator.run("quota", "--json", expect=0).document["waiting"]
    assert (entry["run"], entry["waiting_for"], entry["waiting_until"]) == (
        run["run"],
        run["waiting_for"],
        run["waiting_until"],
    )
    assert f"run {run['run']} {code} by " in operator.run("quota", expect=0).out
    until("a line about the wait", lambda: errors.read_text(encoding="utf-8"))
    asked = operator.run("pause", str(run["run"]), expect=0).out
    assert "now it waits until" in asked
    assert "within seconds" not in asked
    operator.wait_seen("pause")
    assert "within seconds" in operator.run("continue", str(run["run"]), expect=0).out, "it is not paused yet"
    operator.run("stop", str(run["run"]), expect=0)
    said = operator.finish(process)
    assert said.status == 5
    assert (said.document["state"], said.document["waiting_for"], said.document["waiting_until"]) == (
        "stopped",
        None,
        None,
    )
    # One line for the one wait, however long it lasted.
    (line,) = [line for line in errors.read_text(encoding="utf-8").splitlines() if WAITS in line]
    assert line.startswith(f"bema-tui: run {run['run']} ")


@pytest.mark.fault("A8", "D5")
@pytest.mark.parametrize("words", [("doctor",), ("campaigns", "discover")])
def test_a_command_without_a_run_says_what_it_waits_for_and_ends_at_once(
    words: tuple[str, ...], simulated: Simulated, operator: Operator, tmp_path: Path
) -> None:
    simulated.set(maintenance=True)
    errors = tmp_path / "stderr"
    with errors.open("w", encoding="utf-8") as stream:
        process = operator.start(*words, stderr=stream)
        line = until("a line about the wait", lambda: errors.read_text(encoding="utf-8"))
        process.send_signal(signal.SIGINT)
        assert operator.finish(process).status == 5
    assert line.startswith("bema-tui: waits for the shop: it answered 503, until ")
    told = errors.read_text(encoding="utf-8")
    assert "interrupted by SIGINT" in told
    assert "resume" not in told
    assert "Aborted" not in told


def close_until(operator: Operator, moment: datetime) -> None:
    """What an older version wrote down after an answer that asked for years."""
    times = (when.isoformat(timespec="microseconds") for when in (datetime.now(UTC), moment, moment))
    operator.change_database("DELETE FROM quota_periods")
    operator.change_database(
        "INSERT INTO quota_periods VALUES (?, 1000000, 1000000, 0, ?, ?, 1, ?)",
        operator.environment["BEMA_MAILERLITE_URL"],
        *times,
    )


@pytest.mark.fault("E5")
def test_an_account_that_is_closed_for_years_is_so_for_an_hour_and_a_command_opens_it(
    simulated: Simulated, operator: Operator
) -> None:
    code = operator.discover()
    now = datetime.now(UTC)
    close_until(operator, datetime(2058, 3, 4, 5, 6, 7, tzinfo=UTC))
    shown = operator.run("quota", "--json", expect=0).document
    assert (shown["left"], shown["reserve"], shown["waiting"]) == (0, 10, [])
    closed = datetime.fromisoformat(shown["closed_until"])
    assert timedelta(minutes=59) < closed - now < timedelta(minutes=62)
    assert "MailerLite refuses until " in operator.run("quota", expect=0).out
    cleared = operator.run("quota", "clear", "--json", expect=0).document
    assert cleared == {"cleared": True, "closed_until": shown["closed_until"]}
    assert operator.run("plan", code, "--json").document["state"] == "planned"
    again = operator.run("quota", "clear", "--json", expect=2)
    assert "is not closed" in again.complaint
    assert operator.run("quota", "--json", expect=0).document["closed_until"] is None
    assert "may be sent" in operator.run("quota", expect=0).out


def test_no_more_is_left_for_others_than_an_account_allows(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    simulated.set(quota=8)
    operator.start("plan", code, "--json")

    def learned() -> Any:
        shown = operator.run("quota", "--json", expect=0).document
        return shown["limit"] == 8 and shown

    assert until("an answer that says what the account allows", learned)["reserve"] == 7
    assert "8 requests in 60 seconds, 7 of them left for others." in operator.run("quota", expect=0).out
    operator.run("stop", "1", expect=0)


@pytest.mark.fault("E8")
def test_less_memory_than_a_run_needs_is_refused_before_anything_is_asked(
    simulated: Simulated, operator: Operator
) -> None:
    code = operator.discover()
    asked = len(simulated.requests())
    operator.environment["BEMA_MEMORY_LIMIT"] = "1"
    said = operator.run("plan", code, "--json", expect=2)
    assert "BEMA_MEMORY_LIMIT: must be from 100,663,296 to" in said.complaint
    assert len(simulated.requests()) == asked
