"""MailerLite's calls about people: list, read, upsert, update, delete, forget (contract, section 6)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from bema_tui.simulator.mailerlite.paging import cursor_page
from bema_tui.simulator.mailerlite.responses import Answer, Call, invalid, no_subscriber
from bema_tui.simulator.mailerlite.rows import SubscriberRows
from bema_tui.simulator.world.records import STATUSES, SortedIds, Subscriber
from bema_tui.simulator.world.world import World, in_thirty_days_text, now_text

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s.,;<>\"]+(\.[^@\s.,;<>\"]+)+")
_TIMES = ("subscribed_at", "opted_in_at", "unsubscribed_at")
_REFUSED = ("unsubscribed", "bounced", "junk")


def list_people(call: Call) -> Answer:
    """`GET /subscribers`: every status mixed unless filtered; `limit=0` answers the count alone."""
    world = call.world
    status = call.query.get("filter[status]")
    if status is not None and status not in STATUSES:
        return invalid({"filter.status": ["The selected filter.status is invalid."]})
    ids = world.visible if status is None else world.by_status[status]
    limit = call.number("limit", 25)
    if limit == 0:
        return Answer(200, {"total": len(ids)})
    cap = world.switches.page_cap
    if limit > cap and world.switches.page_cap_refuses:
        return invalid({"limit": [f"The limit must not be greater than {cap}."]})
    return page_of_people(call, ids, min(max(1, limit), cap))


def page_of_people(call: Call, ids: SortedIds, limit: int) -> Answer:
    """A cursor page of people, with their groups only if the call includes them."""
    world = call.world
    page = cursor_page(ids, limit, call.query.get("cursor"), past_end=world.switches.cursor_past_end)
    with_groups = "groups" in call.query.get("include", "").split(",") and not world.switches.drop_groups_key
    rows = SubscriberRows(world)
    data = [rows.row(world.subscribers[number], groups=with_groups, alone=False) for number in page.ids]
    return Answer(200, {"data": data, **page.frame(call.address(), limit)})


def get_person(call: Call, key: str) -> Answer:
    person = _by_id_or_email(call.world, key)
    return no_subscriber() if person is None else _shown(call.world, person)


def upsert(call: Call) -> Answer:
    """`POST /subscribers`: creates (201) or adds to what is there (200); never removes anything."""
    world, body = call.world, call.fields_of_body()
    errors = _check(world, body, email_needed=True)
    if errors:
        return _refused(errors)
    email = str(body["email"]).strip().lower()
    known = world.by_email.get(email)
    if known is None:
        person = _create(world, email, body)
        return _shown(world, person, status=201)
    person = world.subscribers[known]
    if person.status in _REFUSED:
        if not (person.status == "unsubscribed" and body.get("resubscribe") is True):
            text = f"This subscriber is {person.status} and cannot be imported"
            return invalid({"email": [text]}, subscriber=str(person.id))
        world.set_status(person, "active")
    revived = person.deleted_at is not None
    if revived:
        world.revive(person)
    changed = _merge(world, person, body)
    for group_id in _group_ids(body):
        world.assign(person, group_id)
    if changed or revived:
        person.updated_at = now_text()
    return _shown(world, person)


def update(call: Call, key: str) -> Answer:
    """`PUT /subscribers/{id}`: fields merge and null clears one; `groups` replaces the whole membership."""
    world, body = call.world, call.fields_of_body()
    person = world.find(int(key)) if key.isdecimal() and key.isascii() else None
    if person is None:
        return no_subscriber()
    errors = _check(world, body, email_needed=False)
    email = str(body["email"]).strip().lower() if body.get("email") else person.email
    if world.by_email.get(email, person.id) != person.id:
        errors.setdefault("email", []).append("The email has already been taken.")
    wanted = body.get("status", person.status)
    if person.status in _REFUSED and wanted != person.status:
        errors.setdefault("status", []).append("The status of this subscriber cannot be changed.")
    if errors:
        return _refused(errors)
    changed = _merge(world, person, body)
    if email != person.email:
        world.set_email(person, email)
        changed = True
    if "groups" in body:
        _replace_groups(world, person, set(_group_ids(body)))
    if changed:
        person.updated_at = now_text()
    return _shown(world, person, location=True)


def delete(call: Call, key: str) -> Answer:
    person = call.world.find(int(key)) if key.isdecimal() and key.isascii() else None
    if person is None:
        return no_subscriber()
    call.world.delete_subscriber(person)
    return Answer(204)


def forget(call: Call, key: str) -> Answer:
    """Deletes now and for good in 30 days; the address comes back with the same id until then."""
    world = call.world
    person = world.find(int(key)) if key.isdecimal() and key.isascii() else None
    if person is None:
        return no_subscriber()
    world.delete_subscriber(person)
    person.forget_at = in_thirty_days_text()
    person.updated_at = now_text()
    row = SubscriberRows(world).row(person, groups=True, location=True)
    return Answer(
        200,
        {"data": row, "message": "Subscriber data will be completely deleted and forgotten within 30 days."},
    )


def activity_log(call: Call, key: str) -> Answer:
    person = _by_id_or_email(call.world, key)
    if person is None:
        return no_subscriber()
    limit = min(max(1, call.number("limit", 100)), 100)
    path = call.address()
    return Answer(
        200,
        {
            "data": [],
            "links": {"first": f"{path}?page=1", "last": f"{path}?page=1", "prev": None, "next": None},
            "meta": {"current_page": 1, "from": None, "path": path, "per_page": limit, "to": None},
        },
    )


def checked_values(world: World, sent: Any) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Field values as they would be stored, and what is wrong. Keys the account does not have vanish silently."""
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


