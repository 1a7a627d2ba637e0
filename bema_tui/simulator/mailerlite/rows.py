"""How subscribers, groups, fields and automations look in MailerLite's responses, key by key as recorded."""

from __future__ import annotations

from typing import Any

from bema_tui.simulator.faults.kinds import Fault
from bema_tui.simulator.world.records import Automation, Field, Group, Subscriber
from bema_tui.simulator.world.world import World


def rate(part: int, whole: int) -> dict[str, Any]:
    """Returns a rate of a group: a fraction and its text."""
    value = part / whole if whole else 0
    return {"float": _plain(round(value, 4)), "string": f"{_plain(round(value * 100, 2))}%"}


def group_row(world: World, group: Group, *, alone: bool = True) -> Any:
    """Returns a group; `alone`: in a response about it alone, else in a list."""
    return world.broken_records.row("group", group.id, group_in_subscriber(world, group), alone=alone)


def group_in_subscriber(world: World, group: Group) -> dict[str, Any]:
    """Returns a group that is never broken, as a subscriber's row has it."""
    if not world.switches.counter_lag and Fault.LAGGING_COUNTERS not in world.conditional_faults.happened:
        group.recount()
    counted = group.counted
    return {
        "id": str(group.id),
        "name": group.name,
        "active_count": counted["active"],
        "sent_count": group.sent_count,
        "opens_count": group.opens_count,
        "open_rate": rate(group.opens_count, group.sent_count),
        "clicks_count": group.clicks_count,
        "click_rate": rate(group.clicks_count, group.sent_count),
        "unsubscribed_count": counted["unsubscribed"],
        "unconfirmed_count": counted["unconfirmed"],
        "bounced_count": counted["bounced"],
        "junk_count": counted["junk"],
        "created_at": group.created_at,
    }


def field_row(world: World, field: Field, *, alone: bool = True) -> Any:
    """Returns a field; `alone`: in a response about it alone, which does not say whether automations use it."""
    return world.broken_records.row("field", field.id, _field_row(field, with_use=not alone), alone=alone)


def _field_row(field: Field, *, with_use: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": str(field.id),
        "name": field.name,
        "key": field.key,
        "type": field.type,
        "is_default": field.is_default,
    }
    if with_use:
        row["used_in_automations"] = False
    return row


class SubscriberRows:
    """Makes the rows of subscribers for one response; what many rows share is made once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._fields = [(field.key, field.type) for field in world.fields.values()]
        self._groups: dict[int, dict[str, Any]] = {}

    def row(self, subscriber: Subscriber, *, groups: bool, location: bool = False, alone: bool = True) -> Any:
        """Returns a subscriber; `alone`: in a response about it alone, else in a list."""
        row = self._row(subscriber, groups=groups, location=location)
        return self._world.broken_records.row("subscriber", subscriber.id, row, alone=alone)

    def _row(self, subscriber: Subscriber, *, groups: bool, location: bool) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": str(subscriber.id),
            "email": subscriber.email,
            "status": subscriber.status,
            "source": subscriber.source,
            "sent": subscriber.sent,
            "opens_count": subscriber.opens_count,
            "clicks_count": subscriber.clicks_count,
            "open_rate": _percent(subscriber.opens_count, subscriber.sent),
            "click_rate": _percent(subscriber.clicks_count, subscriber.sent),
            "ip_address": subscriber.ip_address,
            "subscribed_at": subscriber.subscribed_at,
            "unsubscribed_at": subscriber.unsubscribed_at,
            "created_at": subscriber.created_at,
            "updated_at": subscriber.updated_at,
        }
        if subscriber.forget_at is not None:
            if subscriber.deleted_at is not None:
                row["deleted_at"] = subscriber.deleted_at
            row["forget_at"] = subscriber.forget_at
        row["fields"] = self._values(subscriber)
        if groups:
            row["groups"] = [self._group(group_id) for group_id in sorted(subscriber.groups)]
        if location:
            row["location"] = None
        row["opted_in_at"] = subscriber.opted_in_at
        row["optin_ip"] = subscriber.optin_ip
        return row

    def _values(self, subscriber: Subscriber) -> dict[str, Any]:
        values = subscriber.values
        if self._world.switches.number_values == "string":
            return {
                key: str(values[key]) if kind == "number" and key in values else values.get(key)
                for key, kind in self._fields
            }
        return {key: values.get(key) for key, _ in self._fields}

    def _group(self, group_id: int) -> dict[str, Any]:
        row = self._groups.get(group_id)
        if row is None:
            row = self._groups[group_id] = group_in_subscriber(self._world, self._world.groups[group_id])
        return row


def automation_row(world: World, automation: Automation, *, alone: bool = True) -> Any:
    """Returns an automation; `alone`: in a response about it alone, else in a list."""
    return world.broken_records.row("automation", automation.id, _automation_row(world, automation), alone=alone)


def _automation_row(world: World, automation: Automation) -> dict[str, Any]:
    groups = [world.groups[number] for number in automation.group_ids if number in world.groups]
    nothing = rate(0, 0)
    return {
        "id": str(automation.id),
        "name": automation.name,
        "enabled": automation.enabled,
        "trigger_data": {
            "track_ecommerce": False,
            "repeatable": False,
            "valid": True,
            "complete_workflow": True,
            "broken_workflow": False,
        },
        "triggers": [
            {
                "id": str(automation.trigger_id),
                "type": "subscriber_joins_group",
                "group_ids": [str(group.id) for group in groups],
                "groups": [
                    {"id": str(group.id), "name": group.name, "url": "https://dashboard.example.com/subscribers"}
                    for group in groups
                ],
                "exclude_group_ids": [],
                "excluded_groups": [],
                "broken": False,
                "complete": True,
            }
        ],
        "complete": True,
        "broken": False,
        "warnings": [],
        "emails_count": 0,
        "first_email_screenshot_url": None,
        "stats": {
            "completed_subscribers_count": 0,
            "subscribers_in_queue_count": automation.started,
            "bounce_rate": nothing,
            "click_to_open_rate": nothing,
            "sent": 0,
            "opens_count": 0,
            "unique_opens_count": None,
            "open_rate": nothing,
            "clicks_count": 0,
            "unique_clicks_count": None,
            "click_rate": nothing,
            "unsubscribes_count": 0,
            "unsubscribe_rate": nothing,
            "spam_count": 0,
            "spam_rate": nothing,
            "hard_bounces_count": 0,
            "hard_bounce_rate": nothing,
            "soft_bounces_count": 0,
            "soft_bounce_rate": nothing,
            "forward_rate": nothing,
            "social_interactions_count": None,
            "social_interaction_rate": nothing,
        },
        "created_at": automation.created_at,
        "has_banned_content": False,
        "qualified_subscribers_count": 0,
        "automation_template_id": 1,
        "automation_template_name": None,
        "steps": [],
    }


def _percent(part: int, whole: int) -> float:
    return _plain(round(part * 100 / whole, 2)) if whole else 0


def _plain(value: float) -> float:
    """Returns a whole number without its point, as PHP prints it."""
    return int(value) if value == int(value) else value
