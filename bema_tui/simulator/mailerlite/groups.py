"""MailerLite's calls about groups and their members (contract, section 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bema_tui.simulator.faults.kinds import Fault
from bema_tui.simulator.mailerlite.calls import ApiCall
from bema_tui.simulator.mailerlite.lists import limits, name_errors, numbered_list, sort_records
from bema_tui.simulator.mailerlite.responses import (
    ApiResponse,
    error_response,
    model_not_found,
    subscriber_not_found,
    validation_error,
)
from bema_tui.simulator.mailerlite.rows import group_row
from bema_tui.simulator.mailerlite.subscribers import subscriber_page
from bema_tui.simulator.world.records import STATUSES, Group

_ORDERS: dict[str, Callable[[Group], Any]] = {
    "name": lambda group: group.name.casefold(),
    "total": lambda group: sum(len(ids) for ids in group.members.values()),
    "open_rate": lambda group: group.opens_count / group.sent_count if group.sent_count else 0,
    "click_rate": lambda group: group.clicks_count / group.sent_count if group.sent_count else 0,
    "created_at": lambda group: group.created_at,
}


def list_groups(call: ApiCall) -> ApiResponse:
    """Lists the groups; this also brings the cached counters up to date."""
    world = call.world
    if not world.conditional_faults.happens(Fault.LAGGING_COUNTERS):
        for group in world.groups.values():
            group.recount()
    part = call.query.get("filter[name]", "").casefold()
    found = [group for group in world.groups.values() if part in group.name.casefold()]
    ordered = sort_records(call, found, _ORDERS)
    if ordered is None:
        return validation_error({"sort": ["The selected sort is invalid."]})
    return numbered_list(call, [group_row(world, group, alone=False) for group in ordered], default=100, most=1000)


def get_group(call: ApiCall, key: str) -> ApiResponse:
    group = _group(call, key)
    return _group_not_found(key) if group is None else ApiResponse(200, {"data": group_row(call.world, group)})


def create_group(call: ApiCall) -> ApiResponse:
    name = call.body_fields().get("name")
    errors = _name_errors(call, name, None)
    if errors:
        return validation_error(errors)
    if len(call.world.groups) >= limits(call).most_groups:
        return error_response(422, "The maximum number of groups has been reached.")
    return ApiResponse(201, {"data": group_row(call.world, call.world.add_group(str(name).strip()))})


def rename_group(call: ApiCall, key: str) -> ApiResponse:
    group = _group(call, key)
    if group is None:
        return _group_not_found(key)
    name = call.body_fields().get("name")
    errors = _name_errors(call, name, group)
    if errors:
        return validation_error(errors)
    call.world.rename_group(group, str(name).strip())
    return ApiResponse(200, {"data": group_row(call.world, group)})


def delete_group(call: ApiCall, key: str) -> ApiResponse:
    group = _group(call, key)
    if group is None:
        return _group_not_found(key)
    call.world.delete_group(group)
    return ApiResponse(204)


def list_members(call: ApiCall, key: str) -> ApiResponse:
    """Lists the subscribers of a group that have one status: active unless the call names another."""
    group = _group(call, key)
    if group is None:
        return _group_not_found(key)
    status = call.query.get("filter[status]", "active")
    if status not in STATUSES:
        return validation_error({"filter.status": ["The selected filter.status is invalid."]})
    return subscriber_page(call, group.members[status], min(max(1, call.number("limit", 50)), 1000))


def assign(call: ApiCall, subscriber_key: str, group_key: str) -> ApiResponse:
    subscriber = call.world.find_subscriber(int(subscriber_key))
    if subscriber is None:
        return subscriber_not_found()
    group = _group(call, group_key)
    if group is None:
        return validation_error({"id": ["The selected id is invalid."]})
    call.world.assign(subscriber, group.id)
    return ApiResponse(200, {"data": group_row(call.world, group)})


def unassign(call: ApiCall, subscriber_key: str, group_key: str) -> ApiResponse:
    """Removes a member. An unknown subscriber, an unknown group and no membership are all a 404 without a message."""
    subscriber = call.world.find_subscriber(int(subscriber_key))
    group = _group(call, group_key)
    if subscriber is None or group is None or not call.world.unassign(subscriber, group.id):
        return error_response(404, "")
    return ApiResponse(204)


def _group(call: ApiCall, key: str) -> Group | None:
    return call.world.groups.get(int(key)) if key.isdecimal() and key.isascii() else None


def _group_not_found(key: str) -> ApiResponse:
    return model_not_found("Group\\Group", key)


def _name_errors(call: ApiCall, name: Any, own: Group | None) -> dict[str, list[str]]:
    return name_errors(name, (group.name for group in call.world.groups.values() if group is not own))
