"""What goes wrong while a sync writes: the key expires, the lock is taken away, items of a batch are refused."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.operator import Operator
from tests.support.processes import held_at_a_write
from tests.support.proxy import Asked, Given, PassOn, Proxy, honest
from tests.support.simulated import Simulated

SOME_MORE = {"subscribers": 300, "orders": 400}


@pytest.fixture
def operator(operator: Operator) -> Operator:
    """An operator whose quota period is short: after a 429 its end is waited for."""
    operator.environment["BEMA_MAILERLITE_WINDOW_SECONDS"] = "4"
    return operator


def test_a_lock_released_in_mid_run_ends_the_run_without_a_further_write(
    simulated: Simulated, operator: Operator
) -> None:
    code = operator.discover()
    process = held_at_a_write(simulated, operator, code, 1)
    (lock,) = operator.run("locks", "--json", expect=0).document
    assert lock["state"] == "live"
    assert lock["holder"]["pid"] == process.pid
    refused = operator.run("locks", "release", lock["id"], "--reason", "I think it hangs", expect=2)
    assert "--force" in refused.complaint
    operator.run("locks", "release", lock["id"], "--reason", "I think it hangs", "--force", "--json", expect=0)
    written = len(simulated.writes())
    simulated.release()
    said = operator.finish(process)

    assert said.status == 5, said
    assert said.document["state"] == "lost"
    assert "lock" in said.document["note"]
    assert "Traceback" not in said.err
    assert len(simulated.writes()) == written
    assert simulated.violations() == []
    # What the lost run had on its way is read by a resume, and nothing is done twice.
    done = operator.run("resume", str(said.document["run"]), "--json").document
    assert done["state"] == "done"
    assert (done["sending"], done["unknown"], done["planned"]) == (0, 0, 0)
    assert simulated.violations() == []


def test_a_write_is_not_repeated_once_the_lock_is_lost(
    simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    """The lock goes while the first write is on its way to a service in trouble: no second try leaves."""
    code = operator.discover()
    tried: list[Asked] = []

    async def release_then_fail(asked: Asked, pass_on: PassOn) -> Given:
        if not asked.writes:
            return await pass_on(asked.body)
        tried.append(asked)
        if len(tried) == 1:
            (lock,) = (await asyncio.to_thread(operator.run, "locks", "--json")).document
            words = ("locks", "release", lock["id"], "--reason", "I think it hangs", "--force")
            await asyncio.to_thread(operator.run, *words, expect=0)
        return Given(503, b"", {"retry-after": "0"})

    mailerlite_proxy.meddle = release_then_fail
    before = simulated.subscribers()
    said = operator.process("sync", code, "--yes", "--json")
    assert said.status == 5, said
    assert (said.document["state"], said.document["sending"]) == ("lost", 0)
    assert len(tried) == 1
    assert simulated.subscribers() == before


def test_a_key_that_expires_in_mid_run(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    process = held_at_a_write(simulated, operator, code, 1)
    simulated.set(expire_key="mailerlite")
    simulated.release()
    said = operator.finish(process)
    assert said.status == 1, said
    run = said.document
    assert run["state"] == "failed"
    assert run["applied"] > 0
    assert run["planned"] > 0
    assert run["sending"] == 0
    assert "MailerLite refuses the key (401)" in said.complaint
    assert "Check the key" in said.complaint
    assert operator.run("locks", "--json").document == []
    assert simulated.violations() == []

    simulated.set(expire_key=False)
    done = operator.run("resume", str(run["run"]), "--json").document
    assert done["state"] == "done"
    assert done["applied"] == run["applied"] + run["planned"] + run["unknown"]
    assert simulated.violations() == []


def test_a_run_that_a_newer_one_has_overtaken_is_not_taken_up_again(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    process = held_at_a_write(simulated, operator, code, 1)
    simulated.set(expire_key="mailerlite")
    simulated.release()
    failed = operator.finish(process).document
    simulated.set(expire_key=False)
    newer = operator.run("plan", code, "--json").document
    written = len(simulated.writes())
    said = operator.run("resume", str(failed["run"]), expect=2)
    assert f"Run {failed['run']} can't go on: run {newer['run']} has read {code} since." in said.complaint
    assert len(simulated.writes()) == written
    done = operator.run("apply", str(newer["run"]), "--json").document
    assert (done["state"], done["planned"], done["unknown"]) == ("done", 0, 0)
    assert simulated.violations() == []


def test_a_shop_key_that_expires_while_it_is_read(simulated: Simulated, operator: Operator) -> None:
    operator.settings("[edd]\npage_size = 20\nparallel = 1\n")
    code = operator.discover()
    simulated.hold(at=4, when="before", side="edd", only="all")
    process = operator.start("sync", code, "--yes", "--json")
    simulated.wait_held(process)
    simulated.set(expire_key="edd")
    simulated.release()
    said = operator.finish(process)
    assert said.status == 1, said
    assert said.document["state"] == "failed"
    assert "refuses the key (403)" in said.complaint
    assert simulated.writes() == []


class Spoiler:
    """Refuses chosen items of batches that write: they do not reach the service, and get an answer of the test's."""

    def __init__(self, code: int, *, times: int) -> None:
        self._code = code
        self._left = times
        self.spoilt: list[str] = []

    async def __call__(self, asked: Asked, pass_on: PassOn) -> Given:
        items = asked.items
        if not asked.writes or not items or not self._left:
            return await pass_on(asked.body)
        place = next(i for i, item in enumerate(items) if item["method"] != "GET")
        self._left -= 1
        self.spoilt.append(f"{items[place]['method']} {items[place]['path']}")
        kept = [item for i, item in enumerate(items) if i != place]
        answer = {"code": self._code, "body": {"message": "Refused \x1b[31mby the test."}}
        if not kept:
            document = {"total": 1, "successful": 0, "failed": 1, "responses": [answer]}
            return Given(200, b"", {"content-type": "application/json"}).but(document)
        body = Given(200, b"", {}).but({"requests": kept}).body
        given = await pass_on(body)
        document = given.document
        document["responses"].insert(place, answer)
        document["total"] += 1
        document["failed"] += 1
        return given.but(document)


