"""What the shop's list does not explain is asked for by key or row id, and only an answer of full rights counts."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.fixtures import MakeOperator, StartSimulator
from tests.support.operator import Operator
from tests.support.proxy import Asked, Given, PassOn, Proxy
from tests.support.simulated import Simulated
from tests.support.until import until


def asked_by(simulated: Simulated, name: str) -> list[str]:
    paths = [row["path"] for row in simulated.requests() if row["side"] == "edd"]
    return [path.partition(f"&{name}=")[2] for path in paths if f"&{name}=" in path]


def asked_by_id(simulated: Simulated) -> list[str]:
    return asked_by(simulated, "id")


def test_a_stored_row_id_is_looked_up_once_and_kept(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    email = simulated.buyer("field holds the row id", code)
    before = simulated.subscribers()[email][2]
    operator.run("sync", code, "--yes", "--json", expect=3)
    asked = asked_by_id(simulated)
    stored = {str(value) for value in before.values()}
    assert stored & set(asked)
    operator.run("sync", code, "--yes", "--json", expect=3)
    assert asked_by_id(simulated) == asked
    assert len(asked) == len(set(asked))
    assert simulated.subscribers()[email][2] == before


def test_a_right_that_is_lost_while_orders_are_looked_up_proves_no_refund(
    simulated: Simulated, operator: Operator, shop_proxy: Proxy
) -> None:
    operator.settings('[rules]\non_refund = "revert"\n')
    code = operator.discover()
    operator.run("sync", code, "--yes", "--json", expect=3)
    email = simulated.buyer("buyer in GOLD", code)
    order = next(row for row in simulated.state()["orders"] if row["email"] == email and row["status"] == "complete")
    simulated.change(refund=order["key"])
    before = simulated.subscribers()
    looked_up = []

    async def lose_the_right(asked: Asked, pass_on: PassOn) -> Given:
        given = await pass_on(asked.body)
        words = asked.query.encode() + asked.body
        if b"purchasekey=" in words:
            looked_up.append(asked.n)
        elif looked_up and b"info" in words:
            document = given.document
            del document["info"]["permissions"]["view_shop_reports"]
            return given.but(document)
        return given

    shop_proxy.meddle = lose_the_right
    said = operator.run("sync", code, "--yes", "--json", expect=1)
    assert looked_up
    assert "may not see sales" in said.complaint
    assert simulated.subscribers() == before


@pytest.mark.fault("D1")
def test_an_old_shop_that_fails_over_what_it_does_not_have_stops_nothing(
    simulators: StartSimulator, operators: MakeOperator
) -> None:
    simulated = simulators(edd_version="3.2")
    operator = operators(simulated.endpoints)
    code = operator.discover()
    sync = ("sync", code, "--yes", "--max-moves", "1000", "--json")
    operator.run(*sync, expect=3)
    deleted = simulated.buyer("up to date in GOLD_PURCHASE", code)
    state = simulated.state()
    for order in state["orders"]:
        if order["email"].strip().lower() == deleted:
            simulated.change(delete_order=order["row_id"])
    field = next(row["key"] for row in state["fields"] if row["name"].startswith(code))
    marked = [simulated.buyer(f"non-buyer in {tier}", code) for tier in ("GOLD", "SILVER")]
    for place, email in enumerate(marked):
        simulated.change(set_field={"email": email, "key": field, "value": 7_000_001 + place})
    late = simulated.buyer("non-buyer in BRONZE", code)
    simulated.buy(late)
    before = len(asked_by_id(simulated)) + len(asked_by(simulated, "purchasekey"))

    said = operator.run(*sync, expect=3)
    assert said.document["state"] == "done"
    assert said.document["requests"]["retried"] == 0
    assert f"{code}_BRONZE_PURCHASE" in simulated.subscribers()[late][1]
    assert "does not list" in operator.told_about(deleted)["order_gone"]
    for place, email in enumerate(marked):
        assert f"order {7_000_001 + place}" in operator.told_about(email)["purchase_unproven"]
    first = len(asked_by_id(simulated)) + len(asked_by(simulated, "purchasekey"))
    assert 3 <= first - before <= 12, "each twice at most, and a few that the shop has"

    operator.run(*sync, expect=3)
    assert len(asked_by_id(simulated)) + len(asked_by(simulated, "purchasekey")) == first
    for email in marked:
        assert "purchase_unproven" in operator.told_about(email)
    operator.change_database("UPDATE row_id_answers SET asked_at = '2026-01-01T00:00:00.000000+00:00'")
    operator.run(*sync, expect=3)
    assert {"7000001", "7000002"} <= set(asked_by_id(simulated)[-12:]), "it only failed over them, and may answer now"


@pytest.mark.fault("D1")
def test_one_look_up_that_fails_concerns_whom_it_is_about(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    fields = {row["name"]: row["key"] for row in simulated.state()["fields"]}
    field = next(key for name, key in fields.items() if name.startswith(code))
    marked = [simulated.buyer(f"non-buyer in {tier}", code) for tier in ("GOLD", "SILVER", "BRONZE")]
    bodies = ("<html>blocked</html>", {"sales": [{"ID": "7000002", "key": "k", "email": None}]}, None)
    for place, (email, body) in enumerate(zip(marked, bodies, strict=True)):
        number = 7_000_001 + place
        simulated.change(set_field={"email": email, "key": field, "value": number})
        if body is not None:
            answer = {"side": "edd", "path": f"sales?id={number}", "status": 200, "body": body}
            simulated.change(script_response={**answer, "method": "GET"})
    said = operator.run("sync", code, "--yes", "--max-moves", "1000", "--json", expect=3)
    assert said.document["state"] == "done"
    assert "order 7000001" in operator.told_about(marked[0])["purchase_unproven"]
    assert operator.told_about(marked[1]) == {}
    assert "order 7000003" in operator.told_about(marked[2])["purchase_unproven"]
    assert "email: null is not a usable e-mail address" in operator.told_about("order 7000002")["unreadable_order"]


def test_a_shop_that_goes_down_while_orders_are_looked_up_ends_the_run(
    simulated: Simulated, operator: Operator, shop_proxy: Proxy
) -> None:
    code = operator.discover()
    down: list[int] = []

    async def go_down(asked: Asked, pass_on: PassOn) -> Given:
        if down or b"id=" in asked.body.replace(b"edd-api", b""):
            down.append(asked.n)
            return Given(500, b"<title>WordPress Error</title>", {"content-type": "text/html"})
        return await pass_on(asked.body)

    shop_proxy.meddle = go_down
    said = operator.run("sync", code, "--yes", "--json", expect=1)
    assert down
    assert "trouble" in said.complaint
    assert simulated.writes() == []


@pytest.mark.fault("A12")
def test_an_order_whose_e_mail_was_changed_is_told_by_what_was_shown_and_written(
    simulated: Simulated, operator: Operator
) -> None:
    code = operator.discover()
    sync = ("sync", code, "--yes", "--max-moves", "1000", "--json")
    operator.run(*sync, expect=3)
    email = simulated.buyer("buyer in GOLD", code)
    for order in simulated.state()["orders"]:
        if order["email"].strip().lower() == email:
            simulated.change(edit_order={"order": order["row_id"], "email": "Neu@else.example"})
    before = simulated.subscribers()[email]
    operator.run(*sync, expect=3)
    said = operator.told_about(email)["purchase_unproven"]
    assert f"which the shop showed for {email} until 20" in said
    assert "which now is under Neu@else.example" in said
    assert simulated.subscribers()[email] == before
    operator.change_database("DELETE FROM former_emails")  # as in a database of an older version
    operator.run(*sync, expect=3)
    said = operator.told_about(email)["purchase_unproven"]
    assert "which was written here on 20" in said
    assert "in the shop is under Neu@else.example" in said


def without_groups(given: Given) -> Given:
    """The answer of a batch in which nobody's groups are told."""
    document = given.document
    for answer in document["responses"]:
        data = answer["body"].get("data") if isinstance(answer["body"], dict) else None
        if data:
            data.pop("groups", None)
    return given.but(document)


