"""What goes no further without a person: a read that shrank, a plan that is too big, an account with gaps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.operator import Operator
from tests.support.simulated import Simulated


@pytest.fixture
def simulated(simulated: Simulated) -> Simulated:
    """An account in which nothing wants a person yet, so that exit status 3 tells of what the test did."""
    tidy(simulated)
    return simulated


def tidy(simulated: Simulated) -> None:
    """Leave everybody in one tier of a campaign at most."""
    state = simulated.state()
    for campaign in state["campaigns"]:
        for row in state["subscribers"]:
            ours = [group for group in row["groups"] if group.startswith(campaign["code"])]
            for group in ours[1:]:
                simulated.change(move={"email": row["email"], "from": group})


def shrink_members(simulated: Simulated, code: str) -> None:
    """Delete a third of the campaign's members who bought nothing; refund nobody."""
    state = simulated.state()
    bought = {order["email"].strip().lower() for order in state["orders"]}
    idle = [
        row["id"]
        for row in state["subscribers"]
        if any(group.startswith(code) for group in row["groups"]) and row["email"] not in bought
    ]
    for subscriber_id in idle[: len(idle) * 2 // 3]:
        simulated.change(delete_subscriber=subscriber_id)


def not_passed(run: dict[str, Any]) -> dict[str, str]:
    """The checks of a plan with which not all is well, and what follows."""
    return {check["name"]: check["result"] for check in run["checks"] if check["result"] != "passed"}


def test_a_read_that_shrank_waits_for_approval(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    operator.run("plan", code, expect=0)  # a good read, to hold the next one against
    shrink_members(simulated, code)
    before = simulated.subscribers()

    said = operator.run("sync", code, "--yes", "--json", expect=3)
    run = said.document
    assert run["state"] == "needs_approval"
    assert run["planned"] > 0
    assert "members were read" in run["note"]
    assert not_passed(run) == {"no_read_shrank": "hold"}
    found = operator.run("findings", "--rule", "read_shrank", "--json", expect=0).document
    assert [(f["subject"], f["severity"], f["state"]) for f in found] == [("members", "error", "open")]
    assert f"apply {run['run']}" in found[0]["advice"]
    assert {row["kind"] for row in operator.run("changes", str(run["run"]), "--json").document} <= {
        "set_field",
        "add_group",
        "remove_group",
    }
    assert simulated.writes() == []
    assert simulated.subscribers() == before

    # Asking for the same again changes nothing: only a person's yes does.
    again = operator.run("sync", code, "--yes", "--json", expect=3).document
    assert again["state"] == "needs_approval"
    assert simulated.writes() == []

    done = operator.run("apply", str(again["run"]), "--json", expect=0).document
    assert done["state"] == "done"
    assert done["applied"] > 0
    # The smaller list is the new normal from then on.
    assert operator.run("sync", code, "--yes", "--json", expect=0).document["state"] == "done"
    assert operator.run("findings", "--rule", "read_shrank", "--json").document == []
    assert simulated.violations() == []


def test_the_yes_to_a_read_that_shrank_stands_though_its_apply_fails_at_first(
    simulated: Simulated, operator: Operator
) -> None:
    code = operator.discover()
    operator.run("plan", code, expect=0)
    shrink_members(simulated, code)
    held = operator.run("sync", code, "--yes", "--json", expect=3).document
    assert held["state"] == "needs_approval"
    simulated.set(expire_key="mailerlite")
    assert operator.run("apply", str(held["run"]), "--json", expect=1).document["state"] == "failed"
    simulated.set(expire_key=False)
    assert operator.run("resume", str(held["run"]), "--json", expect=0).document["state"] == "done"
    assert operator.run("sync", code, "--yes", "--json", expect=0).document["state"] == "done"
    assert operator.run("findings", "--rule", "read_shrank", "--json").document == []


def test_a_read_that_shrank_removes_nobody_from_a_group(simulated: Simulated, operator: Operator) -> None:
    """Nothing is removed or reverted on the strength of a read that shrank."""
    operator.settings('[rules]\non_refund = "revert"\n')
    code = operator.discover()
    operator.run("sync", code, "--yes", "--json", expect=0)
    for role in ("buyer in GOLD", "buyer in SILVER"):
        email = simulated.buyer(role, code)
        order = next(o for o in simulated.state()["orders"] if o["email"] == email and o["status"] == "complete")
        simulated.change(refund=order["key"])
    reverts = operator.run("plan", code, "--json").document
    assert {"remove_group", "set_field"} <= set(reverts["changes"])  # the refunds would be reverted
    shrink_members(simulated, code)
    seen = len(simulated.requests())
    held = operator.run("sync", code, "--yes", "--json", expect=3).document
    assert held["total"] == 0
    # Nor is every order that seems to have left asked for by its key.
    assert [row["path"] for row in simulated.requests()[seen:] if "purchasekey" in row["path"]] == []
    assert operator.run("findings", "--rule", "read_shrank", "--json").document


@pytest.fixture
def strict(operator: Operator) -> Operator:
    """An operator who wants to see every plan of more than two moves."""
    operator.settings("[rules]\nmax_moves = 2\nmax_moves_percent = 0\n")
    return operator


def test_a_plan_that_is_too_big_waits_and_apply_lets_it_go(simulated: Simulated, strict: Operator) -> None:
    code = strict.discover()
    before = simulated.subscribers()
    run = strict.run("sync", code, "--yes", "--json", expect=3).document
    assert run["state"] == "needs_approval"
    assert run["moves"] > 2
    assert "moves are over the limit of 2 moves" in run["note"]
    assert not_passed(run) == {"few_moves": "hold"}
    assert simulated.writes() == []
    assert simulated.subscribers() == before
    assert strict.run("locks", "--json").document == []  # a plan that waits holds none

    text = strict.run("runs", str(run["run"]), expect=0).out
    assert "moves without approval" in text
    done = strict.run("apply", str(run["run"]), "--json", expect=0).document
    assert (done["state"], done["run"], done["planned"]) == ("done", run["run"], 0)
    assert done["applied"] == run["planned"]
    assert simulated.writes() != []
    assert simulated.violations() == []


def test_max_moves_lets_a_plan_go(simulated: Simulated, strict: Operator) -> None:
    code = strict.discover()
    moves = strict.run("plan", code, "--json", expect=None).document["moves"]
    held = strict.run("sync", code, "--yes", "--max-moves", str(moves - 1), "--json", expect=3).document
    assert held["state"] == "needs_approval"
    assert simulated.writes() == []
    done = strict.run("sync", code, "--yes", "--max-moves", str(moves), "--json", expect=0).document
    assert done["state"] == "done"
    assert done["applied"] > 0
    assert simulated.violations() == []


def test_a_missing_field_blocks_the_campaign_until_it_is_created(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    operator.run("plan", code, expect=0)
    simulated.change(delete_field=f"{code}_PURCHASE")
    said = operator.run("sync", code, "--yes", "--json", expect=1)
    assert f"{code} is blocked: the account has no purchase field" in said.complaint
    assert f"bema-tui sync {code} --create-missing" in said.complaint
    assert simulated.writes() == []
    found = operator.run("findings", "--severity", "error", "--rule", "field_missing", "--json").document
    assert len(found) == 1

    done = operator.run("sync", code, "--yes", "--create-missing", "--json", expect=0).document
    assert done["state"] == "done"
    assert done["changes"]["create_field"] == 1
    made = [field for field in simulated.state()["fields"] if field["name"].upper() == f"{code}_PURCHASE"]
    assert [(field["name"], field["type"]) for field in made] == [(f"{code}_PURCHASE", "number")]
    assert operator.run("findings", "--rule", "field_missing", "--json").document == []
    assert simulated.violations() == []


@pytest.mark.fault("A10")
def test_a_field_of_type_date_blocks_the_campaign_and_doing_what_is_advised_helps(
    simulated: Simulated, operator: Operator
) -> None:
    code = operator.discover()
    simulated.change(delete_field=f"{code}_PURCHASE")
    simulated.change(create_field={"name": f"{code}_PURCHASE", "type": "date"})
    for words in (("sync", code, "--yes"), ("sync", code, "--yes", "--create-missing")):
        said = operator.run(*words, "--json", expect=1)
        assert f"{code} is blocked: the account has a purchase field of type date" in said.complaint
        assert f"Make a field {code}_PURCHASED of type number in MailerLite" in said.complaint
        assert simulated.writes() == []
    (found,) = operator.run("findings", "--rule", "field_type_mismatch", "--json").document
    assert f"{code}_PURCHASED" in found["advice"]
    simulated.change(create_field={"name": f"{code}_PURCHASED", "type": "number"})
    done = operator.run("sync", code, "--yes", "--json", expect=0).document
    assert (done["state"], done["changes"]["set_field"] > 0) == ("done", True)
    assert operator.run("findings", "--campaign", code, "--severity", "error", "--json").document == []
    assert operator.run("sync", code, "--yes", "--json", expect=0).document["total"] == 0


def test_a_missing_group_skips_only_the_moves_into_it(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    gone = f"{code}_SILVER_PURCHASE"
    simulated.change(delete_group=gone)
    done = operator.run("sync", code, "--yes", "--json", expect=3).document
    assert done["state"] == "done"
    assert done["applied"] > 0
    assert gone not in {group["name"] for group in simulated.state()["groups"]}
    found = operator.run("findings", "--rule", "group_missing", "--json").document
    assert [f["severity"] for f in found] == ["error"]
    assert gone in found[0]["subject"] + found[0]["message"]
    assert simulated.violations() == []

    again = operator.run("sync", code, "--yes", "--create-missing", "--json", expect=0).document
    assert again["state"] == "done"
    assert again["changes"]["create_group"] == 1
    assert gone in {group["name"] for group in simulated.state()["groups"]}
    assert operator.run("findings", "--rule", "group_missing", "--json").document == []
    assert simulated.violations() == []


def test_what_the_account_got_or_lost_since_the_plan(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    simulated.change(delete_group=f"{code}_SILVER_PURCHASE")
    buyer = simulated.buyer("buyer in SILVER", code)
    run = operator.run("plan", code, "--create-missing", "--json").document
    assert run["changes"]["create_group"] == 1
    theirs = f"{code} Silver Purchased".replace("_", "-")
    simulated.change(create_group=theirs)
    done = operator.run("apply", str(run["run"]), "--json", expect=0).document
    assert (done["state"], done["skipped"]) == ("done", 1)
    groups = {group["name"] for group in simulated.state()["groups"]}
    assert theirs in groups
    assert f"{code}_SILVER_PURCHASE" not in groups, "a twin"
    assert theirs in simulated.subscribers()[buyer][1]

    email = simulated.buyer("non-buyer in GOLD", code)
    simulated.buy(email)
    run = operator.run("plan", code, "--json", expect=0).document
    assert run["people"] == 1
    simulated.change(delete_group=f"{code}_GOLD_PURCHASE")
    done = operator.run("apply", str(run["run"]), "--json").document
    assert (done["state"], done["applied"], done["failed"] + done["skipped"]) == ("done", 1, 2)
    assert simulated.subscribers()[email][1] == [f"{code}_GOLD"]
    assert operator.run("findings", "--rule", "subscriber_gone", "--json").document == []

    run = operator.run("plan", code, "--create-missing", "--json").document
    simulated.change(delete_field=f"{code}_PURCHASE")
    written = len(simulated.writes())
    said = operator.run("apply", str(run["run"]), "--json", expect=1)
    assert f"{code} is blocked: the account has no purchase field" in said.complaint
    assert {row["path"] for row in simulated.writes()[written:]} <= {"/api/groups"}
    assert simulated.violations() == []


def test_a_member_of_a_twin_group_is_not_placed(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    twin = f"{code} silver".replace("_", " ").lower()
    simulated.change(create_group=twin)
    email = simulated.buyer("non-buyer in SILVER", code)
    simulated.change(move={"email": email, "from": f"{code}_SILVER", "to": twin})
    simulated.buy(email)
    operator.run("sync", code, "--yes", "--json", expect=3)
    assert simulated.subscribers()[email][1] == [twin]
    assert operator.run("findings", "--rule", "twin_group", "--json").document


def test_a_plan_names_the_automations_it_sets_off_with_the_head_count(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    run = operator.run("plan", code, "--json", expect=0).document
    joining = [row["after"] for row in operator.run("changes", str(run["run"]), "--json").document if row["after"]]
    expected = [
        {"name": one["name"], "group": group, "people": joining.count(group), "groups_known": True}
        for one in simulated.state()["automations"]
        for group in one["groups"]
        if one["enabled"] and group in joining
    ]
    assert expected
    assert run["automations"] == expected
