"""The truth of a simulation: what both systems hold, its indexes, and the only ways to change it."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

from bema_tui.simulator.faults.conditional import ConditionalFaults
from bema_tui.simulator.settings import SimulatorSettings, Switches
from bema_tui.simulator.world.broken_records import BrokenRecords
from bema_tui.simulator.world.credentials import Credentials
from bema_tui.simulator.world.label_names import TierName, field_key
from bema_tui.simulator.world.observer import ChangeObserver, SubscriberBefore, Violation
from bema_tui.simulator.world.orders import ShopOrders
from bema_tui.simulator.world.records import STATUSES, Automation, Campaign, Customer, Field, Group, Product, Subscriber
from bema_tui.simulator.world.scripted_responses import ScriptedResponses
from bema_tui.simulator.world.sorted_ids import SortedIds
from bema_tui.simulator.world.times import now_text

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


class World(ShopOrders):
    """Both systems' data. Every change goes through a method, so that the indexes and the observer stay right."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        super().__init__(Switches.starting_from(settings))
        self.credentials = Credentials.drawn(settings.seed)
        self.subscribers: dict[int, Subscriber] = {}
        self.by_email: dict[str, int] = {}
        self.visible = SortedIds()
        """The ids of the subscribers that are not deleted."""
        self.by_status = {status: SortedIds() for status in STATUSES}
        self.groups: dict[int, Group] = {}
        self.fields: dict[int, Field] = {}
        self.automations: list[Automation] = []
        self.products: dict[int, Product] = {}
        self.customers: dict[int, Customer] = {}
        self.broken_records = BrokenRecords()
        self.scripted_responses = ScriptedResponses()
        self.campaigns: list[Campaign] = []
        self.scenarios: dict[str, list[str]] = {}
        """The e-mails of the subscribers that the data set put into each scenario; for tests."""
        self.created_count = 0
        """How many subscribers were created through the API."""
        self.violations: list[Violation] = []
        self.observer: ChangeObserver | None = None
        """Follows the request that is carried out at present."""
        self.changes_by_others: list[dict[str, Any]] = []
        """What others changed while the simulator ran, with its place among the items of batches."""
        self.change_count = 0
        """How many changes of subscribers there were, whoever made them."""
        self.conditional_faults = ConditionalFaults()
        self._sequence = 0
        self._before_others: dict[int, SubscriberBefore] | None = None
        self._tiers: dict[int, TierName | None] = {}
        self._next_id = _FIRST_ID
        self._id_steps = random.Random(f"ids {settings.seed}")  # noqa: S311
        self._next_field_id = 947_100
        for number, (name, key) in enumerate(_DEFAULT_FIELDS, start=1):
            self.fields[number] = Field(number, name, key, "text", is_default=True)

    def new_id(self) -> int:
        """Returns a new id, larger than all before, of 17 or 18 digits."""
        self._next_id += self._id_steps.randrange(1_000_000, 50_000_000_000)
        return self._next_id

    # Subscribers

    def add_subscriber(self, subscriber: Subscriber) -> None:
        """Adds a new subscriber."""
        self.subscribers[subscriber.id] = subscriber
        self.by_email[subscriber.email] = subscriber.id
        self.visible.add(subscriber.id)
        self.by_status[subscriber.status].add(subscriber.id)
        if self.observer is not None:
            self.created_count += 1
            self.observer.created(subscriber)

    def find_subscriber(self, subscriber_id: int) -> Subscriber | None:
        """Returns the subscriber with this id, unless it is deleted."""
        subscriber = self.subscribers.get(subscriber_id)
        return None if subscriber is None or subscriber.deleted_at is not None else subscriber

    @contextlib.contextmanager
    def by_others(self) -> Iterator[None]:
        """Makes changes that no request makes: they are no violations, also while a request is carried out."""
        observer, self.observer = self.observer, None
        outer, self._before_others = self._before_others, {}
        try:
            yield
        finally:
            if observer is not None:
                for number, before in self._before_others.items():
                    observer.changed_by_others(self.subscribers[number], before)
            self.observer, self._before_others = observer, outer

    def next_in_sequence(self) -> int:
        """Returns a number that only grows, so that changes and items of batches can be put in order."""
        self._sequence += 1
        return self._sequence

    def before_change(self, subscriber: Subscriber) -> None:
        """Must be called before each change of a subscriber."""
        self.change_count += 1
        if self.observer is not None:
            self.observer.before_change(subscriber)
        elif self._before_others is not None:
            self._before_others.setdefault(subscriber.id, SubscriberBefore.of(subscriber))

    def set_values(self, subscriber: Subscriber, values: dict[str, Any]) -> bool:
        """Merges field values (None clears one). Returns whether anything changed."""
        changed = {key: value for key, value in values.items() if subscriber.values.get(key) != value}
        if not changed:
            return False
        self.before_change(subscriber)
        for key, value in changed.items():
            if value is None:
                subscriber.values.pop(key, None)
            else:
                subscriber.values[key] = value
        return True

    def set_status(self, subscriber: Subscriber, status: str) -> bool:
        """Sets the status. Returns whether it was another before."""
        if subscriber.status == status:
            return False
        self.before_change(subscriber)
        self.by_status[subscriber.status].discard(subscriber.id)
        for group_id in subscriber.groups:
            self.groups[group_id].members[subscriber.status].discard(subscriber.id)
            self.groups[group_id].members[status].add(subscriber.id)
        subscriber.status = status
        if subscriber.deleted_at is None:
            self.by_status[status].add(subscriber.id)
        subscriber.unsubscribed_at = now_text() if status == "unsubscribed" else None
        return True

    def set_email(self, subscriber: Subscriber, email: str) -> None:
        self.before_change(subscriber)
        del self.by_email[subscriber.email]
        subscriber.email = email
        self.by_email[email] = subscriber.id

    def assign(self, subscriber: Subscriber, group_id: int) -> bool:
        """Adds a subscriber to a group. Returns whether it was not in it before."""
        if group_id in subscriber.groups:
            return False
        self.before_change(subscriber)
        subscriber.groups.add(group_id)
        self.groups[group_id].members[subscriber.status].add(subscriber.id)
        if self.observer is not None:
            for automation in self.automations:
                automation.started += automation.enabled and group_id in automation.group_ids
        return True

    def unassign(self, subscriber: Subscriber, group_id: int) -> bool:
        """Removes a subscriber from a group. Returns whether it was in it."""
        if group_id not in subscriber.groups:
            return False
        self.before_change(subscriber)
        subscriber.groups.discard(group_id)
        self.groups[group_id].members[subscriber.status].discard(subscriber.id)
        if self.observer is not None:
            self.observer.unassigned(subscriber, group_id)
        return True

    def delete_subscriber(self, subscriber: Subscriber) -> None:
        """Deletes a subscriber: its memberships end, its record stays for a subscription to come."""
        self.before_change(subscriber)
        for group_id in subscriber.groups:
            self.groups[group_id].members[subscriber.status].discard(subscriber.id)
        subscriber.groups.clear()
        subscriber.deleted_at = now_text()
        self.visible.discard(subscriber.id)
        self.by_status[subscriber.status].discard(subscriber.id)

    def restore_subscriber(self, subscriber: Subscriber) -> None:
        self.before_change(subscriber)
        subscriber.deleted_at = None
        self.visible.add(subscriber.id)
        self.by_status[subscriber.status].add(subscriber.id)

    # Groups and fields

    def add_group(self, name: str, created_at: str | None = None) -> Group:
        group = Group(self.new_id(), name, created_at or now_text())
        self.groups[group.id] = group
        return group

    def group_named(self, name: str) -> Group | None:
        return next((group for group in self.groups.values() if group.name == name), None)

    def rename_group(self, group: Group, name: str) -> None:
        if self.observer is not None:
            self.observer.group_renamed(group.name, name)
        group.name = name
        self._tiers.pop(group.id, None)

    def tier_of(self, group_id: int) -> TierName | None:
        """Returns the tier that a group is or, for a deleted group, was. Each name is read once."""
        if group_id not in self._tiers:
            group = self.groups.get(group_id)
            self._tiers[group_id] = None if group is None else group.tier
        return self._tiers[group_id]

    def delete_group(self, group: Group) -> None:
        self.tier_of(group.id)
        for ids in group.members.values():
            for subscriber_id in ids.newest(None):
                subscriber = self.subscribers[subscriber_id]
                self.before_change(subscriber)
                subscriber.groups.discard(group.id)
        if self.observer is not None:
            self.observer.group_deleted(group.name)
        del self.groups[group.id]

    def add_field(self, name: str, kind: str) -> Field:
        """Adds a field; its key follows the account's rule and is not taken yet."""
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
        if self.observer is not None:
            self.observer.field_renamed(field.name, name)
        field.name = name

    def delete_field(self, field: Field) -> None:
        """Deletes a field and its values."""
        del self.fields[field.id]
        for subscriber in self.subscribers.values():
            subscriber.values.pop(field.key, None)
        if self.observer is not None:
            self.observer.field_deleted(field.name)