def create_person(world: World, email: str, values: dict[str, Any], status: str, source: str) -> Subscriber:
    """A new person, with the values that are set."""
    now = now_text()
    person = Subscriber(world.new_id(), email, status, now, now, now, source=source)
    person.values = {key: value for key, value in values.items() if value is not None}
    world.add_subscriber(person)
    return person


def _create(world: World, email: str, body: dict[str, Any]) -> Subscriber:
    values, _ = checked_values(world, body.get("fields"))
    default = "unconfirmed" if world.switches.double_opt_in else "active"
    person = create_person(world, email, values, body.get("status") or default, "api")
    person.subscribed_at = body.get("subscribed_at") or person.subscribed_at
    person.ip_address = body.get("ip_address")
    person.opted_in_at = body.get("opted_in_at")
    person.optin_ip = body.get("optin_ip")
    person.unsubscribed_at = body.get("unsubscribed_at")
    for group_id in _group_ids(body):
        world.assign(person, group_id)
    return person


def _merge(world: World, person: Subscriber, body: dict[str, Any]) -> bool:
    values, _ = checked_values(world, body.get("fields"))
    changed = world.set_values(person, values)
    status = body.get("status")
    if status is not None and world.set_status(person, status):
        changed = True
    for name in ("subscribed_at", "ip_address", "opted_in_at", "optin_ip"):
        if name in body and body[name] != getattr(person, name):
            world.touch(person)
            setattr(person, name, body[name])
            changed = True
    return changed


def _replace_groups(world: World, person: Subscriber, wanted: set[int]) -> None:
    for group_id in sorted(wanted - person.groups):
        world.assign(person, group_id)
    for group_id in sorted(person.groups - wanted):
        world.unassign(person, group_id)


def _check(world: World, body: dict[str, Any], *, email_needed: bool) -> dict[str, list[str]]:
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


def _refused(errors: dict[str, list[str]]) -> Answer:
    """422; for groups that are no numbers with the newer wording that was reported."""
    first = next(iter(errors.values()))
    if "field must be a number" not in first[0]:
        return invalid(errors)
    more = sum(len(texts) for texts in errors.values()) - 1
    ending = "" if more == 0 else f" (and {more} more error{'s' if more > 1 else ''})"
    return Answer(422, {"message": first[0] + ending, "errors": errors})


def _group_ids(body: dict[str, Any]) -> list[int]:
    return [int(value) for value in body.get("groups") or ()]


def _by_id_or_email(world: World, key: str) -> Subscriber | None:
    if key.isdecimal() and key.isascii():
        return world.find(int(key))
    known = world.by_email.get(key.strip().lower())
    return None if known is None else world.find(known)


def _shown(world: World, person: Subscriber, *, status: int = 200, location: bool = False) -> Answer:
    return Answer(status, {"data": SubscriberRows(world).row(person, groups=True, location=location)})


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
