"""MailerLite's calls about groups, fields and automations (contract, sections 7, 9 and 12)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bema_tui.simulator.faults.profile import FaultProfile
from bema_tui.simulator.mailerlite.paging import number_page
from bema_tui.simulator.mailerlite.responses import Answer, Call, failure, invalid, no_model, no_subscriber
from bema_tui.simulator.mailerlite.rows import automation_row, field_row, group_row
from bema_tui.simulator.mailerlite.subscribers import page_of_people
from bema_tui.simulator.world.records import STATUSES, Field, Group

_FIELD_TYPES = ("text", "number", "date")
_USUAL_LIMITS = FaultProfile()
_GROUP_ORDERS: dict[str, Callable[[Group], Any]] = {
    "name": lambda group: group.name.casefold(),
    "total": lambda group: sum(len(ids) for ids in group.members.values()),
    "open_rate": lambda group: group.opens_count / group.sent_count if group.sent_count else 0,
    "click_rate": lambda group: group.clicks_count / group.sent_count if group.sent_count else 0,
    "created_at": lambda group: group.created_at,
}
_FIELD_ORDERS: dict[str, Callable[[Field], Any]] = {
    "name": lambda field: field.name.casefold(),
    "type": lambda field: (field.type, field.name.casefold()),
}


def list_groups(call: Call) -> Answer:
    """`GET /groups`; this is also the moment at which the cached counters are made new."""
    world = call.world
    if not world.befalls("lagging_counters"):
        for group in world.groups.values():
            group.recount()
    part = call.query.get("filter[name]", "").casefold()
    found = [group for group in world.groups.values() if part in group.name.casefold()]
    ordered = _sorted(call, found, _GROUP_ORDERS)
    if ordered is None:
        return invalid({"sort": ["The selected sort is invalid."]})
    return _numbered(call, [group_row(world, group, alone=False) for group in ordered], default=100, most=1000)


def get_group(call: Call, key: str) -> Answer:
    group = _group(call, key)
    return _no_group(key) if group is None else Answer(200, {"data": group_row(call.world, group)})


def create_group(call: Call) -> Answer:
    name = call.fields_of_body().get("name")
    errors = _name_errors(call, name, None)
    if errors:
        return invalid(errors)
    if len(call.world.groups) >= _limits(call).most_groups:
        return failure(422, "The maximum number of groups has been reached.")
    return Answer(201, {"data": group_row(call.world, call.world.add_group(str(name).strip()))})


def rename_group(call: Call, key: str) -> Answer:
    group = _group(call, key)
    if group is None:
        return _no_group(key)
    name = call.fields_of_body().get("name")
    errors = _name_errors(call, name, group)
    if errors:
        return invalid(errors)
    call.world.rename_group(group, str(name).strip())
    return Answer(200, {"data": group_row(call.world, group)})


def delete_group(call: Call, key: str) -> Answer:
    group = _group(call, key)
    if group is None:
        return _no_group(key)
    call.world.delete_group(group)
    return Answer(204)


def list_members(call: Call, key: str) -> Answer:
    """`GET /groups/{id}/subscribers`: one status per pass, active unless another is asked for."""
    group = _group(call, key)
    if group is None:
        return _no_group(key)
    status = call.query.get("filter[status]", "active")
    if status not in STATUSES:
        return invalid({"filter.status": ["The selected filter.status is invalid."]})
    return page_of_people(call, group.members[status], min(max(1, call.number("limit", 50)), 1000))


def assign(call: Call, person_key: str, group_key: str) -> Answer:
    person = call.world.find(int(person_key))
    if person is None:
        return no_subscriber()
    group = _group(call, group_key)
    if group is None:
        return invalid({"id": ["The selected id is invalid."]})
    call.world.assign(person, group.id)
    return Answer(200, {"data": group_row(call.world, group)})


def unassign(call: Call, person_key: str, group_key: str) -> Answer:
    """204, or 404 with an empty message: not a member, unknown person and unknown group look alike."""
    person = call.world.find(int(person_key))
    group = _group(call, group_key)
    if person is None or group is None or not call.world.unassign(person, group.id):
        return failure(404, "")
    return Answer(204)


def list_fields(call: Call) -> Answer:
    part = call.query.get("filter[keyword]", "").casefold()
    kind = call.query.get("filter[type]")
    found = [
        field
        for field in call.world.fields.values()
        if part in field.name.casefold() and (kind is None or field.type == kind)
    ]
    ordered = _sorted(call, found, _FIELD_ORDERS)
    if ordered is None:
        return invalid({"sort": ["The selected sort is invalid."]})
    return _numbered(call, [field_row(call.world, field, alone=False) for field in ordered], default=100, most=100)


def create_field(call: Call) -> Answer:
    body = call.fields_of_body()
    errors = _field_name_errors(call, body.get("name"), None)
    if body.get("type") not in _FIELD_TYPES:
        errors["type"] = ["The selected type is invalid." if body.get("type") else "The type field is required."]
    if errors:
        return invalid(errors)
    if len(call.world.fields) >= _limits(call).most_fields:
        return failure(422, "The maximum number of fields has been reached.")
    field = call.world.add_field(str(body["name"]).strip(), body["type"])
    return Answer(201, {"data": field_row(call.world, field)})


def rename_field(call: Call, key: str) -> Answer:
    """Changes the name; the key stays what it was at creation."""
    field = call.world.fields.get(int(key))
    if field is None:
        return no_model("Field", key)
    errors = _field_name_errors(call, call.fields_of_body().get("name"), field)
    if errors:
        return invalid(errors)
    call.world.rename_field(field, str(call.fields_of_body()["name"]).strip())
    return Answer(200, {"data": field_row(call.world, field)})


def delete_field(call: Call, key: str) -> Answer:
    field = call.world.fields.get(int(key))
    if field is None or field.is_default:
        return no_model("Field", key)
    call.world.delete_field(field)
    return Answer(204)


def list_automations(call: Call) -> Answer:
    world = call.world
    enabled = call.query.get("filter[enabled]")
    part = call.query.get("filter[name]", "").casefold()
    group = call.query.get("filter[group]")
    found = [
        automation
        for automation in world.automations
        if (enabled is None or automation.enabled == (enabled.lower() in ("1", "true")))
        and part in automation.name.casefold()
        and (group is None or group in [str(number) for number in automation.group_ids])
    ]
    answer = _numbered(call, [automation_row(world, one, alone=False) for one in found], default=10, most=100)
    every = len(world.automations)
    answer.body["meta"]["aggregations"] = {"workflows": every, "drafts": 0, "unsync": 0, "all": every}
    return answer


def get_automation(call: Call, key: str) -> Answer:
    found = next((automation for automation in call.world.automations if str(automation.id) == key), None)
    if found is None:
        return no_model("Automation\\Automation", key)
    return Answer(200, {"data": automation_row(call.world, found)})


def automation_activity(call: Call, key: str) -> Answer:
    """Without the required filter this is a recorded, stable 500."""
    if "filter[status]" not in call.query:
        return failure(500, "Server Error")
    if all(str(automation.id) != key for automation in call.world.automations):
        return no_model("Automation\\Automation", key)
    return _numbered(call, [], default=10, most=100)


def _numbered(call: Call, rows: Sequence[Any], *, default: int, most: int) -> Answer:
    limit = min(max(1, call.number("limit", default)), most)
    shown, frame = number_page(rows, max(1, call.number("page", 1)), limit, call.address())
    return Answer(200, {"data": shown, **frame})


def _limits(call: Call) -> FaultProfile:
    return call.world.switches.faults or _USUAL_LIMITS


def _sorted(call: Call, rows: list[Any], orders: dict[str, Callable[[Any], Any]]) -> list[Any] | None:
    wanted = call.query.get("sort", "name")
    order = orders.get(wanted.removeprefix("-"))
    return None if order is None else sorted(rows, key=order, reverse=wanted.startswith("-"))


def _group(call: Call, key: str) -> Group | None:
    return call.world.groups.get(int(key)) if key.isdecimal() and key.isascii() else None


def _no_group(key: str) -> Answer:
    return no_model("Group\\Group", key)


def _name_errors(call: Call, name: Any, own: Group | None) -> dict[str, list[str]]:
    taken = {group.name.casefold() for group in call.world.groups.values() if group is not own}
    return _text_errors(name, taken)


def _field_name_errors(call: Call, name: Any, own: Field | None) -> dict[str, list[str]]:
    taken = {field.name.casefold() for field in call.world.fields.values() if field is not own}
    return _text_errors(name, taken)


def _text_errors(name: Any, taken: set[str]) -> dict[str, list[str]]:
    if not isinstance(name, str) or not name.strip():
        return {"name": ["The name field is required."]}
    if len(name) > 255:
        return {"name": ["The name may not be greater than 255 characters."]}
    if name.strip().casefold() in taken:
        return {"name": ["The name has already been taken."]}
    return {}
