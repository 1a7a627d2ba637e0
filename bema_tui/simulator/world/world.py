"""The truth of a simulation: everything both systems hold, its indexes, and the only ways to change it."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from bema_tui.simulator.settings import SimulatorSettings, Switches
from bema_tui.simulator.world.broken_records import BrokenRows, ScriptedAnswers
from bema_tui.simulator.world.label_names import TierName, field_key
from bema_tui.simulator.world.orders import Sales
from bema_tui.simulator.world.records import (
    STATUSES,
    Automation,
    Campaign,
    Customer,
    Field,
    Group,
    Product,
    SortedIds,
    Subscriber,
)
from bema_tui.simulator.world.violations import Before, Violation, Watch

_DEFAULT_FIELDS = (
    ("Name", "name"),
    ("Last name", "last_name"),
    ("Company", "company"),
    ("Country", "country"),
    ("City", "city"),
    ("Phone", "phone"),
    ("State", "state"),
    ("Zip", "z_i_p"),
)
_FIRST_ID = 98_112_484_192_290_662


def now_text() -> str:
    """The time as MailerLite writes it: UTC, no zone."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


def in_thirty_days_text() -> str:
    return (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%d %H:%M:%S")


@attrs.frozen
class Keys:
    """The credentials of both systems, drawn from the seed."""

    mailerlite: str
    edd_key: str
    edd_secret: str

    @classmethod
    def drawn(cls, seed: int) -> Keys:
        rng = random.Random(f"keys {seed}")  # noqa: S311 - a simulation must be repeatable
        return cls(f"sim_{rng.getrandbits(512):0128x}", f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(128):032x}")

    def edd_token(self, key: str | None = None) -> str:
        """The token that goes with a key: md5 of secret and key, as EDD makes it."""
        text = self.edd_secret + (self.edd_key if key is None else key)
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class World(Sales):
    """Both systems' data. Every change goes through a method, so that indexes and the watch stay right."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        super().__init__(Switches.starting_from(settings))
        self.keys = Keys.drawn(settings.seed)
        self.subscribers: dict[int, Subscriber] = {}
        self.by_email: dict[str, int] = {}
        self.visible = SortedIds()
        self.by_status = {status: SortedIds() for status in STATUSES}
        self.groups: dict[int, Group] = {}
        self.fields: dict[int, Field] = {}
        self.automations: list[Automation] = []
        self.products: dict[int, Product] = {}
        self.customers: dict[int, Customer] = {}
        self.broken = BrokenRows()
        self.scripted = ScriptedAnswers()
        self.campaigns: list[Campaign] = []
        self.cast: dict[str, list[str]] = {}
        """Which people the data set put into which state, by e-mail; for tests."""
        self.created_count = 0
        self.violations: list[Violation] = []
        self.watch: Watch | None = None
        self.others: list[dict[str, Any]] = []
        """What others changed while the simulator ran, in its order among the items of batches."""
        self.touched = 0
        """How many changes there were to people, whoever made them."""
        self._order = 0
        self._aside: dict[int, Before] | None = None
        self.mishaps: set[str] = set()
        """Which mishaps this request is to meet, if it does what they are about."""
        self.happened: list[str] = []
        """Which mishaps it met."""
        self._tiers: dict[int, TierName | None] = {}
        self._next_id = _FIRST_ID
        self._id_steps = random.Random(f"ids {settings.seed}")  # noqa: S311
        self._next_field_id = 947_100
        for number, (name, key) in enumerate(_DEFAULT_FIELDS, start=1):
            self.fields[number] = Field(number, name, key, "text", is_default=True)

    def new_id(self) -> int:
        """A new id, larger than all before, of 17 or 18 digits."""
        self._next_id += self._id_steps.randrange(1_000_000, 50_000_000_000)
        return self._next_id

    def befalls(self, mishap: str) -> bool:
        """Whether this request meets a mishap; being asked makes it happen."""
        if mishap in self.mishaps and mishap not in self.happened:
            self.happened.append(mishap)
        return mishap in self.happened

    # People

    def add_subscriber(self, person: Subscriber) -> None:
        """Takes a new person in; `created_count` counts those that came through the API."""
        self.subscribers[person.id] = person
        self.by_email[person.email] = person.id
        self.visible.add(person.id)
        self.by_status[person.status].add(person.id)
        if self.watch is not None:
            self.created_count += 1
            self.watch.created(person)

    def find(self, subscriber_id: int) -> Subscriber | None:
        """The person with this id, unless deleted."""
        person = self.subscribers.get(subscriber_id)
        return None if person is None or person.deleted_at is not None else person

    @contextlib.contextmanager
    def by_others(self) -> Iterator[None]:
        """What happens within is nobody's request: no rule is held against it, nor against a request it falls into."""
        watch, self.watch = self.watch, None
        outer, self._aside = self._aside, {}
        try:
            yield
        finally:
            if watch is not None:
                for number, before in self._aside.items():
                    watch.changed_by_others(self.subscribers[number], before)
            self.watch, self._aside = watch, outer

    def next_in_order(self) -> int:
        """A number that only grows: what got it later happened later."""
        self._order += 1
        return self._order

    def touch(self, person: Subscriber) -> None:
        self.touched += 1
        if self.watch is not None:
            self.watch.touch(person)
        elif self._aside is not None:
            self._aside.setdefault(person.id, Before.of(person))

    def set_values(self, person: Subscriber, values: dict[str, Any]) -> bool:
        """Merges field values (None clears one) and says whether anything changed."""
        changed = {key: value for key, value in values.items() if person.values.get(key) != value}
        if not changed:
            return False
        self.touch(person)
        for key, value in changed.items():
            if value is None:
                person.values.pop(key, None)
            else:
                person.values[key] = value
        return True

    def set_status(self, person: Subscriber, status: str) -> bool:
        """Changes the status and says whether it was another."""
        if person.status == status:
            return False
        self.touch(person)
        self.by_status[person.status].discard(person.id)
        for group_id in person.groups:
            self.groups[group_id].members[person.status].discard(person.id)
            self.groups[group_id].members[status].add(person.id)
        person.status = status
        if person.deleted_at is None:
            self.by_status[status].add(person.id)
        person.unsubscribed_at = now_text() if status == "unsubscribed" else None
        return True

    def set_email(self, person: Subscriber, email: str) -> None:
        self.touch(person)
        del self.by_email[person.email]
        person.email = email
        self.by_email[email] = person.id

    def assign(self, person: Subscriber, group_id: int) -> bool:
        """Puts a person into a group and says whether that was new."""
        if group_id in person.groups:
            return False
        self.touch(person)
        person.groups.add(group_id)
        self.groups[group_id].members[person.status].add(person.id)
        if self.watch is not None:
            for automation in self.automations:
                automation.started += automation.enabled and group_id in automation.group_ids
        return True

    def unassign(self, person: Subscriber, group_id: int) -> bool:
        """Takes a person out of a group and says whether they were in it."""
        if group_id not in person.groups:
            return False
        self.touch(person)
        person.groups.discard(group_id)
        self.groups[group_id].members[person.status].discard(person.id)
        if self.watch is not None:
            self.watch.unassigned(person, group_id)
        return True

    def delete_subscriber(self, person: Subscriber) -> None:
        """Deletes softly: the record stays for a re-subscribe, its memberships do not."""
        self.touch(person)
        for group_id in person.groups:
            self.groups[group_id].members[person.status].discard(person.id)
        person.groups.clear()
        person.deleted_at = now_text()
        self.visible.discard(person.id)
        self.by_status[person.status].discard(person.id)

    def revive(self, person: Subscriber) -> None:
        self.touch(person)
        person.deleted_at = None
        self.visible.add(person.id)
        self.by_status[person.status].add(person.id)

    # Groups and fields

    def add_group(self, name: str, created_at: str | None = None) -> Group:
        group = Group(self.new_id(), name, created_at or now_text())
        self.groups[group.id] = group
        return group

    def group_named(self, name: str) -> Group | None:
        return next((group for group in self.groups.values() if group.name == name), None)

    def rename_group(self, group: Group, name: str) -> None:
        if self.watch is not None:
            self.watch.group_renamed(group.name, name)
        group.name = name
        self._tiers.pop(group.id, None)

    def tier_of(self, group_id: int) -> TierName | None:
        """The tier that a group is. Names are read once, deleted groups are remembered."""
        if group_id not in self._tiers:
            group = self.groups.get(group_id)
            self._tiers[group_id] = None if group is None else group.tier
        return self._tiers[group_id]

    def delete_group(self, group: Group) -> None:
        self.tier_of(group.id)
        for ids in group.members.values():
            for person_id in ids.newest(None):
                person = self.subscribers[person_id]
                self.touch(person)
                person.groups.discard(group.id)
        if self.watch is not None:
            self.watch.group_deleted(group.name)
        del self.groups[group.id]

    def add_field(self, name: str, kind: str) -> Field:
        """A new field whose key follows the account's rule and is not taken."""
        key = base = field_key(name, self.switches.field_key_rule)
        taken = {field.key for field in self.fields.values()}
        suffix = 1
        while key in taken:
            suffix += 1
            key = f"{base}_{suffix}"
        self._next_field_id += 47
        field = Field(self._next_field_id, name, key, kind)
        self.fields[field.id] = field
        return field

    def rename_field(self, field: Field, name: str) -> None:
        """Renames a field; its key stays."""
        if self.watch is not None:
            self.watch.field_renamed(field.name, name)
        field.name = name

    def delete_field(self, field: Field) -> None:
        """Deletes a field with everybody's values."""
        del self.fields[field.id]
        for person in self.subscribers.values():
            person.values.pop(field.key, None)
        if self.watch is not None:
            self.watch.field_deleted(field.name)
