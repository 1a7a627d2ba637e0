"""What no request may do to the subscribers of an account, checked after every request to MailerLite."""

from __future__ import annotations

from bema_tui.simulator.world.observer import RequestRule, SubscriberBefore, Violation
from bema_tui.simulator.world.records import Subscriber
from bema_tui.simulator.world.world import World


class RequestCheck:
    """Follows one request: keeps how each changed subscriber was before, and finds the rules that the request broke.

    It looks only at the subscribers that the request changed, so that it costs nothing on a read.
    """

    def __init__(self, world: World, request: int) -> None:
        self._world = world
        self._request = request
        self._before: dict[int, SubscriberBefore] = {}
        self._created: list[int] = []
        self._found: list[Violation] = []

    def before_change(self, subscriber: Subscriber) -> None:
        """Keeps how the subscriber is, unless it was kept before or the request created it."""
        if subscriber.id not in self._before and subscriber.id not in self._created:
            self._before[subscriber.id] = SubscriberBefore.of(subscriber)

    def changed_by_others(self, subscriber: Subscriber, before: SubscriberBefore) -> None:
        """Counts a change by somebody else as one that was made before this request."""
        kept = self._before.get(subscriber.id)
        if kept is None:
            return
        now = SubscriberBefore.of(subscriber)
        values = {key: now.values.get(key) for key in now.values.keys() | before.values.keys()}
        changed = {key: value for key, value in values.items() if value != before.values.get(key)}
        self._before[subscriber.id] = SubscriberBefore(
            now.email if now.email != before.email else kept.email,
            now.status if now.status != before.status else kept.status,
            now.deleted if now.deleted != before.deleted else kept.deleted,
            (kept.groups - (before.groups - now.groups)) | (now.groups - before.groups),
            {key: value for key, value in {**kept.values, **changed}.items() if value is not None},
        )

    def created(self, subscriber: Subscriber) -> None:
        self._created.append(subscriber.id)

    def unassigned(self, subscriber: Subscriber, group_id: int) -> None:
        """Checks that the subscriber held another tier of the campaign before this request began."""
        tier = self._world.tier_of(group_id)
        before = self._before.get(subscriber.id)
        if tier is None or before is None or group_id not in before.groups:
            return
        if tier.campaign not in self._campaigns(before.groups - {group_id}):
            self._add(
                RequestRule.UNPROVED_REMOVE, f"{subscriber.id} was taken out of {tier.campaign} {tier.suffix} unproved"
            )

    def group_deleted(self, name: str) -> None:
        self._add(RequestRule.GROUP_DELETED, f"the group {name} was deleted")

    def group_renamed(self, old: str, new: str) -> None:
        self._add(RequestRule.GROUP_RENAMED, f"the group {old} was renamed {new}")

    def field_deleted(self, name: str) -> None:
        self._add(RequestRule.FIELD_DELETED, f"the field {name} was deleted")

    def field_renamed(self, old: str, new: str) -> None:
        self._add(RequestRule.FIELD_RENAMED, f"the field {old} was renamed {new}")

    def finish(self, *, allow_create: bool) -> list[Violation]:
        """Returns every rule that this request broke."""
        if not allow_create:
            for subscriber_id in self._created:
                self._add(RequestRule.CREATED, f"{subscriber_id} was created unasked")
            for subscriber_id, before in self._before.items():
                if before.deleted and self._world.subscribers[subscriber_id].deleted_at is None:
                    self._add(RequestRule.CREATED, f"{subscriber_id}, who was deleted, came back unasked")
        for subscriber_id, before in self._before.items():
            self._compare(self._world.subscribers[subscriber_id], before)
        return self._found

    def _compare(self, subscriber: Subscriber, before: SubscriberBefore) -> None:
        if subscriber.email != before.email:
            self._add(RequestRule.EMAIL_CHANGED, f"the e-mail of {subscriber.id} changed")
        if subscriber.status != before.status:
            change = f"from {before.status} to {subscriber.status}"
            self._add(RequestRule.STATUS_CHANGED, f"the status of {subscriber.id} went {change}")
        if subscriber.deleted_at is not None:
            if not before.deleted:
                self._add(RequestRule.SUBSCRIBER_DELETED, f"{subscriber.id} was deleted")
            return
        for campaign in sorted(self._campaigns(before.groups) - self._campaigns(frozenset(subscriber.groups))):
            self._add(RequestRule.LOST_LAST_TIER, f"{subscriber.id} lost the last tier in {campaign}")
        for group_id in sorted(before.groups ^ subscriber.groups):
            group = self._world.groups.get(group_id)
            if group is not None and group.tier is None:
                self._add(RequestRule.FOREIGN_GROUP, f"{subscriber.id} changed in the foreign group {group.name}")
        for field in self._world.fields.values():
            if field.campaign is None and subscriber.values.get(field.key) != before.values.get(field.key):
                self._add(RequestRule.FOREIGN_FIELD, f"the field {field.key} of {subscriber.id} changed")

    def _campaigns(self, group_ids: frozenset[int]) -> set[str]:
        tiers = (self._world.tier_of(group_id) for group_id in group_ids)
        return {tier.campaign for tier in tiers if tier is not None}

    def _add(self, rule: RequestRule, text: str) -> None:
        self._found.append(Violation(self._request, rule, text))
