"""MailerLite's calls about subscribers: list, read, upsert, update, delete, forget (contract, section 6)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from bema_tui.simulator.mailerlite.calls import ApiCall
from bema_tui.simulator.mailerlite.paging import cursor_page
from bema_tui.simulator.mailerlite.responses import ApiResponse, subscriber_not_found, validation_error
from bema_tui.simulator.mailerlite.rows import SubscriberRows
from bema_tui.simulator.world.records import STATUSES, Subscriber
from bema_tui.simulator.world.sorted_ids import SortedIds
from bema_tui.simulator.world.times import in_thirty_days_text, now_text
from bema_tui.simulator.world.world import World

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s.,;<>\"]+(\.[^@\s.,;<>\"]+)+")
_TIMES = ("subscribed_at", "opted_in_at", "unsubscribed_at")
_NOT_SENDABLE = ("unsubscribed", "bounced", "junk")


def list_subscribers(call: ApiCall) -> ApiResponse:
    """Lists subscribers of all statuses, or of the one in the filter; `limit=0` gives their count alone."""
    world = call.world
    status = call.query.get("filter[status]")
    if status is not None and status not in STATUSES:
        return validation_error({"filter.status": ["The selected filter.status is invalid."]})
    ids = world.visible if status is None else world.by_status[status]
    limit = call.number("limit", 25)
    if limit == 0:
        return ApiResponse(200, {"total": len(ids)})
    cap = world.switches.page_cap
    if limit > cap and world.switches.page_cap_refuses:
        return validation_error({"limit": [f"The limit must not be greater than {cap}."]})
    return subscriber_page(call, ids, min(max(1, limit), cap))


def subscriber_page(call: ApiCall, ids: SortedIds, limit: int) -> ApiResponse:
    """Returns a page of subscribers, with their groups only if the call includes them."""
    world = call.world
    page = cursor_page(ids, limit, call.query.get("cursor"), past_end=world.switches.cursor_past_end)
    with_groups = "groups" in call.query.get("include", "").split(",") and not world.switches.drop_groups_key
    rows = SubscriberRows(world)
    data = [rows.row(world.subscribers[number], groups=with_groups, alone=False) for number in page.ids]
    return ApiResponse(200, {"data": data, **page.frame(call.url(), limit)})


def get_subscriber(call: ApiCall, key: str) -> ApiResponse:
    subscriber = _by_id_or_email(call.world, key)
    return subscriber_not_found() if subscriber is None else _subscriber_response(call.world, subscriber)


def upsert(call: ApiCall) -> ApiResponse:
    """Creates a subscriber (201), or adds to the one there is (200); it never removes anything."""
    world, body = call.world, call.body_fields()
    errors = _errors(world, body, email_needed=True)
    if errors:
        return _validation_error(errors)
    email = str(body["email"]).strip().lower()
    known = world.by_email.get(email)
    if known is None:
        subscriber = _create(world, email, body)
        return _subscriber_response(world, subscriber, status=201)
    subscriber = world.subscribers[known]
    if subscriber.status in _NOT_SENDABLE:
        if not (subscriber.status == "unsubscribed" and body.get("resubscribe") is True):
            text = f"This subscriber is {subscriber.status} and cannot be imported"
            return validation_error({"email": [text]}, subscriber=str(subscriber.id))
        world.set_status(subscriber, "active")
    restored = subscriber.deleted_at is not None
    if restored:
        world.restore_subscriber(subscriber)
    changed = _merge(world, subscriber, body)
    for group_id in _group_ids(body):
        world.assign(subscriber, group_id)
    if changed or restored:
        subscriber.updated_at = now_text()
    return _subscriber_response(world, subscriber)


def update(call: ApiCall, key: str) -> ApiResponse:
    """Changes a subscriber: fields merge and null clears one, but `groups` replaces all memberships."""
    world, body = call.world, call.body_fields()
    subscriber = world.find_subscriber(int(key)) if key.isdecimal() and key.isascii() else None
    if subscriber is None:
        return subscriber_not_found()
    errors = _errors(world, body, email_needed=False)
    email = str(body["email"]).strip().lower() if body.get("email") else subscriber.email
    if world.by_email.get(email, subscriber.id) != subscriber.id:
        errors.setdefault("email", []).append("The email has already been taken.")
    wanted = body.get("status", subscriber.status)
    if subscriber.status in _NOT_SENDABLE and wanted != subscriber.status:
        errors.setdefault("status", []).append("The status of this subscriber cannot be changed.")
    if errors:
        return _validation_error(errors)
    changed = _merge(world, subscriber, body)
    if email != subscriber.email:
        world.set_email(subscriber, email)
        changed = True
    if "groups" in body:
        _replace_groups(world, subscriber, set(_group_ids(body)))
    if changed:
        subscriber.updated_at = now_text()
    return _subscriber_response(world, subscriber, location=True)


def delete(call: ApiCall, key: str) -> ApiResponse:
    subscriber = call.world.find_subscriber(int(key)) if key.isdecimal() and key.isascii() else None
    if subscriber is None:
        return subscriber_not_found()
    call.world.delete_subscriber(subscriber)
    return ApiResponse(204)


def forget(call: ApiCall, key: str) -> ApiResponse:
    """Deletes a subscriber; for 30 days the e-mail can come back with the same id."""
    world = call.world
    subscriber = world.find_subscriber(int(key)) if key.isdecimal() and key.isascii() else None
    if subscriber is None:
        return subscriber_not_found()
    world.delete_subscriber(subscriber)
    subscriber.forget_at = in_thirty_days_text()
    subscriber.updated_at = now_text()
    row = SubscriberRows(world).row(subscriber, groups=True, location=True)
    return ApiResponse(
        200,
        {"data": row, "message": "Subscriber data will be completely deleted and forgotten within 30 days."},
    )


def activity_log(call: ApiCall, key: str) -> ApiResponse:
    subscriber = _by_id_or_email(call.world, key)
    if subscriber is None:
        return subscriber_not_found()
    limit = min(max(1, call.number("limit", 100)), 100)
    path = call.url()
    return ApiResponse(
        200,
        {
            "data": [],
            "links": {"first": f"{path}?page=1", "last": f"{path}?page=1", "prev": None, "next": None},
            "meta": {"current_page": 1, "from": None, "path": path, "per_page": limit, "to": None},
        },
    )


def checked_values(world: World, sent: Any) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Returns the field values to store, and what is wrong with others. Unknown fields are left out silently."""
    kinds = {field.key: field.type for field in world.fields.values()}
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for key, value in sent.items() if isinstance(sent, dict) else ():
        if key not in kinds:
            if world.switches.unknown_field == "422":
                errors[f"fields.{key}"] = [f"The selected fields.{key} is invalid."]
            continue
        if value is None or value == "":
            values[key] = None
        elif kinds[key] == "number":
            number = _number(value)
            if number is None:
                errors[f"fields.{key}"] = [f"The fields.{key} must be a number."]
            else:
                values[key] = number
        else:
            values[key] = str(value)
    return values, errors


