"""What goes wrong while a sync writes: the key expires, the lock is taken away, items of a batch are refused."""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import Any

import attrs
import pytest

from tests.support.fixtures import MakeOperator, StartProxy
from tests.support.operator import Operator
from tests.support.proxy import Asked, Given, PassOn, honest
from tests.support.simulated import Simulated
from tests.support.until import until

SOME_MORE = {"subscribers": 300, "orders": 400}


def wait_held(simulated: Simulated, process: subprocess.Popen[str]) -> None:
    """Wait until the simulator holds the request that was asked for."""

    def held() -> bool:
        assert process.poll() is None, process.communicate()
        return bool(simulated.ask("held")["holding"])

    until("a held request", held)


def held_at_a_write(simulated: Simulated, operator: Operator, code: str, at: int) -> subprocess.Popen[str]:
    """A sync in a process of its own whose n-th write has taken effect, and waits for its answer."""
    simulated.hold(at=at, when="after", only="writes")
    process = operator.start("sync", code, "--yes", "--max-moves", "1000", "--json")
    wait_held(simulated, process)
    return process


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
    # What the lost run had on its way is settled by a resume, and nothing is done twice.
    done = operator.run("resume", str(said.document["run"]), "--json").document
    assert done["state"] == "done"
    assert (done["sending"], done["unknown"], done["planned"]) == (0, 0, 0)
    assert simulated.violations() == []


def test_a_write_is_not_repeated_once_the_lock_is_lost(between: Between) -> None:
    """The lock goes while the first write is on its way to a service in trouble: no second try leaves."""
    tried: list[Asked] = []

    async def release_then_fail(asked: Asked, pass_on: PassOn) -> Given:
        if not asked.writes:
            return await pass_on(asked.body)
        tried.append(asked)
        if len(tried) == 1:
            (lock,) = (await asyncio.to_thread(between.operator.run, "locks", "--json")).document
            words = ("locks", "release", lock["id"], "--reason", "I think it hangs", "--force")
            await asyncio.to_thread(between.operator.run, *words, expect=0)
        return Given(503, b"", {"retry-after": "0"})

    between.proxy.meddle = release_then_fail
    before = between.simulated.people()
    said = between.operator.process("sync", between.code, "--yes", "--json")
    assert said.status == 5, said
    assert (said.document["state"], said.document["sending"]) == ("lost", 0)
    assert len(tried) == 1
    assert between.simulated.people() == before


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
    wait_held(simulated, process)
    simulated.set(expire_key="edd")
    simulated.release()
    said = operator.finish(process)
    assert said.status == 1, said
    assert said.document["state"] == "failed"
    assert "refuses the key (403)" in said.complaint
    assert simulated.writes() == []


@attrs.frozen
class Between:
    """An operator whose MailerLite is a proxy, and a campaign."""

    simulated: Simulated
    operator: Operator
    proxy: Any
    code: str


@pytest.fixture
def between(simulated: Simulated, operators: MakeOperator, proxies: StartProxy) -> Between:
    proxy = proxies(simulated.endpoints.mailerlite_url)
    operator = operators(simulated.endpoints)
    operator.environment["BEMA_MAILERLITE_URL"] = proxy.url
    operator.environment["BEMA_MAILERLITE_WINDOW_SECONDS"] = "4"  # after a 429 its end is waited for
    return Between(simulated, operator, proxy, operator.discover())


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


@pytest.mark.parametrize("code", [429, 503])
def test_an_item_of_a_batch_that_fails_for_now_is_tried_again(code: int, between: Between) -> None:
    spoiler = Spoiler(code, times=1)
    between.proxy.meddle = spoiler
    done = between.operator.run("sync", between.code, "--yes", "--json").document
    assert len(spoiler.spoilt) == 1
    assert done["state"] == "done"
    assert (done["failed"], done["unknown"], done["planned"]) == (0, 0, 0)
    rows = between.operator.run("changes", str(done["run"]), "--json").document
    tries = [row["attempts"] for row in rows if row["attempts"] > 1]
    assert tries == ([] if code == 429 else [2]), "a 429 is no try"
    assert between.simulated.violations() == []


def test_a_change_that_never_shows_is_tried_three_times_and_may_be_planned_again(between: Between) -> None:
    """One person's field is answered with ok and never written."""
    stubborn: list[str] = []

    async def ignore(asked: Asked, pass_on: PassOn) -> Given:
        puts = [item for item in asked.items if item["method"] == "PUT"]
        stubborn.extend(item["path"] for item in puts[:1] if not stubborn)
        if not any(item["path"] in stubborn for item in puts):
            return await pass_on(asked.body)
        items = [{"method": "GET", "path": i["path"]} if i["path"] in stubborn else i for i in asked.items]
        return await pass_on(json.dumps({"requests": items}).encode())

    between.proxy.meddle = ignore
    done = between.operator.run("sync", between.code, "--yes", "--json", expect=3).document
    assert (done["state"], done["failed"], done["unknown"]) == ("done", 1, 0)
    (row,) = between.operator.run("changes", str(done["run"]), "--state", "failed", "--json").document
    assert (row["attempts"], row["error"]) == (3, "tried 3 times, read back: not written")
    assert stubborn == [f"api/subscribers/{row['subscriber']}"]

    between.proxy.meddle = honest
    again = between.operator.run("sync", between.code, "--yes", "--json").document
    assert (again["state"], again["applied"]) == ("done", 1)


