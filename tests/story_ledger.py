"""The story's ledgers: who is changed by which run, under which rule, and how far each row is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from bema_tui.model import ChangeKind, ChangeState

_FIRST = (
    "aaron abena ada adele agnes akira alba alice amir ana anders andrea anita anton aoife arjun asha astrid ayo bea"
)
_LAST = "fields osei nilsson martin toth mori reyes warren haddad lopes holm conti bauer petrov byrne mehta patel dahl"
_DOMAINS = ("example.com", "example.org", "example.net", "example.se", "example.fr", "example.pt")

_FAILED = "an answer 500 three times, read back: not written"
_WRONG: tuple[tuple[str, str, ChangeState, str, int], ...] = (
    # e-mail, the rule, what became of every row, why, how often it was tried
    ("marek.dvorak@example.cz", "Silver → Silver Purchased", ChangeState.FAILED, "404 no such subscriber", 1),
    ("lena.ohlsson@example.se", "Opt-In → Gold Purchased", ChangeState.FAILED, "timed out 3 times: not written", 3),
    ("g.fontaine@example.fr", "Opt-In → Gold Purchased", ChangeState.FAILED, "502 three times: not written", 3),
    ("t.adeyemi@example.ng", "no tier → Gold Purchased", ChangeState.FAILED, _FAILED, 3),
    ("chidi.obi@example.org", "no tier → Gold Purchased", ChangeState.SKIPPED, "moved by hand to Bronze 14:13", 0),
)


@frozen
class StoryPerson:
    """One person of a plan: under which rule, and what happened to them where that differs from the rest."""

    id: str
    email: str
    name: str
    rule: str
    number: int
    outcome: tuple[ChangeState, str, int] | None = None

    def kinds(self) -> tuple[ChangeKind, ...]:
        """The person's rows, in the order of sending."""
        if "field only" in self.rule:
            return (ChangeKind.SET_FIELD,)
        if "lower off" in self.rule:
            return (ChangeKind.SET_FIELD, ChangeKind.REMOVE_GROUP)
        if self.rule.startswith("no tier"):
            return (ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP)
        if self.rule == "moved on":
            return (ChangeKind.ADD_GROUP,)
        return (ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP)


@frozen
class Plan:
    """One run's people, and how many of its rows stand in which state, in the order of sending."""

    run: int
    campaign: str
    people: tuple[StoryPerson, ...]
    states: tuple[tuple[ChangeState, int], ...]
    minutes_ago: int = 23

    def count_rows(self) -> list[dict[str, Any]]:
        """The plan's counts by rule and kind; a rule's people all have the same kinds of rows."""
        counts = Counter((person.rule, kind) for person in self.people for kind in person.kinds())
        return [
            {"run": self.run, "rule": rule, "kind": kind, "people": count, "changes": count}
            for (rule, kind), count in counts.items()
        ]


def plans() -> tuple[Plan, ...]:
    """Every ledger of the story."""
    applied, planned = ChangeState.APPLIED, ChangeState.PLANNED
    purchases = {
        "Opt-In → Gold Purchased": 2_310,
        "Gold → Gold Purchased": 412,
        "Silver → Silver Purchased": 804,
        "Bronze → Bronze Purchased": 297,
        "no tier → Gold Purchased": 188,
        "Wood → field only": 96,
        "not active → field only": 64,
        "two tiers → lower off": 18,
    }
    half = ((applied, 6_489), (ChangeState.SENDING, 143), (planned, 5_396))
    lost = ((applied, 3_120), (ChangeState.UNKNOWN, 1), (planned, 2_279))
    opt_in = "Opt-In → Gold Purchased"
    return (
        Plan(409, "2024_ETB_NBL", _people(409, {"Wood → field only": 88}), ((applied, 88),), 1_430),
        Plan(414, "2025_ETB_SW", _people(414, {"moved on": 3_020}), ((applied, 3_020),), 1_205),
        Plan(415, "2025_KAIRO_TNS", _people(415, {opt_in: 1_800}), lost, 46),
        Plan(416, "2025_ETB_SW", _people(416, {"no tier → Gold Purchased": 106}), ((applied, 212),), 48),
        Plan(417, "2026_DIVINE_HG", _people(417, {opt_in: 32}), ((planned, 96),), 31),
        Plan(418, "2024_ETB_NBL", _with_wrong(_people(418, purchases)), half, 23),
    )