def valid_email(value: Any) -> bool:
    return isinstance(value, str) and len(value.strip()) <= 254 and _EMAIL.fullmatch(value.strip()) is not None


def create_subscriber(world: World, email: str, values: dict[str, Any], status: str, source: str) -> Subscriber:
    """Adds a subscriber with the values that are set."""
    now = now_text()
    subscriber = Subscriber(world.new_id(), email, status, now, now, now, source=source)
    subscriber.values = {key: value for key, value in values.items() if value is not None}
    world.add_subscriber(subscriber)
    return subscriber


def _create(world: World, email: str, body: dict[str, Any]) -> Subscriber:
    values, _ = checked_values(world, body.get("fields"))
    default = "unconfirmed" if world.switches.double_opt_in else "active"
    subscriber = create_subscriber(world, email, values, body.get("status") or default, "api")
    subscriber.subscribed_at = body.get("subscribed_at") or subscriber.subscribed_at
    subscriber.ip_address = body.get("ip_address")
    subscriber.opted_in_at = body.get("opted_in_at")
    subscriber.optin_ip = body.get("optin_ip")
    subscriber.unsubscribed_at = body.get("unsubscribed_at")
    for group_id in _group_ids(body):
        world.assign(subscriber, group_id)
    return subscriber


def _merge(world: World, subscriber: Subscriber, body: dict[str, Any]) -> bool:
    values, _ = checked_values(world, body.get("fields"))
    changed = world.set_values(subscriber, values)
    status = body.get("status")
    if status is not None and world.set_status(subscriber, status):
        changed = True
    for name in ("subscribed_at", "ip_address", "opted_in_at", "optin_ip"):
        if name in body and body[name] != getattr(subscriber, name):
            world.before_change(subscriber)
            setattr(subscriber, name, body[name])
            changed = True
    return changed