@pytest.mark.fault("A11")
def test_an_item_that_is_refused_fails_alone_and_is_not_planned_again(between: Between) -> None:
    spoiler = Spoiler(422, times=1)
    between.proxy.meddle = spoiler
    said = between.operator.run("sync", between.code, "--yes", "--json", expect=3)
    done = said.document
    assert (done["state"], done["failed"], done["unknown"]) == ("done", 1, 0)
    assert done["applied"] > 0
    rows = between.operator.run("changes", str(done["run"]), "--state", "failed", "--json").document
    assert [row["error"] for row in rows] == ["422: Refused ␛[31mby the test."]
    assert rows[0]["subscriber"] in spoiler.spoilt[0]
    assert between.simulated.violations() == []
    (told,) = between.operator.run("findings", "--rule", "refused_write", "--json").document
    assert (told["subject"], told["severity"]) == (rows[0]["email"], "error"), "said by the run that met it"
    assert f"of {rows[0]['email']} to {rows[0]['after']} (422: Refused ␛[31mby the test.)." in told["message"]
    assert "--retry-refused" in told["advice"]

    written = len(between.simulated.writes())
    again = between.operator.run("sync", between.code, "--yes", "--json", expect=3).document
    assert again["total"] == 0
    assert len(between.simulated.writes()) == written
    found = between.operator.run("findings", "--rule", "refused_write", "--json").document
    assert [f["subject"] for f in found] == [rows[0]["email"]]
    assert "by the test.) before; it is not tried again." in found[0]["message"]

    retried = between.operator.run(
        "sync", between.code, "--yes", "--quick", "--retry-refused", "--json", expect=3
    ).document
    assert (retried["state"], retried["applied"], retried["failed"]) == ("done", retried["total"], 0)
    assert retried["applied"] > 0
    assert between.operator.run("findings", "--rule", "refused_write", "--json").document == []
    assert between.operator.run("sync", between.code, "--yes", "--json").document["total"] == 0


def test_an_add_that_is_refused_takes_its_remove_along(between: Between) -> None:
    """Nobody is taken out of a tier unless the answer proved the one they go to."""

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

    between.proxy.meddle = refuse_adds
    before = between.simulated.people()
    said = between.operator.run("sync", between.code, "--yes", "--json", expect=None)
    assert said.status in {1, 3}, said
    rows = between.operator.run("changes", str(said.document["run"]), "--json").document
    added = {row["subscriber"] for row in rows if row["kind"] == "add_group"}
    removes = [row["state"] for row in rows if row["kind"] == "remove_group" and row["subscriber"] in added]
    assert removes
    assert set(removes) <= {"skipped", "planned"}
    after = between.simulated.people()
    moved = [mail for mail in before if not set(before[mail][1]) <= set(after[mail][1]) | lower(before[mail][1])]
    assert moved == []
    assert between.simulated.violations() == []

    # The next plan leaves the refused adds out, and with each of them its remove.
    between.proxy.meddle = honest
    refused = {row["subscriber"] for row in rows if row["kind"] == "add_group" and row["state"] == "failed"}
    run = between.operator.run("plan", between.code, "--json").document["run"]
    again = between.operator.run("changes", str(run), "--json").document
    assert not [row for row in again if row["subscriber"] in refused and row["kind"] != "set_field"]


def lower(groups: list[str]) -> set[str]:
    """The unpurchased groups of people who were in a purchased one already: those may go."""
    bought = any(group.endswith("_PURCHASE") for group in groups)
    return {group for group in groups if bought and not group.endswith("_PURCHASE")}


def test_a_run_that_mostly_fails_stops_itself(between: Between) -> None:
    async def refuse(asked: Asked, pass_on: PassOn) -> Given:
        if not asked.writes:
            return await pass_on(asked.body)
        answers = [{"code": 400, "body": {"message": "No."}} for _ in asked.items]
        count = len(answers)
        document = {"total": count, "successful": 0, "failed": count, "responses": answers}
        return Given(200, b"", {"content-type": "application/json"}).but(document)

    between.proxy.meddle = refuse
    before = between.simulated.people()
    said = between.operator.run("sync", between.code, "--yes", "--json", expect=1)
    assert "the run stopped itself" in said.complaint
    assert said.document["planned"] + said.document["skipped"] > 0
    assert between.simulated.people() == before


def test_a_first_change_that_does_not_show_stops_the_run(between: Between) -> None:
    """The canary: a service that answers yes and does nothing is found out after five people."""

    async def pretend(asked: Asked, pass_on: PassOn) -> Given:
        if not asked.writes:
            return await pass_on(asked.body)
        answers = []
        for item in asked.items:
            person = item["path"].split("/")[2]
            fields = (item.get("body") or {}).get("fields", {})
            data = {"id": person, "email": "x@example.org", "status": "active", "fields": fields, "groups": []}
            code = 204 if item["method"] == "DELETE" else 200
            answers.append({"code": code, "body": None if code == 204 else {"data": data}})
        document = {"total": len(answers), "successful": len(answers), "failed": 0, "responses": answers}
        return Given(200, b"", {"content-type": "application/json"}).but(document)

    between.proxy.meddle = pretend
    said = between.operator.run("sync", between.code, "--yes", "--json", expect=1)
    assert "reading the people back does not show them" in said.complaint
    people = {row["subscriber"] for row in between.operator.run("changes", "1", "--json").document if row["attempts"]}
    assert 0 < len(people) <= 5
