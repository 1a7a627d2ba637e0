"""Shapes of MailerLite's answers, taken down from recordings of the real service: keys and types, no content."""

from __future__ import annotations

from typing import Any

RATE = {"float": "number", "string": "text"}
GROUP = {
    "id": "digits",
    "name": "text",
    "active_count": "int",
    "sent_count": "int",
    "opens_count": "int",
    "open_rate": RATE,
    "clicks_count": "int",
    "click_rate": RATE,
    "unsubscribed_count": "int",
    "unconfirmed_count": "int",
    "bounced_count": "int",
    "junk_count": "int",
    "created_at": "time",
}
VALUES = {
    "name": "text|null",
    "last_name": "text|null",
    "company": "text|null",
    "country": "text|null",
    "city": "text|null",
    "phone": "text|null",
    "state": "text|null",
    "z_i_p": "text|null",
    "*": "text|number|null",
}
SUBSCRIBER = {
    "id": "digits",
    "email": "text",
    "status": "text",
    "source": "text",
    "sent": "int",
    "opens_count": "int",
    "clicks_count": "int",
    "open_rate": "number",
    "click_rate": "number",
    "ip_address": "text|null",
    "subscribed_at": "time|null",
    "unsubscribed_at": "time|null",
    "created_at": "time",
    "updated_at": "time",
    "fields": VALUES,
    "opted_in_at": "time|null",
    "optin_ip": "text|null",
}
SUBSCRIBER_WITH_GROUPS = {**SUBSCRIBER, "groups": [GROUP]}
SUBSCRIBER_AFTER_FORGET = {**SUBSCRIBER_WITH_GROUPS, "forget_at": "time"}
SUBSCRIBER_AFTER_PUT = {**SUBSCRIBER_WITH_GROUPS, "location": "null"}
FORGOTTEN = {
    "data": {**SUBSCRIBER, "deleted_at": "time", "forget_at": "time", "groups": [], "location": "null"},
    "message": "text",
}
FIELD = {
    "id": "digits",
    "name": "text",
    "key": "text",
    "type": "text",
    "is_default": "bool",
    "used_in_automations": "bool",
}
FIELD_IN_DOCUMENTATION = {"id": "digits", "name": "text", "key": "text", "type": "text", "*": "bool"}
FIELD_ALONE = {key: shape for key, shape in FIELD.items() if key != "used_in_automations"}
AUTOMATION_STATS: dict[str, Any] = {
    "completed_subscribers_count": "int",
    "subscribers_in_queue_count": "int",
    "bounce_rate": RATE,
    "click_to_open_rate": RATE,
    "sent": "int",
    "opens_count": "int",
    "unique_opens_count": "null",
    "open_rate": RATE,
    "clicks_count": "int",
    "unique_clicks_count": "null",
    "click_rate": RATE,
    "unsubscribes_count": "int",
    "unsubscribe_rate": RATE,
    "spam_count": "int",
    "spam_rate": RATE,
    "hard_bounces_count": "int",
    "hard_bounce_rate": RATE,
    "soft_bounces_count": "int",
    "soft_bounce_rate": RATE,
    "forward_rate": RATE,
    "social_interactions_count": "null",
    "social_interaction_rate": RATE,
}
TRIGGER = {
    "id": "digits",
    "type": "text",
    "group_ids": ["digits"],
    "groups": [{"id": "digits", "name": "text", "url": "text"}],
    "exclude_group_ids": [],
    "excluded_groups": [],
    "broken": "bool",
    "complete": "bool",
}
AUTOMATION = {
    "id": "digits",
    "name": "text",
    "enabled": "bool",
    "trigger_data": {
        "track_ecommerce": "bool",
        "repeatable": "bool",
        "valid": "bool",
        "complete_workflow": "bool",
        "broken_workflow": "bool",
    },
    "triggers": [TRIGGER],
    "complete": "bool",
    "broken": "bool",
    "warnings": [],
    "emails_count": "int",
    "first_email_screenshot_url": "text|null",
    "stats": AUTOMATION_STATS,
    "created_at": "time",
    "has_banned_content": "bool",
    "qualified_subscribers_count": "int",
    "automation_template_id": "int",
    "automation_template_name": "null",
    "steps": [{"id": "digits", "type": "text", "*": "any"}],
}
PAGE_LINKS = {"first": "text", "last": "text", "prev": "text|null", "next": "text|null"}
PAGE_META = {
    "current_page": "int",
    "from": "int|null",
    "last_page": "int",
    "links": [{"url": "text|null", "label": "text", "active": "bool"}],
    "path": "text",
    "per_page": "int",
    "to": "int|null",
    "total": "int",
}
CURSOR_LINKS = {"first": "null", "last": "null", "prev": "text|null", "next": "text|null"}
CURSOR_META = {"path": "text", "per_page": "int", "next_cursor": "text|null", "prev_cursor": "text|null"}
MESSAGE = {"message": "text"}
NO_MESSAGE = {"message": "empty"}


def numbered(row: Any, **meta: Any) -> dict[str, Any]:
    """A page with a number."""
    return {"data": [row], "links": PAGE_LINKS, "meta": {**PAGE_META, **meta}}


def by_cursor(row: Any, *, before: str = "text|null", after: str = "text|null") -> dict[str, Any]:
    """A page at a cursor, with the types of its links to the page before and the page after."""
    links = {**CURSOR_LINKS, "prev": before, "next": after}
    meta = {**CURSOR_META, "prev_cursor": before, "next_cursor": after}
    return {"data": [row], "links": links, "meta": meta}


def invalid(*fields: str, **further: Any) -> dict[str, Any]:
    """422, with the fields that are wrong."""
    return {"message": "text", "errors": {field: ["text"] for field in fields}, **further}