def _replace_groups(world: World, subscriber: Subscriber, wanted: set[int]) -> None:
    for group_id in sorted(wanted - subscriber.groups):
        world.assign(subscriber, group_id)
    for group_id in sorted(subscriber.groups - wanted):
        world.unassign(subscriber, group_id)


def _errors(world: World, body: dict[str, Any], *, email_needed: bool) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if body.get("email") is None:
        if email_needed:
            errors["email"] = ["The email field is required."]
    elif not valid_email(body["email"]):
        errors["email"] = ["The email must be a valid email address."]
    if body.get("status") is not None and body["status"] not in STATUSES:
        errors["status"] = ["The selected status is invalid."]
    for name in _TIMES:
        if body.get(name) is not None and not _is_time(body[name]):
            label = name.replace("_", " ")
            errors[name] = [f"The {label} does not match the format Y-m-d H:i:s."]
    errors.update(_group_errors(world, body.get("groups")))
    errors.update(checked_values(world, body.get("fields"))[1])
    return errors


def _group_errors(world: World, groups: Any) -> dict[str, list[str]]:
    if groups is None:
        return {}
    if not isinstance(groups, list):
        return {"groups": ["The groups must be an array."]}
    errors: dict[str, list[str]] = {}
    for place, value in enumerate(groups):
        if isinstance(value, bool) or not str(value).isdecimal():
            errors[f"groups.{place}"] = [
                f"The groups.{place} field must be a number.",
                f"The selected groups.{place} is not numeric.",
            ]
        elif int(value) not in world.groups:
            errors[f"groups.{place}"] = [f"The selected groups.{place} is invalid."]
    return errors


def _validation_error(errors: dict[str, list[str]]) -> ApiResponse:
    """Returns a 422; where groups are no numbers, it has the newer message that was reported."""
    first = next(iter(errors.values()))
    if "field must be a number" not in first[0]:
        return validation_error(errors)
    more = sum(len(texts) for texts in errors.values()) - 1
    ending = "" if more == 0 else f" (and {more} more error{'s' if more > 1 else ''})"
    return ApiResponse(422, {"message": first[0] + ending, "errors": errors})


def _group_ids(body: dict[str, Any]) -> list[int]:
    return [int(value) for value in body.get("groups") or ()]


def _by_id_or_email(world: World, key: str) -> Subscriber | None:
    if key.isdecimal() and key.isascii():
        return world.find_subscriber(int(key))
    known = world.by_email.get(key.strip().lower())
    return None if known is None else world.find_subscriber(known)


def _subscriber_response(
    world: World, subscriber: Subscriber, *, status: int = 200, location: bool = False
) -> ApiResponse:
    return ApiResponse(status, {"data": SubscriberRows(world).row(subscriber, groups=True, location=location)})


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal():
        return int(value)
    return number if not number.is_integer() or isinstance(value, float) else int(value)


def _is_time(value: Any) -> bool:
    try:
        datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - a form check only
    except ValueError:
        return False
    return True
