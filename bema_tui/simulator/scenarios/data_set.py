"""Builds a world from a seed: a label with its campaigns, a mailing list of any size, and a shop's orders."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from bema_tui.simulator.scenarios.catalogue import EDITS, ROLES, Bought, Role
from bema_tui.simulator.scenarios.example_names import PEOPLE, address
from bema_tui.simulator.scenarios.label import TODAY, Label, Plan, found_label
from bema_tui.simulator.scenarios.order_drafts import Draft, OrderBook, take_in
from bema_tui.simulator.settings import SimulatorSettings
from bema_tui.simulator.world.label_names import PURCHASED_SUFFIXES, TIER_SUFFIXES
from bema_tui.simulator.world.records import Subscriber
from bema_tui.simulator.world.world import World

_STATUSES = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
_STATUS_SHARES = (85, 8, 3, 3, 1)
_TIER_SHARES = (34, 16, 22, 16, 12)
_PURCHASED_SHARES = (50, 30, 20)
_SETTLED_SHARE = 0.45
_UNASSIGNED_BUYERS = 0.006
_WRONG_NUMBER = 99_999_999
_HISTORY_DAYS = 1200


def build_world(settings: SimulatorSettings) -> World:
    """The world of a seed: the same settings always give the same one."""
    return _Builder(settings).build()


class _Builder:
    def __init__(self, settings: SimulatorSettings) -> None:
        self.world = World(settings)
        self.rng = random.Random(f"world {settings.seed}")  # noqa: S311 - must be repeatable
        self.label: Label = found_label(self.world, self.rng)
        self.book = OrderBook(self.label, self.rng, settings.orders)
        self.claims: list[tuple[Subscriber, str, Draft, bool]] = []
        self.people: list[Subscriber] = []

    def build(self) -> World:
        self._people()
        spare = list(self.people)
        self.rng.shuffle(spare)
        used = self._cast(spare)
        plain = sorted(spare[used:], key=lambda person: person.id)
        self._foreign(plain)
        for plan in self.label.plans:
            self._follow(plan, plain)
        self._other_orders()
        take_in(self.world, self.rng, self.book.drafts)
        self._settle_claims()
        for group in self.world.groups.values():
            group.recount()
        return self.world

    def _people(self) -> None:
        count = self.world.settings.subscribers
        begin = TODAY - timedelta(days=_HISTORY_DAYS)
        statuses = self.rng.choices(_STATUSES, _STATUS_SHARES, k=count)
        for place in range(count):
            first, last, ascii_name = PEOPLE[self.rng.randrange(len(PEOPLE))]
            moment = begin + timedelta(seconds=int(place * _HISTORY_DAYS * 86_400 / count))
            text = moment.strftime("%Y-%m-%d %H:%M:%S")
            person = Subscriber(self.world.new_id(), address(place, ascii_name), statuses[place], text, text, text)
            person.sent = self.rng.randrange(0, 60)
            person.opens_count = self.rng.randrange(0, person.sent + 1)
            if person.status == "unsubscribed":
                person.unsubscribed_at = text
            if first:
                person.values["name"] = first
            if last:
                person.values["last_name"] = last
            if place % 3 == 0:
                person.ip_address = person.optin_ip = f"192.0.2.{place % 254 + 1}"
                person.opted_in_at = text
            if place % 40 == 0:
                person.values[self.label.foreign_field_key] = "First Light"
            self.world.add_subscriber(person)
            self.people.append(person)

    def _foreign(self, people: list[Subscriber]) -> None:
        newsletter, *others = self.label.foreign_groups
        for person in people:
            if self.rng.random() < 0.6:
                self.world.assign(person, newsletter)
            if self.rng.random() < 0.08:
                self.world.assign(person, self.rng.choice(others))

    # People in chosen states

    def _cast(self, spare: list[Subscriber]) -> int:
        """Puts people into every state, once at least and again while there are many; gives how many it used."""
        plans = self.label.plans
        roles = ROLES + (EDITS if self.world.settings.renewals else ())
        used = 0
        for turn in range(len(plans)):
            if turn and used > len(spare) * 0.1:
                break
            for place, role in enumerate(roles):
                turned = [plans[(place + turn + step) % len(plans)] for step in range(len(plans))]
                plan = next((plan for plan in turned if self._fits(role, plan)), None)
                if used < len(spare) and plan is not None:
                    self._play(role, plan, spare[used])
                    used += 1
        return used

    def _fits(self, role: Role, plan: Plan) -> bool:
        has_field = role.field is None or plan.field_key is not None
        return has_field and len(role.orders) <= self.book.left and all(tier in plan.groups for tier in role.tiers)

    def _play(self, role: Role, plan: Plan, person: Subscriber) -> None:
        world = self.world
        world.set_status(person, role.status)
        if role.called is not None:
            person.values |= dict(zip(("name", "last_name"), role.called, strict=True))
        self._spell(role, person)
        for tier in role.tiers:
            world.assign(person, plan.groups[tier])
        if role.foreign:
            for group_id in self.label.foreign_groups[:2]:
                world.assign(person, group_id)
            for other in self.label.plans:
                if other is not plan:
                    world.assign(person, other.groups["OPT-IN"])
        typed = {"odd": f" {person.email.title()} ", "typo": person.email.replace("@", "@mistyped.")}.get(
            role.address, person.email
        )
        drafts: list[Draft] = []
        for bought in role.orders:
            drafts.append(self.book.buy(plan, typed, bought, drafts[-1] if drafts else None))
        self._fill_field(role.field, plan, person, drafts)
        world.cast.setdefault(role.name, []).append(person.email)

    def _spell(self, role: Role, person: Subscriber) -> None:
        local, _, domain = person.email.partition("@")
        if role.address == "apostrophe":
            self.world.set_email(person, f"o'{local}@{domain}")
        elif role.address == "plus":
            self.world.set_email(person, f"{local}+shop@{domain}")
        elif role.address == "dots":
            self.world.set_email(person, f"{local}..{local}@{domain}")

    def _fill_field(self, field: int | str | None, plan: Plan, person: Subscriber, drafts: list[Draft]) -> None:
        if field is None or plan.field_key is None:
            return
        if field == "wrong":
            person.values[plan.field_key] = _WRONG_NUMBER
        elif field == "row":
            self.claims.append((person, plan.field_key, drafts[0], True))
        else:
            self.claims.append((person, plan.field_key, drafts[int(field)], False))

    # Everybody else

    def _follow(self, plan: Plan, people: list[Subscriber]) -> None:
        """Members and buyers of one campaign: 5 to 12 % of its members bought, as far as the orders reach."""
        rng, world = self.rng, self.world
        count = len(self.label.plans)
        share = min(0.6, 2.4 / count)
        room = self.book.left * 0.7 / max(1, count - self.label.plans.index(plan))
        rate = min(rng.uniform(0.05, 0.12), room / max(1.0, len(people) * share))
        unpurchased = [plan.groups[suffix] for suffix in TIER_SUFFIXES[:5]]
        purchased = [plan.groups.get(suffix, plan.groups["GOLD_PURCHASE"]) for suffix in PURCHASED_SUFFIXES]
        for person in people:
            if rng.random() >= share:
                if rng.random() < _UNASSIGNED_BUYERS and self.book.left > 0:
                    self.book.buy(plan, person.email, Bought())
                continue
            if rng.random() >= rate or self.book.left <= 0:
                world.assign(person, rng.choices(unpurchased, _TIER_SHARES)[0])
            elif rng.random() < _SETTLED_SHARE and plan.field_key is not None:
                world.assign(person, rng.choices(purchased, _PURCHASED_SHARES)[0])
                self.claims.append((person, plan.field_key, self.book.buy(plan, person.email, Bought()), False))
            else:
                world.assign(person, rng.choices(unpurchased, _TIER_SHARES)[0])
                self.book.buy(plan, self._typed(person.email), Bought())

    def _typed(self, email: str) -> str:
        """The address as people type it at the checkout, with a capital now and then."""
        return email.capitalize() if self.rng.random() < 0.1 else email

    def _other_orders(self) -> None:
        """Fills the shop up: buyers who are not on the list, second orders, and things that are no album."""
        rng, plans = self.rng, self.label.plans
        buyers = [draft for draft in self.book.drafts if draft.status == "complete" and not draft.late]
        strangers = 0
        while self.book.left > 0:
            chance = rng.random()
            if plans and (chance < 0.15 or strangers == 0):
                strangers += 1
                email = f"stranger{strangers}@{'Example.COM' if strangers % 4 == 0 else 'example.com'}"
                self.book.buy(rng.choice(plans), email, Bought())
                self.world.cast.setdefault("buyer unknown to MailerLite", []).append(email.lower())
            elif chance < 0.25 and buyers:
                first = rng.choice(buyers)
                self.book.buy_other(first.email, self._moment(first.date))
            else:
                known = rng.choice(self.people).email if self.people and rng.random() < 0.6 else None
                email = known or f"visitor{rng.randrange(10_000)}@example.net"
                self.book.buy_other(email, self._moment(TODAY - timedelta(days=600)))

    def _moment(self, after: datetime) -> datetime:
        return after + timedelta(seconds=int((TODAY - after).total_seconds() * self.rng.random()))

    def _settle_claims(self) -> None:
        for person, key, draft, by_row in self.claims:
            order: Any = draft.order
            person.values[key] = order.row_id if by_row else order.number