@pytest.mark.fault("A1")
@pytest.mark.parametrize("many", [False, True])
def test_subscribers_whose_look_up_does_not_tell_their_groups_are_left_alone_unless_they_are_many(
    many: bool, simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    code = operator.discover()
    state = simulated.state()
    bought = {order["email"].strip().lower() for order in state["orders"] if order["status"] == "complete"}
    placed = [row for row in state["subscribers"] if row["email"] in bought and len(row["groups"]) == 1]
    for row in placed[: 21 if many else 1]:
        simulated.change(move={"email": row["email"], "from": row["groups"][0]})

    async def keep_silent(asked: Asked, pass_on: PassOn) -> Given:
        given = await pass_on(asked.body)
        reads = asked.items and all(item["method"] == "GET" for item in asked.items)
        return without_groups(given) if reads else given

    mailerlite_proxy.meddle = keep_silent
    said = operator.run("plan", code, "--json", expect=1 if many else 3)
    silent = [
        row["subject"]
        for row in operator.run("findings", "--rule", "blocked_record", "--json").document
        if "does not say in which groups" in row["message"]
    ]
    assert silent
    assert ("They are more than 20." in said.err) is many
    assert (len(silent) > 20) is many


@pytest.mark.fault("E8")
def test_a_pause_is_obeyed_between_two_batches_of_look_ups(
    simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    operator.settings("[rules]\nadd_new_buyers = true\n")
    code = operator.discover()
    for number in range(120):
        simulated.buy(f"fan{number}@else.example")
    batches: list[int] = []

    async def pause_at_the_first(asked: Asked, pass_on: PassOn) -> Given:
        if asked.items:
            batches.append(len(asked.items))
        if len(batches) == 1:
            await asyncio.to_thread(operator.run, "pause", str(operator.run_number()), expect=0)
            await asyncio.to_thread(operator.wait_seen, "pause")
        return await pass_on(asked.body)

    mailerlite_proxy.meddle = pause_at_the_first
    process = operator.start("plan", code, "--json")
    until("the run to be paused", lambda: operator.rows("SELECT state FROM runs") == [("paused",)])
    assert len(batches) == 1
    operator.run("continue", str(operator.run_number()), expect=0)
    assert operator.finish(process).document["state"] == "needs_approval", "so many are moved"
    assert len(batches) > 2
