"""A buyer counts as unknown, and may be created, only beside proof that look-ups by address find somebody known."""

from __future__ import annotations

import pytest

from tests.support.operator import Operator
from tests.support.simulated import Simulated

pytestmark = pytest.mark.fault("A2")


def findings(operator: Operator, rule: str) -> set[str]:
    return {row["subject"] for row in operator.run("findings", "--rule", rule, "--json").document}


@pytest.mark.parametrize("paths", ["both", "plain", "encoded"])
def test_new_buyers_are_created_and_nobody_who_is_there(paths: str, simulated: Simulated, operator: Operator) -> None:
    """The shop's buyers are those in no group: one is known, the others are new, with a plus in an address or not."""
    simulated.set(batch_paths=paths, allow_create=True)
    operator.settings("[rules]\nadd_new_buyers = true\n")
    code = operator.discover()
    known = simulated.buyer("non-buyer in GOLD", code)
    simulated.change(move={"email": known, "from": f"{code}_GOLD", "to": None})
    for email in (known, "new@nowhere.example", "new+shop@nowhere.example"):
        simulated.buy(email, code)
    before = set(simulated.subscribers())
    done = operator.run("sync", code, "--yes", "--max-moves", "1000", "--json").document
    assert done["state"] == "done"
    created = set(simulated.subscribers()) - before
    assert {"new@nowhere.example", "new+shop@nowhere.example"} <= created
    assert done["changes"]["create_subscriber"] == len(created)
    (check,) = [one for one in done["checks"] if one["name"] == "nobody_created"]
    assert (check["result"], check["created"]) == ("look", len(created))
    assert findings(operator, "buyer_unknown") == set()
    sent = [item for row in simulated.writes() for item in row["items"]]
    assert not [item for item in sent if item["code"] >= 400]


def test_a_plan_of_new_buyers_creates_nobody_when_look_ups_find_no_more(
    simulated: Simulated, operator: Operator
) -> None:
    operator.settings("[rules]\nadd_new_buyers = true\n")
    code = operator.discover()
    simulated.buy("new@nowhere.example", code)
    run = operator.run("plan", code, "--json").document
    assert run["changes"]["create_subscriber"] > 0
    before = set(simulated.subscribers())
    for row in simulated.state()["subscribers"]:  # from now on an address finds nobody, and an id does
        simulated.change(script_response={"side": "mailerlite", "path": f"subscribers/{row['email']}", "status": 404})
    said = operator.run("apply", str(run["run"]), "--json", expect=1)
    assert "finds nobody by e-mail address" in said.complaint
    assert set(simulated.subscribers()) == before
    assert operator.run("runs", str(run["run"]), "--json").document["state"] == "failed"


def test_an_account_without_anybody_knows_no_buyer(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    for row in simulated.state()["subscribers"]:
        simulated.change(delete_subscriber=row["id"])
    simulated.buy("new@nowhere.example", code)
    operator.run("sync", code, "--yes", "--json")
    assert "new@nowhere.example" in findings(operator, "buyer_unknown")
    assert findings(operator, "blocked_record") == set()


def test_nobody_is_gone_because_a_write_finds_nobody(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    email = simulated.buyer("buyer in GOLD", code)
    number = next(row["id"] for row in simulated.state()["subscribers"] if row["email"] == email)
    simulated.change(
        script_response={"side": "mailerlite", "method": "PUT", "path": f"subscribers/{number}", "status": 404}
    )
    done = operator.run("sync", code, "--yes", "--max-moves", "1000", "--json", expect=3).document
    assert (done["state"], done["failed"] > 0) == ("done", True)
    assert findings(operator, "subscriber_gone") == set()
    rows = operator.run("changes", str(done["run"]), "--json").document
    errors = [row["error"] for row in rows if row["email"] == email and row["state"] == "failed"]
    assert errors == ["tried 3 times, read back: not written"]
