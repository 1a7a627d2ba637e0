"""The story's ledgers: who is changed by which run, why, and how far each row is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from bema_tui.model import Cause, ChangeKind, ChangeOutcome, ChangeState, Purpose, Tier
from bema_tui.rules.naming import group_name
from bema_tui.rules.wording.changes import heading
from bema_tui.store.ledger_rows import purpose_columns

_FIRST = (
    "aaron abena ada adele agnes akira alba alice amir ana anders andrea anita anton aoife arjun asha astrid ayo bea"
)
_LAST = "fields osei nilsson martin toth mori reyes warren haddad lopes holm conti bauer petrov byrne mehta patel dahl"
_DOMAINS = ("example.com", "example.org", "example.net", "example.se", "example.fr", "example.pt")

OPT_IN = Purpose(Cause.PURCHASE, Tier.OPT_IN, Tier.GOLD_PURCHASED)
GOLD = Purpose(Cause.PURCHASE, Tier.GOLD, Tier.GOLD_PURCHASED)
SILVER = Purpose(Cause.PURCHASE, Tier.SILVER, Tier.SILVER_PURCHASED)
BRONZE = Purpose(Cause.PURCHASE, Tier.BRONZE, Tier.BRONZE_PURCHASED)
PLACED = Purpose(Cause.PLACED, to_tier=Tier.GOLD_PURCHASED)
WOOD = Purpose(Cause.IN_WOOD)
NOT_ACTIVE = Purpose(Cause.NOT_ACTIVE)
LOWER_OFF = Purpose(Cause.LOWER_OFF)
MOVED_ON = Purpose(Cause.TRANSITION, to_tier=Tier.GOLD)
_KINDS: Mapping[Cause, tuple[ChangeKind, ...]] = {
    Cause.PURCHASE: (ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP),
    Cause.PLACED: (ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP),
    Cause.LOWER_OFF: (ChangeKind.SET_FIELD, ChangeKind.REMOVE_GROUP),
    Cause.TRANSITION: (ChangeKind.ADD_GROUP,),
}
_WRONG: tuple[tuple[str, Purpose, ChangeState, ChangeOutcome, str, int], ...] = (
    # e-mail, why they are changed, what became of every row, why with its detail, how often it was tried
    ("marek.dvorak@example.cz", SILVER, ChangeState.FAILED, ChangeOutcome.GONE, "", 1),
    ("lena.ohlsson@example.se", OPT_IN, ChangeState.FAILED, ChangeOutcome.NOT_WRITTEN, "3", 3),
    ("g.fontaine@example.fr", OPT_IN, ChangeState.FAILED, ChangeOutcome.NOT_WRITTEN, "3", 3),
    ("t.adeyemi@example.ng", PLACED, ChangeState.FAILED, ChangeOutcome.NOT_WRITTEN, "3", 3),
    ("chidi.obi@example.org", PLACED, ChangeState.SKIPPED, ChangeOutcome.OVERTAKEN, "bronze", 0),
)


@frozen
class StoryPerson:
    """One person of a plan: why they are changed, and what happened to them where that differs from the rest."""

    id: str
    email: str
    name: str
    purpose: Purpose
    number: int
    outcome: tuple[ChangeState, ChangeOutcome, str, int] | None = None

    def kinds(self) -> tuple[ChangeKind, ...]:
        """The person's rows, in the order of sending."""
        return _KINDS.get(self.purpose.cause, (ChangeKind.SET_FIELD,))


@frozen
class Plan:
    """One run's people, and how many of its rows stand in which state, in the order of sending."""

    run: int
    campaign: str
    people: tuple[StoryPerson, ...]
    states: tuple[tuple[ChangeState, int], ...]
    minutes_ago: int = 23

    def count_rows(self) -> list[dict[str, Any]]:
        """The plan's counts by purpose and kind; the people of a purpose all have the same kinds of rows."""
        counts = Counter((person.purpose, kind) for person in self.people for kind in person.kinds())
        return [
            {"run": self.run, **purpose_columns(purpose), "kind": kind, "people": count, "changes": count}
            for (purpose, kind), count in counts.items()
        ]