def ledger_rows(plan: Plan, now: datetime) -> Iterator[dict[str, Any]]:
    """The plan's rows, a person's together, in the order of sending."""
    at = now - timedelta(minutes=plan.minutes_ago)
    states = _states(plan)
    places: Counter[str] = Counter()
    seq = 0
    for person in plan.people:
        places[person.rule] += 1
        for kind in person.kinds():
            seq += 1
            state, error, attempts = person.outcome or (next(states), None, 1)
            sent = now - timedelta(seconds=max(0, 6_650 - seq) / 6) if state is not ChangeState.PLANNED else None
            yield {
                "run": plan.run,
                "seq": seq,
                "person_seq": places[person.rule],
                "campaign": plan.campaign,
                "subscriber_id": person.id,
                "email": person.email,
                "name": person.name,
                "kind": kind,
                "rule": person.rule,
                "reason": f"order {person.number}, complete, earliest valid",
                "needs_add": kind is ChangeKind.REMOVE_GROUP and ChangeKind.ADD_GROUP in person.kinds(),
                "state": state,
                "attempts": 0 if state is ChangeState.PLANNED else attempts,
                "error": error,
                "read_at": at - timedelta(minutes=1),
                "planned_at": at,
                "sent_at": sent,
                "settled_at": None if state in (ChangeState.SENDING, ChangeState.UNKNOWN) else sent,
            } | _values(plan.campaign, person, kind)


def _states(plan: Plan) -> Iterator[ChangeState]:
    for state, count in plan.states:
        for _ in range(count):
            yield state


def _values(campaign: str, person: StoryPerson, kind: ChangeKind) -> dict[str, Any]:
    source, _, goal = person.rule.partition(" → ")
    if kind is ChangeKind.SET_FIELD:
        field_name = f"{campaign}_PURCHASE"
        return {"target": field_name.lower(), "target_name": field_name, "before": None, "after": str(person.number)}
    tier = goal if kind is ChangeKind.ADD_GROUP and goal else source
    suffix = {"two tiers": "GOLD", "moved on": "GOLD"}.get(tier, tier.upper().replace(" PURCHASED", "_PURCHASE"))
    name = f"{campaign}_{suffix}"
    joins = kind is ChangeKind.ADD_GROUP
    group = str(1_000 + sum(map(ord, name)))
    return {"target": group, "target_name": name, "before": None if joins else name, "after": name if joins else None}


def _people(run: int, rules: dict[str, int]) -> tuple[StoryPerson, ...]:
    first, last = _FIRST.split(), _LAST.split()
    # Rules are mixed evenly, as a plan sorted by address mixes them.
    mixed = sorted((place / count, rule) for rule, count in rules.items() for place in range(count))
    people = []
    for index, (_, rule) in enumerate(mixed):
        one = first[index * len(first) // len(mixed)]
        other = last[index % len(last)]
        number = index // len(last)
        email = f"{one}.{other}{number or ''}@{_DOMAINS[index % len(_DOMAINS)]}"
        order = 10_000 + index
        people.append(StoryPerson(f"{run}{index:06}", email, f"{one.title()} {other.title()}", rule, order))
    return tuple(people)


def _with_wrong(people: tuple[StoryPerson, ...]) -> tuple[StoryPerson, ...]:
    """The five people with whom something went wrong take the places of early ones under their rules."""
    changed = list(people)
    for number, (email, rule, state, error, attempts) in enumerate(_WRONG):
        place = next(
            index
            for index, person in enumerate(changed)
            if index > 300 * (number + 1) and person.rule == rule and person.outcome is None
        )
        name = email.partition("@")[0].replace(".", " ").title()
        changed[place] = evolve(changed[place], email=email, name=name, outcome=(state, error, attempts))
    return tuple(changed)
