"""The command line's contract: one JSON document with the promised keys, and its exit statuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.label import opened_label
from tests.support.operator import Operator
from tests.support.proxy import Asked, Given, PassOn, Proxy
from tests.support.simulated import Simulated

RUN = {
    "run", "state", "people", "planned", "applied", "failed", "skipped", "unknown", "findings", "requests", "seconds",
}  # fmt: skip
PLAN = {"run", "state", "people", "changes", "findings", "requests"}
CHANGE = {"before", "after", "tier", "cause", "rule", "state", "outcome", "error", "settled_at"}
FINDING = {
    "id", "campaign", "rule", "severity", "state", "subject", "message", "advice", "first_seen", "last_seen", "count",
}  # fmt: skip
CAMPAIGN = {"code", "album", "products", "state"}
TIERS = [
    "opt_in", "gold", "silver", "bronze", "wood", "gold_purchased", "silver_purchased", "bronze_purchased",
]  # fmt: skip


Done = tuple[Operator, str, Any]
"""An operator, the campaign, and what the sync said; ``really``: how many people the account has in it now."""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """An operator after one sync, for the tests that only look."""
    with opened_label(tmp_path_factory.mktemp("done")) as label:
        synced = label.operator.run("sync", label.code, "--yes", "--json", expect=3).document
        groups = [row["groups"] for row in label.simulated.state()["subscribers"]]
        members = sum(any(name.startswith(label.code) for name in names) for names in groups)
        yield label.operator, label.code, {**synced, "really": members}


@pytest.mark.fault("E9")
def test_a_campaign_that_is_there_is_no_mistake(operator: Operator) -> None:
    words = ("campaigns", "add", "2026_X_Y", "--album", "Y", "--product", "7", "8")
    assert operator.run(*words, "--json", expect=0).document["added"] is True
    again = operator.run(*words[:-1], "--json", expect=0).document
    assert (again["added"], again["products"]) == (False, ["7", "8"])
    assert operator.run(*words, expect=0).out == "2026_X_Y is there already, with product 7, 8.\n"
    more = operator.run(*words, "9", "--json", expect=0).document
    assert more["added"] is True
    other = ("campaigns", "add", "2026_X_Y", "--album", "Another", "--product", "7")
    assert "belongs to another campaign already" in operator.run(*other, expect=2).complaint


@pytest.mark.fault("D9")
def test_products_by_nobody_are_one_line_and_listed_when_asked_for(simulated: Simulated, operator: Operator) -> None:
    found = operator.run("campaigns", "discover", "--json", expect=0).document
    assert found["without_artist"]
    assert set(found["without_artist"][0]) == {"product", "title", "sold"}
    assert [row["subject"] for row in found["findings"] if row["rule"] == "artist_unclear"].count(
        "products without an artist"
    ) == 1
    brief, whole = (operator.run("campaigns", "discover", *flag, expect=0).out for flag in ((), ("--without-artist",)))
    titles = {row["title"] for row in found["without_artist"]}
    assert "The shop does not say which products are bundles" in brief
    assert all(f"{title}" in whole for title in titles)
    assert len(whole.splitlines()) > len(brief.splitlines())


@pytest.mark.fault("D9")
def test_what_discovery_finds_is_listed_worst_first(simulated: Simulated, operator: Operator) -> None:
    code = operator.run("campaigns", "discover", "--json", expect=0).document["campaigns"][0]["code"]
    operator.run("campaigns", "add", code, "--album", "Another Album", "--product", "99999", expect=0)
    found = operator.run("campaigns", "discover", "--json", expect=0).document["findings"]
    severities = [row["severity"] for row in found]
    assert {"error", "warning"} <= set(severities)
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    lines = [line for line in operator.run("campaigns", "discover", expect=0).out.splitlines() if ": " in line]
    assert [line.partition(":")[0] for line in lines][: len(severities)] == severities


def test_campaigns(simulated: Simulated, operator: Operator) -> None:
    assert operator.run("campaigns", "list", "--json", expect=0).document == []
    found = operator.run("campaigns", "discover", "--json", expect=0).document
    assert set(found["campaigns"][0]) >= CAMPAIGN
    assert found["added"] is False
    assert operator.run("campaigns", "list", "--json").document == []  # looking adds nothing
    added = operator.run("campaigns", "discover", "--add", "--json", expect=0).document
    listed = operator.run("campaigns", "list", "--json", expect=0).document
    assert [row["code"] for row in listed] == [row["code"] for row in added["campaigns"]]
    assert set(listed[0]) >= CAMPAIGN
    assert listed[0]["products"] == ["100"]
    assert (
        operator.run("campaigns", "discover", "--add", "--json", expect=0).document["campaigns"] == []
    )  # nothing twice
    made = operator.run(
        "campaigns", "add", "2026_X_Y", "--product", "7", "8", "--album", "Y", "--product", "9", "--json"
    )
    assert (made.status, made.document["products"]) == (0, ["7", "9", "8"])
    assert operator.run("campaigns", "add", "2026_X_Z", "--album", "Z", "--product", "8", "--json", expect=2).document
    once = operator.run("campaigns", "add", "2026_X_T", "--album", "T", "--product", "011", "--product", "11", "--json")
    assert once.document["products"] == ["11"]
    long = "2026_X_" + 44 * "Y"
    assert "at most 50" in operator.run("campaigns", "add", long, "--album", "Z", "--product", "9", expect=2).complaint
    assert operator.run("campaigns", "add", "2026_X_Z", "--album", "Z", "--product", "0", "--json", expect=2).document
    assert operator.run("campaigns", "add", "nonsense", "--album", "Z", "--product", "9", "--json", expect=2).document
    assert simulated.writes() == []


def test_plan_apply_and_a_second_sync(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    planned = operator.run("plan", code, "--json").document
    assert set(planned) >= PLAN
    assert planned["state"] == "planned"
    assert set(planned["requests"]) >= {"read", "write_forecast", "seconds_forecast"}
    assert planned["planned"] == planned["total"] == sum(planned["changes"].values()) > 0
    assert simulated.writes() == []

    done = operator.run("apply", str(planned["run"]), "--json").document
    assert set(done) >= RUN
    assert set(done["findings"]) == {"error", "warning", "info"}
    assert set(done["requests"]) >= {"read", "write", "retried"}
    assert (done["state"], done["run"], done["applied"]) == ("done", planned["run"], planned["total"])
    assert operator.run("stats", code, "--json").document["currency"] == "USD"  # apply itself does not ask the shop

    written = len(simulated.writes())
    again = operator.run("sync", code, "--yes", "--json").document
    assert (again["state"], again["total"], again["people"]) == ("done", 0, 0)
    assert len(simulated.writes()) == written
    assert "can't be resumed: it is done" in operator.run("resume", str(done["run"]), expect=2).complaint
    assert "does not wait for a yes" in operator.run("apply", str(done["run"]), expect=2).complaint
    assert "is not at work" in operator.run("stop", str(done["run"]), expect=2).complaint
    assert "only a plan that waits" in operator.run("discard", str(done["run"]), expect=2).complaint


def test_a_run_that_another_one_overtook_offers_no_resume(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    simulated.set(down="mailerlite")
    operator.run("plan", code, expect=1)
    assert "Go on with: bema-tui resume 1" in operator.run("runs", "1", expect=0).out
    simulated.set(down=None)
    operator.run("plan", code)
    assert operator.run("runs", "1", expect=0).out.endswith("Overtaken by run 2.\n")
    assert "run 2 has read" in operator.run("resume", "1", expect=2).complaint


def test_a_run_that_ends_with_3_says_what_needs_a_person_and_where_it_is_read(
    simulated: Simulated, operator: Operator
) -> None:
    operator.discover()
    told = 0
    for code in (row["code"] for row in operator.run("campaigns", "list", "--json").document):
        for said in (operator.run("plan", code), operator.run("sync", code, "--yes")):
            errors = operator.run("findings", "--campaign", code, "--severity", "error", "--json").document
            noun = "1 open finding" if len(errors) == 1 else f"{len(errors)} open findings"
            line = f"Needs a person: {noun} of severity error about {code}: bema-tui findings --severity error"
            assert (line in said.out.splitlines()) == bool(errors) == (said.status == 3)
            told += bool(errors)
    assert told
    assert "product 91: Product 91," not in operator.run("findings").out


def test_what_a_command_was_told_to_do_is_not_told_back(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    run = str(operator.run("plan", code, "--json").document["run"])
    said = operator.run("stop", run, expect=2)
    assert said.complaint.endswith(
        f"Run {run} is not at work: it is a plan that waits for a yes. "
        f"What to do: Apply it with: bema-tui apply {run}. Throw it away with: bema-tui discard {run}."
    )


def test_a_failed_run_says_once_why_and_that_it_must_be_mended_first(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    simulated.set(edd_version="3.0")
    said = operator.run("plan", code, expect=1)
    assert said.out.count("This EDD is older than 3.1.0.4") == 1
    assert said.out.endswith("Once that is mended, go on with: bema-tui resume 1\n")


def test_a_discarded_plan_is_not_applied(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    run = str(operator.run("plan", code, "--json").document["run"])
    assert operator.run("discard", run, "--json", expect=0).document == {"run": int(run), "state": "discarded"}
    assert "it is discarded" in operator.run("apply", run, expect=2).complaint
    assert simulated.writes() == []


def test_runs_and_changes(done: Done) -> None:
    operator, _, synced = done
    runs = operator.run("runs", "--json", expect=0).document
    assert [run["run"] for run in runs] == [synced["run"]]
    one = operator.run("runs", str(synced["run"]), "--json", expect=0).document
    assert one == runs[0]
    assert one == {name: value for name, value in synced.items() if name != "really"}
    (members_read,) = (check for check in one["checks"] if check["name"] == "members_read")
    assert members_read["people"] == one["reads"]["mailerlite"]["people"] == one["members"]
    assert members_read["unsettled"] == []
    rows = operator.run("changes", str(synced["run"]), "--json", expect=0).document
    assert len(rows) == synced["total"]
    assert all(set(row) >= CHANGE for row in rows)
    applied = operator.run("changes", str(synced["run"]), "--state", "applied", "--json", expect=0).document
    assert len(applied) == synced["applied"]
    assert operator.run("changes", str(synced["run"]), "--state", "undone", "--json", expect=0).document == []
    assert "no state" in operator.run("changes", str(synced["run"]), "--state", "eaten", "--json", expect=2).complaint
    for words in (("runs", "99"), ("changes", "99"), ("apply", "99"), ("resume", "99"), ("stop", "99")):
        said = operator.run(*words, "--json", expect=2)
        assert "99" in said.complaint
        assert said.document["error"]["error"] == "UsageError"


def test_findings_and_their_filters(done: Done) -> None:
    operator, code, _ = done
    every = operator.run("findings", "--json", expect=0).document
    assert all(set(row) >= FINDING for row in every)
    assert len({row["severity"] for row in every}) == 3
    order = ["error", "warning", "info"]
    assert [row["severity"] for row in every] == sorted((row["severity"] for row in every), key=order.index)
    for option, name, value in (
        ("--severity", "severity", "warning"),
        ("--rule", "rule", "two_tiers"),
        ("--campaign", "campaign", code),
        ("--state", "state", "open"),
    ):
        found = operator.run("findings", option, value, "--json", expect=0).document
        assert found == [row for row in every if row[name] == value]
        assert found
    said = operator.run("findings", "--campaign", "2001_NO_ONE", "--json", expect=2)
    assert said.document["error"]["message"] == "There is no campaign '2001_NO_ONE'."
    assert "There is no rule" in operator.run("findings", "--rule", "nonsense", expect=2).complaint
    assert operator.run("findings", "--severity", "nonsense").status == 2
    assert operator.run("findings", "--state", "all", "--json").document != []


def test_stats(done: Done) -> None:
    operator, code, synced = done
    (one,) = operator.run("stats", "--json", expect=0).document
    assert one == operator.run("stats", code, "--json", expect=0).document
    assert list(one["tiers"]) == TIERS
    assert one["members"] == synced["really"]
    assert 0 < one["buyers"] <= one["members"]
    assert one["conversion"] == pytest.approx(one["buyers"] / one["members"])
    assert float(one["revenue"]) > 0
    assert (one["runs"], one["code"]) == (1, code)
    assert one["last_sync"] is not None
    assert "There is no campaign" in operator.run("stats", "2001_NO_ONE", "--json", expect=2).complaint


@pytest.mark.fault("D8")
def test_revenue_is_in_shop_units_and_mixed_once_the_shop_had_another_currency(
    simulated: Simulated, operator: Operator, shop_proxy: Proxy
) -> None:
    code = operator.discover()
    currency = ["EUR"]

    async def with_currency(asked: Asked, pass_on: PassOn) -> Given:
        given = await pass_on(asked.body)
        if b"info" not in asked.body:
            return given
        document = given.document
        document["info"]["site"]["currency"] = currency[-1]
        return given.but(document)

    shop_proxy.meddle = with_currency
    operator.run("sync", code, "--yes", "--json")
    one = operator.run("stats", code, "--json", expect=0).document
    assert (one["revenue_unit"], one["currency"], one["currencies"]) == ("shop units", "EUR", ["EUR"])
    assert one["revenue_mixed"] is False
    text = operator.run("stats", code, expect=0).out
    assert f"EUR {one['revenue']}" not in text
    assert "* in shop units: the shop does not say in which currency an order was paid; its own is EUR." in text

    for other in ("USD", "EUR"):
        currency.append(other)
        operator.run("plan", code, "--json")
        one = operator.run("stats", code, "--json", expect=0).document
        assert (one["revenue_mixed"], one["currencies"]) == (True, ["EUR", "USD"])
    assert float(one["revenue"]) > 0
    text = operator.run("stats", code, expect=0).out
    assert f"{one['revenue']} mixed" in text
    assert "its own has been EUR, then USD, and these sums mix them." in text


def test_health(done: Done) -> None:
    operator, _, _ = done
    found = operator.run("health", "--json", expect=0).document
    assert set(found) >= {
        "memory_usage", "load_average", "job_status", "active_processes", "health_score", "reasons",
    }  # fmt: skip
    assert found["memory_usage"] > 1_000_000
    assert len(found["load_average"]) == 3
    assert 0 <= found["health_score"] <= 100
    assert operator.run("health", expect=0).out.startswith("Health ")


def test_the_health_of_a_campaign(done: Done) -> None:
    operator, code, _ = done
    found = operator.run("health", code, "--json", expect=0).document
    assert (found["campaign"], found["status"], found["lock"]) == (code, "up_to_date", None)
    assert found["job_status"]["done"] >= 1
    assert set(found["findings"]) == {"error", "warning", "info"}
    assert 0 <= found["health_score"] <= 100
    said = operator.run("health", code, expect=0).out
    assert said.startswith(f"Health of {code}: {found['health_score']} of 100")
    assert "up to date, no lock, last sync 20" in said
    assert "There is no campaign" in operator.run("health", "2001_NO_ONE", "--json", expect=2).complaint


def test_health_measures_the_processor(done: Done) -> None:
    operator, _, _ = done
    over = threading.Event()

    def keep_busy() -> None:
        while not over.is_set():
            pass

    busy = threading.Thread(target=keep_busy)
    busy.start()
    try:
        found = operator.run("health", "--json", expect=0).document
    finally:
        over.set()
        busy.join()
    assert found["cpu_percent"] > 0


def test_no_locks_is_an_empty_document(done: Done) -> None:
    operator, _, _ = done
    assert operator.run("locks", "--json", expect=0).document == []
    assert "No lock is held" in operator.run("locks", expect=0).out


def test_text_forms_say_what_the_documents_say(done: Done) -> None:
    operator, code, synced = done
    for words in (("campaigns", "list"), ("runs",), ("runs", "1"), ("changes", "1"), ("findings",), ("stats",)):
        said = operator.run(*words, expect=0)
        assert code in said.out
        assert said.err == ""
    assert f"{synced['applied']} applied" in operator.run("runs", "1").out
    assert len(operator.run("changes", "1").out.splitlines()) == synced["total"] + 1


def test_an_empty_database_has_something_to_say(operator: Operator) -> None:
    for words in (("campaigns", "list"), ("runs",), ("findings",), ("locks",), ("stats",)):
        assert operator.run(*words, expect=0).out.strip()
        assert operator.run(*words, "--json", expect=0).document == []


def test_an_unknown_campaign(operator: Operator) -> None:
    code = operator.discover()
    for command in (("plan",), ("sync", "--yes")):
        said = operator.run(command[0], code.lower(), *command[1:], "--json", expect=2)
        assert f"Did you mean {code}?" in said.complaint
    assert operator.run("runs", "--json").document == []
