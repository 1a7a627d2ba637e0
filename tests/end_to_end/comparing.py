"""Holds what a simulator has against what the reference expects, person by person, and names what differs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.end_to_end.reference import CLEAR_CUT, Account, Release, account_after, account_of
from tests.support.operator import Operator
from tests.support.simulated import Simulated


def differences(expected: Account, found: Account) -> list[str]:
    """Every way in which two accounts differ, findings left aside."""
    told = []
    for what, wanted, there in (
        ("groups", expected.groups, found.groups),
        ("fields", expected.fields, found.fields),
        ("subscribers", set(expected.subscribers), set(found.subscribers)),
    ):
        if wanted != there:
            told.append(f"{what}: missing {sorted(wanted - there)}, too many {sorted(there - wanted)}")
    for number in expected.subscribers.keys() & found.subscribers.keys():
        want, have = expected.subscribers[number], found.subscribers[number]
        told += [
            f"{want.email} {name}: expected {getattr(want, name)}, found {getattr(have, name)}"
            for name in ("email", "status", "groups", "values")
            if getattr(want, name) != getattr(have, name)
        ]
    return sorted(told)


def findings_of(operator: Operator, code: str) -> Counter[str]:
    """How many open findings of each clear-cut rule a campaign has."""
    rows: list[dict[str, Any]] = operator.forked("findings", "--campaign", code)
    return Counter(row["rule"] for row in rows if row["rule"] in CLEAR_CUT)


def expect_account(simulated: Simulated, before: dict[str, Any], releases: list[Release]) -> Account:
    """Fail unless the simulator holds exactly what the releases' syncs must have made of the state before."""
    expected = account_after(before, releases)
    after = simulated.state()
    told = differences(expected, account_of(after))
    assert not told, f"{len(told)} differences:\n" + "\n".join(told[:20])
    assert len(after["groups"]) == len(expected.groups), "two groups of one name"
    assert len(after["fields"]) == len(expected.fields), "two fields of one name"
    assert after["violations"] == []
    assert after["created"] == 0
    assert after["orders"] == before["orders"]
    return expected


def expect_no_second_effect(requests: list[dict[str, Any]]) -> None:
    """Fail if anything that took effect was turned round later: a group left and joined again, or the other way."""
    last: dict[str, str] = {}
    for request in requests:
        for item in request["items"]:
            if item["method"] in ("POST", "DELETE") and "/groups/" in item["path"] and item["code"] < 300:
                before = last.setdefault(item["path"], item["method"])
                assert before == item["method"], f"{item['path']} was {before} and then {item['method']}"


def subscribers_that_differ(expected: Account, found: Account) -> set[str]:
    assert expected.groups == found.groups
    assert expected.fields == found.fields
    assert expected.subscribers.keys() == found.subscribers.keys()
    return {number for number in expected.subscribers if expected.subscribers[number] != found.subscribers[number]}


def moved_by_others(before: dict[str, Any], after: dict[str, Any], requests: list[dict[str, Any]]) -> set[str]:
    """The subscribers whom an automation moved or whose orders the shop changed: in neither case by our requests."""
    names = {str(group["id"]): group["name"] for group in after["groups"]}
    groups = {str(subscriber["id"]): set(subscriber["groups"]) for subscriber in before["subscribers"]}
    for item in (item for request in requests for item in request["items"]):
        if "/groups/" in item["path"] and item["code"] < 300:
            _, subscriber, _, group = item["path"].strip("/").removeprefix("api/").split("/")
            change = groups[subscriber].add if item["method"] == "POST" else groups[subscriber].discard
            change(names[group])
    sold = {row["email"].lower() for row in after["orders"] if row not in before["orders"]}
    return {
        str(subscriber["id"])
        for subscriber in after["subscribers"]
        if groups[str(subscriber["id"])] != set(subscriber["groups"]) or subscriber["email"] in sold
    }


def without(subscribers: set[str], requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The requests without their items about these people."""
    return [
        {**request, "items": [item for item in request["items"] if not set(item["path"].split("/")) & subscribers]}
        for request in requests
    ]