def plans() -> tuple[Plan, ...]:
    """Every ledger of the story."""
    applied, planned = ChangeState.APPLIED, ChangeState.PLANNED
    purchases = {
        OPT_IN: 2_310,
        GOLD: 412,
        SILVER: 804,
        BRONZE: 297,
        PLACED: 188,
        WOOD: 96,
        NOT_ACTIVE: 64,
        LOWER_OFF: 18,
    }
    half = ((applied, 6_489), (ChangeState.SENDING, 143), (planned, 5_396))
    lost = ((applied, 3_120), (ChangeState.UNKNOWN, 1), (planned, 2_279))
    return (
        Plan(409, "2024_ETB_NBL", _people(409, {WOOD: 88}), ((applied, 88),), 1_430),
        Plan(414, "2025_ETB_SW", _people(414, {MOVED_ON: 3_020}), ((applied, 3_020),), 1_205),
        Plan(415, "2025_KAIRO_TNS", _people(415, {OPT_IN: 1_800}), lost, 46),
        Plan(416, "2025_ETB_SW", _people(416, {PLACED: 106}), ((applied, 212),), 48),
        Plan(417, "2026_DIVINE_HG", _people(417, {OPT_IN: 32}), ((planned, 96),), 31),
        Plan(418, "2024_ETB_NBL", _with_wrong(_people(418, purchases)), half, 23),
    )


def ledger_rows(plan: Plan, now: datetime) -> Iterator[dict[str, Any]]:
    """The plan's rows, a person's together, in the order of sending."""
    at = now - timedelta(minutes=plan.minutes_ago)
    states = _states(plan)
    places: Counter[Purpose] = Counter()
    seq = 0
    for person in plan.people:
        places[person.purpose] += 1
        for kind in person.kinds():
            seq += 1
            state, outcome, detail, attempts = person.outcome or (next(states), None, "", 1)
            sent = now - timedelta(seconds=max(0, 6_650 - seq) / 6) if state is not ChangeState.PLANNED else None
            yield {
                "run": plan.run,
                "seq": seq,
                "person_seq": places[person.purpose],
                "campaign": plan.campaign,
                "subscriber_id": person.id,
                "email": person.email,
                "name": person.name,
                "kind": kind,
                **purpose_columns(person.purpose),
                "reason": f"order {person.number}, complete, earliest valid",
                "needs_add": kind is ChangeKind.REMOVE_GROUP and ChangeKind.ADD_GROUP in person.kinds(),
                "state": state,
                "attempts": 0 if state is ChangeState.PLANNED else attempts,
                "outcome": outcome,
                "detail": detail,
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
    if kind is ChangeKind.SET_FIELD:
        field_name = f"{campaign}_PURCHASE"
        values = {"target": field_name.lower(), "target_name": field_name, "before": None, "after": str(person.number)}
        return {**values, "tier": None}
    joins = kind is ChangeKind.ADD_GROUP
    tier = (person.purpose.to_tier if joins else person.purpose.from_tier) or Tier.GOLD
    name = group_name(campaign, tier)
    before, after = (None, name) if joins else (name, None)
    group = str(1_000 + sum(map(ord, name)))
    return {"target": group, "target_name": name, "before": before, "after": after, "tier": tier}


def _people(run: int, purposes: dict[Purpose, int]) -> tuple[StoryPerson, ...]:
    first, last = _FIRST.split(), _LAST.split()
    # Purposes are mixed evenly, as a plan sorted by e-mail mixes them.
    shares = [(place / count, heading(one), one) for one, count in purposes.items() for place in range(count)]
    mixed = [purpose for _, _, purpose in sorted(shares, key=lambda share: share[:2])]
    people = []
    for index, purpose in enumerate(mixed):
        one = first[index * len(first) // len(mixed)]
        other = last[index % len(last)]
        number = index // len(last)
        email = f"{one}.{other}{number or ''}@{_DOMAINS[index % len(_DOMAINS)]}"
        order = 10_000 + index
        people.append(StoryPerson(f"{run}{index:06}", email, f"{one.title()} {other.title()}", purpose, order))
    return tuple(people)


def _with_wrong(people: tuple[StoryPerson, ...]) -> tuple[StoryPerson, ...]:
    """The five people with whom something went wrong take the places of early ones of their purpose."""
    changed = list(people)
    for number, (email, purpose, state, outcome, detail, attempts) in enumerate(_WRONG):
        place = next(
            index
            for index, person in enumerate(changed)
            if index > 300 * (number + 1) and person.purpose == purpose and person.outcome is None
        )
        name = email.partition("@")[0].replace(".", " ").title()
        changed[place] = evolve(changed[place], email=email, name=name, outcome=(state, outcome, detail, attempts))
    return tuple(changed)