@pytest.mark.parametrize("status", [429, 503])
def test_an_item_of_a_batch_that_fails_for_now_is_tried_again(
    status: int, simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    code = operator.discover()
    spoiler = Spoiler(status, times=1)
    mailerlite_proxy.meddle = spoiler
    done = operator.run("sync", code, "--yes", "--json").document
    assert len(spoiler.spoilt) == 1
    assert done["state"] == "done"
    assert (done["failed"], done["unknown"], done["planned"]) == (0, 0, 0)
    rows = operator.run("changes", str(done["run"]), "--json").document
    tries = [row["attempts"] for row in rows if row["attempts"] > 1]
    assert tries == ([] if status == 429 else [2]), "a 429 is no try"
    assert simulated.violations() == []


def test_a_change_that_never_shows_is_tried_three_times_and_may_be_planned_again(
    operator: Operator, mailerlite_proxy: Proxy
) -> None:
    """One person's field is answered with ok and never written."""
    code = operator.discover()
    stubborn: list[str] = []

    async def ignore(asked: Asked, pass_on: PassOn) -> Given:
        puts = [item for item in asked.items if item["method"] == "PUT"]
        stubborn.extend(item["path"] for item in puts[:1] if not stubborn)
        if not any(item["path"] in stubborn for item in puts):
            return await pass_on(asked.body)
        items = [{"method": "GET", "path": i["path"]} if i["path"] in stubborn else i for i in asked.items]
        return await pass_on(json.dumps({"requests": items}).encode())

    mailerlite_proxy.meddle = ignore
    done = operator.run("sync", code, "--yes", "--json", expect=3).document
    assert (done["state"], done["failed"], done["unknown"]) == ("done", 1, 0)
    (row,) = operator.run("changes", str(done["run"]), "--state", "failed", "--json").document
    assert (row["attempts"], row["error"]) == (3, "tried 3 times, read back: not written")
    assert stubborn == [f"api/subscribers/{row['subscriber']}"]

    mailerlite_proxy.meddle = honest
    again = operator.run("sync", code, "--yes", "--json").document
    assert (again["state"], again["applied"]) == ("done", 1)


@pytest.mark.fault("A11")
def test_an_item_that_is_refused_fails_alone_and_is_not_planned_again(
    simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    code = operator.discover()
    spoiler = Spoiler(422, times=1)
    mailerlite_proxy.meddle = spoiler
    said = operator.run("sync", code, "--yes", "--json", expect=3)
    done = said.document
    assert (done["state"], done["failed"], done["unknown"]) == ("done", 1, 0)
    assert done["applied"] > 0
    rows = operator.run("changes", str(done["run"]), "--state", "failed", "--json").document
    assert [row["error"] for row in rows] == ["422: Refused ␛[31mby the test."]
    assert rows[0]["subscriber"] in spoiler.spoilt[0]
    assert simulated.violations() == []
    (told,) = operator.run("findings", "--rule", "refused_write", "--json").document
    assert (told["subject"], told["severity"]) == (rows[0]["email"], "error"), "said by the run that met it"
    assert f"of {rows[0]['email']} to {rows[0]['after']} (422: Refused ␛[31mby the test.)." in told["message"]
    assert "--retry-refused" in told["advice"]

    written = len(simulated.writes())
    again = operator.run("sync", code, "--yes", "--json", expect=3).document
    assert again["total"] == 0
    assert len(simulated.writes()) == written
    found = operator.run("findings", "--rule", "refused_write", "--json").document
    assert [f["subject"] for f in found] == [rows[0]["email"]]
    assert "by the test.) before; it is not tried again." in found[0]["message"]

    retried = operator.run("sync", code, "--yes", "--quick", "--retry-refused", "--json", expect=3).document
    assert (retried["state"], retried["applied"], retried["failed"]) == ("done", retried["total"], 0)
    assert retried["applied"] > 0
    assert operator.run("findings", "--rule", "refused_write", "--json").document == []
    assert operator.run("sync", code, "--yes", "--json").document["total"] == 0


def test_an_add_that_is_refused_takes_its_remove_along(
    simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    """Nobody is taken out of a tier unless the answer proved the one they go to."""
    code = operator.discover()

    async def refuse_adds(asked: Asked, pass_on: PassOn) -> Given:
        others = [item for item in asked.items if item["method"] != "POST"]
        if len(others) == len(asked.items):
            return await pass_on(asked.body)
        answers = []
        if others:
            given = await pass_on(Given(200, b"", {}).but({"requests": others}).body)
            answers = given.document["responses"]
        refused = {"code": 422, "body": {"message": "No."}}
        responses = [refused if item["method"] == "POST" else answers.pop(0) for item in asked.items]
        document = {"total": len(responses), "successful": 0, "failed": 0, "responses": responses}
        return Given(200, b"", {"content-type": "application/json"}).but(document)

    mailerlite_proxy.meddle = refuse_adds
    before = simulated.subscribers()
    said = operator.run("sync", code, "--yes", "--json", expect=None)
    assert said.status in {1, 3}, said
    rows = operator.run("changes", str(said.document["run"]), "--json").document
    added = {row["subscriber"] for row in rows if row["kind"] == "add_group"}
    removes = [row["state"] for row in rows if row["kind"] == "remove_group" and row["subscriber"] in added]
    assert removes
    assert set(removes) <= {"skipped", "planned"}
    after = simulated.subscribers()
    moved = [mail for mail in before if not set(before[mail][1]) <= set(after[mail][1]) | lower(before[mail][1])]
    assert moved == []
    assert simulated.violations() == []

    # The next plan leaves the refused adds out, and with each of them its remove.
    mailerlite_proxy.meddle = honest
    refused = {row["subscriber"] for row in rows if row["kind"] == "add_group" and row["state"] == "failed"}
    run = operator.run("plan", code, "--json").document["run"]
    again = operator.run("changes", str(run), "--json").document
    assert not [row for row in again if row["subscriber"] in refused and row["kind"] != "set_field"]


def lower(groups: list[str]) -> set[str]:
    """The unpurchased groups of people who were in a purchased one already: those may go."""
    bought = any(group.endswith("_PURCHASE") for group in groups)
    return {group for group in groups if bought and not group.endswith("_PURCHASE")}


def test_a_run_that_mostly_fails_stops_itself(
    simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    code = operator.discover()

    async def refuse(asked: Asked, pass_on: PassOn) -> Given:
        if not asked.writes:
            return await pass_on(asked.body)
        answers = [{"code": 400, "body": {"message": "No."}} for _ in asked.items]
        count = len(answers)
        document = {"total": count, "successful": 0, "failed": count, "responses": answers}
        return Given(200, b"", {"content-type": "application/json"}).but(document)

    mailerlite_proxy.meddle = refuse
    before = simulated.subscribers()
    said = operator.run("sync", code, "--yes", "--json", expect=1)
    assert "the run stopped itself" in said.complaint
    assert said.document["planned"] + said.document["skipped"] > 0
    assert simulated.subscribers() == before


def test_a_first_change_that_does_not_show_stops_the_run(operator: Operator, mailerlite_proxy: Proxy) -> None:
    """The canary: a service that answers yes and does nothing is found out after five people."""
    code = operator.discover()

    async def pretend(asked: Asked, pass_on: PassOn) -> Given:
        if not asked.writes:
            return await pass_on(asked.body)
        answers = []
        for item in asked.items:
            subscriber_id = item["path"].split("/")[2]
            fields = (item.get("body") or {}).get("fields", {})
            data = {"id": subscriber_id, "email": "x@example.org", "status": "active", "fields": fields, "groups": []}
            code = 204 if item["method"] == "DELETE" else 200
            answers.append({"code": code, "body": None if code == 204 else {"data": data}})
        document = {"total": len(answers), "successful": len(answers), "failed": 0, "responses": answers}
        return Given(200, b"", {"content-type": "application/json"}).but(document)

    mailerlite_proxy.meddle = pretend
    said = operator.run("sync", code, "--yes", "--json", expect=1)
    assert "reading the people back does not show them" in said.complaint
    subscribers = {row["subscriber"] for row in operator.run("changes", "1", "--json").document if row["attempts"]}
    assert 0 < len(subscribers) <= 5
