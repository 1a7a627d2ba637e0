"""Ways in which one record of a shop or an account can be broken, and whom that may concern."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import attrs

ORDER: tuple[dict[str, Any], ...] = (
    {"set": {"date_utc": "2026-13-45 00:00:00"}},
    {"set": {"date_utc": None}},
    {"set": {"email": None}},
    {"set": {"email": "nobody at all"}},
    {"set": {"email": ["ana@example.org"]}},
    {"set": {"key": ""}},
    {"set": {"mode": ""}},
    {"set": {"status": ""}},
    {"set": {"products.0.id": ""}},
    {"set": {"products.0.id": "12x"}},
    {"set": {"products.0.price": ""}},
    {"set": {"products.0.price": "12,50"}},
    {"set": {"products.0.price": "-"}},
    {"set": {"products": "none"}},
    {"drop": ["ID"]},
    {"drop": ["products"]},
    {"set": {"": None}},
    {"set": {"": "sold"}},
)
MEMBER: tuple[dict[str, Any], ...] = (
    {"set": {"id": "12x"}},
    {"set": {"email": None}},
    {"set": {"email": "a\u0000b@example.org"}},
    {"set": {"status": "deleted"}},
    {"set": {"status": None}},
    {"set": {"fields": None}},
    {"set": {"fields": "none"}},
    {"set": {"groups.0.id": "x"}},
    {"set": {"groups": "none"}},
    {"drop": ["groups"]},
)
GROUP: tuple[dict[str, Any], ...] = (
    {"set": {"name": None}},
    {"set": {"name": ["Gold"]}},
    {"set": {"id": "12x"}},
    {"drop": ["id"]},
    {"set": {"": None}},
    {"set": {"active_count": "many"}},
)
FIELD: tuple[dict[str, Any], ...] = (
    {"set": {"key": None}},
    {"set": {"name": {}}},
    {"set": {"type": 3.5}},
    {"set": {"": "City"}},
)
AUTOMATION: tuple[dict[str, Any], ...] = (
    {"set": {"name": ["Welcome"]}},
    {"set": {"enabled": "maybe"}},
    {"set": {"triggers": "all"}},
    {"set": {"triggers.0.group_ids": ["x"], "triggers.0.groups": "x"}},
    {"drop": ["id"]},
    {"set": {"": 7}},
)
LOOK_UP: tuple[dict[str, Any], ...] = (
    {"status": 500, "body": {"message": "Server Error"}},
    {"status": 200, "body": {"data": None}},
    {"status": 200, "body": "odd"},
    {"status": 0, "body": None},
)


@attrs.frozen
class Bad:
    """A record that is broken: the change that does it, whom it may concern, and what a finding may name it by.

    ``concerned`` are ids of subscribers and e-mails in small letters; ``groups`` those into which nobody can be moved.
    """

    change: dict[str, Any]
    named: tuple[str, ...] = ()
    concerned: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    anybodys: bool = False
    """Whether it does not say whose it is, so that nobody's purchase is proved to be none."""


@attrs.frozen
class Truth:
    """What a simulator holds, as far as a campaign is concerned."""

    code: str
    product: int
    state: dict[str, Any]

    def members(self) -> list[dict[str, Any]]:
        """The subscribers in a group of the campaign."""
        return [one for one in self.state["subscribers"] if any(name.startswith(self.code) for name in one["groups"])]

    def looked_up(self) -> list[dict[str, Any]]:
        """The subscribers whom a plan surely looks at by themselves: those with several tiers."""
        several = []
        for one in self.members():
            ours = [name for name in one["groups"] if name.startswith(self.code)]
            if len(ours) > 1:
                several.append(one)
        return several


def broken(truth: Truth, kind: str, rng: random.Random) -> Bad:
    """One record of a kind, broken in one way."""
    return _KINDS[kind](truth, rng)


def _order(truth: Truth, rng: random.Random) -> Bad:
    listed = [one for one in truth.state["orders"] if one["status"] == "complete" and one["refund_of"] is None]
    ours = [one for one in listed if any(item["id"] == truth.product for item in one["products"])]
    order = rng.choice(ours if rng.random() < 0.8 else listed)
    change = rng.choice(ORDER)
    named = (f"{order['id']}", order["key"], "sales.")
    anybodys = not {"email", ""}.isdisjoint(change.get("set", {}))
    who = frozenset({order["email"].strip().lower()})
    return Bad({"break_record": {"kind": "order", "id": order["row_id"], **change}}, named, who, anybodys=anybodys)


def _member(truth: Truth, rng: random.Random) -> Bad:
    subscriber = rng.choice(truth.members())
    change = {"kind": "subscriber", "id": subscriber["id"], "where": rng.choice(["everywhere", "lists"])}
    who = frozenset({subscriber["id"], subscriber["email"]})
    return Bad({"break_record": {**change, **rng.choice(MEMBER)}}, (subscriber["id"], subscriber["email"]), who)


def _group(truth: Truth, rng: random.Random) -> Bad:
    group = rng.choice(truth.state["groups"])
    change = rng.choice(GROUP)
    named = (group["id"], group["name"], "data.")
    made = {"break_record": {"kind": "group", "id": group["id"], "where": "lists", **change}}
    if "active_count" in change.get("set", {}):
        return Bad(made, named)
    inside = [one for one in truth.state["subscribers"] if group["id"] in one["group_ids"]]
    who = frozenset(text for one in inside for text in (one["id"], one["email"]))
    return Bad(made, named, who, frozenset({group["name"]}))


def _field(truth: Truth, rng: random.Random) -> Bad:
    others = [one for one in truth.state["fields"] if not one["name"].startswith(truth.code)]
    field = rng.choice(others)
    change = {"kind": "field", "id": field["id"], "where": "lists", **rng.choice(FIELD)}
    return Bad({"break_record": change}, (field["id"], field["name"], "data."))


def _automation(truth: Truth, rng: random.Random) -> Bad:
    automation = rng.choice(truth.state["automations"])
    change = {"kind": "automation", "id": automation["id"], **rng.choice(AUTOMATION)}
    return Bad({"break_record": change}, (automation["id"], automation["name"], "data."))


def _look_up(truth: Truth, rng: random.Random) -> Bad:
    subscriber = rng.choice(truth.looked_up())
    change = {"script_response": {"path": f"subscribers/{subscriber['id']}", **rng.choice(LOOK_UP)}}
    return Bad(change, (subscriber["id"], subscriber["email"]), frozenset({subscriber["id"], subscriber["email"]}))


_KINDS: dict[str, Callable[[Truth, random.Random], Bad]] = {
    "order": _order,
    "member": _member,
    "group": _group,
    "field": _field,
    "automation": _automation,
    "look_up": _look_up,
}
KINDS = tuple(_KINDS)
