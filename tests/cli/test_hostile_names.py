"""Names that carry escape codes, bidi controls and markup are plain text in every output, and in the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.label import Label
from tests.support.operator import Operator, Said
from tests.support.proxy import Asked, Given, PassOn, Proxy
from tests.support.simulated import Simulated

ATTACK = "[/bold][red]Eve\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2066\u200f\u2028\rX"
BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0x2028, 0x2029}


def obeyed(text: str, *, lines: bool) -> set[str]:
    """The characters of a text that a terminal or a reader's eye would obey; line ends may be ours."""
    found = {c for c in text if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or ord(c) in BIDI or 0xD800 <= ord(c) < 0xE000}
    return found - {"\n"} if lines else found


def texts(document: Any) -> Iterator[str]:
    """Every text of a JSON document, names included."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for name, value in document.items():
            yield name
            yield from texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from texts(value)


def check(said: Said) -> Said:
    """No control in what was said, nor in its JSON once it is decoded."""
    assert obeyed(said.out, lines=True) == set()
    assert obeyed(said.err, lines=True) == set()
    if said.out.lstrip().startswith(("{", "[")) and said.out.rstrip().endswith(("}", "]")):
        for text in texts(json.loads(said.out)):
            assert obeyed(text, lines=False) == set(), text
    return said


def commands(code: str, run: int) -> list[tuple[str, ...]]:
    """Every command that shows what stands in the database."""
    plain: list[tuple[str, ...]] = [
        ("campaigns", "list"),
        ("runs",),
        ("runs", str(run)),
        ("changes", str(run)),
        ("findings",),
        ("locks",),
        ("stats",),
        ("stats", code),
    ]
    return [*plain, *((*words, "--json") for words in plain)]


def test_the_hostile_subscriber_is_plain_text_everywhere(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    (email,) = simulated.state()["scenarios"]["hostile name"][:1]
    before = next(row for row in simulated.state()["subscribers"] if row["email"] == email)
    assert "\x1b" in before["fields"]["last_name"]  # the attack is there

    check(operator.run("plan", code))
    run = check(operator.run("sync", code, "--yes", "--json")).document["run"]
    for words in commands(code, run):
        check(operator.run(*words))
    rows = [row for row in operator.run("changes", str(run), "--json").document if row["email"] == email]
    assert rows
    assert "[/bold][red]" in rows[0]["name"]
    assert "␛" in rows[0]["name"]
    log = operator.log.read_text()
    assert obeyed(log, lines=True) == set()
    stored = operator.stored()
    for sequence in (b"\x1b[", b"\x1b]", "\x9b".encode(), "\u202e".encode()):
        assert sequence not in stored
    # Their own record is what it was, but for what the sync is there to do.
    after = next(row for row in simulated.state()["subscribers"] if row["email"] == email)
    assert after["fields"]["last_name"] == before["fields"]["last_name"]
    assert simulated.violations() == []


def test_hostile_groups_fields_automations_and_errors(
    simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    """Everything that MailerLite names is foreign text: here each name and each refusal attacks."""
    code = operator.discover()

    async def attack(asked: Asked, pass_on: PassOn) -> Given:
        given = await pass_on(asked.body)
        document: Any = given.document if given.body else {}
        if asked.method == "GET" and asked.path.endswith("/groups"):
            extra = {**document["data"][-1], "id": "999999999999999991", "name": f"2019_{ATTACK}_GOLD"}
            document["data"].append(extra)
            document["meta"]["total"] = document["meta"].get("total", 0)
            return given.but(document)
        if asked.method == "GET" and asked.path.endswith("/automations"):
            for row in document["data"]:
                row["name"] = f"Thanks {ATTACK}"
            return given.but(document)
        if asked.writes and asked.items:
            for answer in document["responses"][:1]:
                answer["code"] = 422
                answer["body"] = {"message": ATTACK, "errors": {ATTACK: [ATTACK]}}
            return given.but(document)
        return given

    mailerlite_proxy.meddle = attack
    check(operator.run("campaigns", "discover"))
    check(operator.run("campaigns", "discover", "--add", "--json"))
    assert "Thanks [/bold][red]Eve" in check(operator.run("plan", code)).out
    run = check(operator.run("sync", code, "--yes", "--json")).document["run"]
    assert operator.run("changes", str(run), "--state", "failed", "--json").document
    for words in commands(code, run):
        check(operator.run(*words))
    assert obeyed(operator.log.read_text(), lines=True) == set()


ARGUMENTS = {
    "a campaign": ("plan", ATTACK),
    "a campaign's statistics": ("stats", ATTACK),
    "a code to add": ("campaigns", "add", ATTACK, "--album", "X", "--product", "1"),
    "a product to add": ("campaigns", "add", "2024_ETB_NBL", "--album", "X", "--product", ATTACK),
    "a lock": ("locks", "release", ATTACK, "--reason", "because"),
    "a rule": ("findings", "--rule", ATTACK),
    "a campaign's findings": ("findings", "--campaign", ATTACK),
    "a state": ("changes", "1", "--state", ATTACK),
    "a command": (ATTACK,),
    "an option": ("runs", f"--{ATTACK}"),
    "a number": ("runs", ATTACK),
    "a settings file": ("runs", "--config", ATTACK),
    "a log level": ("runs", "--log-level", ATTACK),
}


@pytest.mark.parametrize("what", ARGUMENTS)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_hostile_argument_is_not_echoed_raw(what: str, form: tuple[str, ...], planned: Label) -> None:
    operator = planned.operator
    said = check(operator.run(*ARGUMENTS[what], *form))
    assert said.status in {0, 2}, said


def test_a_hostile_album_and_reasons_are_cleaned(simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    check(operator.run("campaigns", "add", "2026_EVE_X", "--album", ATTACK, "--product", "4711", "--json"))
    run = operator.run("plan", code, "--json").document["run"]
    for words in commands(code, run):
        check(operator.run(*words))
    assert "[/bold][red]Eve␛" in operator.run("campaigns", "list", "--json").out
