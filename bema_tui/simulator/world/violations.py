"""What no request may do to the people of an account, checked after every request to MailerLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from bema_tui.simulator.world.records import Subscriber
    from bema_tui.simulator.world.world import World


@attrs.frozen
class Violation:
    """A rule that a request broke."""

    request: int
    rule: str
    text: str


@attrs.frozen
class Before:
    """A person as they were before the request."""

    email: str
    status: str
    deleted: bool
    groups: frozenset[int]
    values: dict[str, Any]

    @classmethod
    def of(cls, person: Subscriber) -> Before:
        groups, values = frozenset(person.groups), dict(person.values)
        return cls(person.email, person.status, person.deleted_at is not None, groups, values)


class Watch:
    """Follows one request: keeps how each touched person was, and finds what the request broke.

    Only the people that the request touched are looked at, so the check costs nothing on a read.
    """

    def __init__(self, world: World, request: int) -> None:
        self._world = world
        self._request = request
        self._before: dict[int, Before] = {}
        self._created: list[int] = []
        self._found: list[Violation] = []

    def touch(self, person: Subscriber) -> None:
        """Remembers how a person is; to be called before the first change."""
        if person.id not in self._before and person.id not in self._created:
            self._before[person.id] = Before.of(person)

    def changed_by_others(self, person: Subscriber, was: Before) -> None:
        """Others changed somebody in the midst of this request: it is as if they had done it before."""
        before = self._before.get(person.id)
        if before is None:
            return
        now = Before.of(person)
        values = {key: now.values.get(key) for key in now.values.keys() | was.values.keys()}
        changed = {key: value for key, value in values.items() if value != was.values.get(key)}
        self._before[person.id] = Before(
            now.email if now.email != was.email else before.email,
            now.status if now.status != was.status else before.status,
            now.deleted if now.deleted != was.deleted else before.deleted,
            (before.groups - (was.groups - now.groups)) | (now.groups - was.groups),
            {key: value for key, value in {**before.values, **changed}.items() if value is not None},
        )

    def created(self, person: Subscriber) -> None:
        self._created.append(person.id)

    def unassigned(self, person: Subscriber, group_id: int) -> None:
        """A membership ends: the person must have held another tier of that campaign before this request began."""
        tier = self._world.tier_of(group_id)
        before = self._before.get(person.id)
        if tier is None or before is None or group_id not in before.groups:
            return
        if tier.campaign not in self._campaigns(before.groups - {group_id}):
            self._add("unproved_remove", f"{person.id} was taken out of {tier.campaign} {tier.suffix} unproved")

    def group_deleted(self, name: str) -> None:
        self._add("group_deleted", f"the group {name} was deleted")

    def group_renamed(self, old: str, new: str) -> None:
        """A new name takes the tier from everybody in the group, or makes a tier of a foreign one."""
        self._add("group_renamed", f"the group {old} was renamed {new}")

    def field_deleted(self, name: str) -> None:
        self._add("field_deleted", f"the field {name} was deleted")

    def field_renamed(self, old: str, new: str) -> None:
        self._add("field_renamed", f"the field {old} was renamed {new}")

    def finish(self, *, allow_create: bool) -> list[Violation]:
        """Everything that this request broke."""
        if not allow_create:
            for person_id in self._created:
                self._add("created", f"{person_id} was created unasked")
            for person_id, before in self._before.items():
                if before.deleted and self._world.subscribers[person_id].deleted_at is None:
                    self._add("created", f"{person_id}, who was deleted, came back unasked")
        for person_id, before in self._before.items():
            self._compare(self._world.subscribers[person_id], before)
        return self._found

    def _compare(self, person: Subscriber, before: Before) -> None:
        if person.email != before.email:
            self._add("email_changed", f"the e-mail of {person.id} changed")
        if person.status != before.status:
            self._add("status_changed", f"the status of {person.id} went from {before.status} to {person.status}")
        if person.deleted_at is not None:
            if not before.deleted:
                self._add("subscriber_deleted", f"{person.id} was deleted")
            return
        for campaign in sorted(self._campaigns(before.groups) - self._campaigns(frozenset(person.groups))):
            self._add("lost_last_tier", f"{person.id} lost the last tier in {campaign}")
        for group_id in sorted(before.groups ^ person.groups):
            group = self._world.groups.get(group_id)
            if group is not None and group.tier is None:
                self._add("foreign_group", f"{person.id} changed in the foreign group {group.name}")
        for field in self._world.fields.values():
            if field.campaign is None and person.values.get(field.key) != before.values.get(field.key):
                self._add("foreign_field", f"the field {field.key} of {person.id} changed")

    def _campaigns(self, group_ids: frozenset[int]) -> set[str]:
        tiers = (self._world.tier_of(group_id) for group_id in group_ids)
        return {tier.campaign for tier in tiers if tier is not None}

    def _add(self, rule: str, text: str) -> None:
        self._found.append(Violation(self._request, rule, text))
