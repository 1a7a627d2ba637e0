"""MailerLite's calls about fields (contract, section 9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bema_tui.simulator.mailerlite.calls import ApiCall
from bema_tui.simulator.mailerlite.lists import limits, name_errors, numbered_list, sort_records
from bema_tui.simulator.mailerlite.responses import ApiResponse, error_response, model_not_found, validation_error
from bema_tui.simulator.mailerlite.rows import field_row
from bema_tui.simulator.world.records import Field

_TYPES = ("text", "number", "date")
_ORDERS: dict[str, Callable[[Field], Any]] = {
    "name": lambda field: field.name.casefold(),
    "type": lambda field: (field.type, field.name.casefold()),
}


def list_fields(call: ApiCall) -> ApiResponse:
    part = call.query.get("filter[keyword]", "").casefold()
    kind = call.query.get("filter[type]")
    found = [
        field
        for field in call.world.fields.values()
        if part in field.name.casefold() and (kind is None or field.type == kind)
    ]
    ordered = sort_records(call, found, _ORDERS)
    if ordered is None:
        return validation_error({"sort": ["The selected sort is invalid."]})
    return numbered_list(call, [field_row(call.world, field, alone=False) for field in ordered], default=100, most=100)


def create_field(call: ApiCall) -> ApiResponse:
    body = call.body_fields()
    errors = _name_errors(call, body.get("name"), None)
    if body.get("type") not in _TYPES:
        errors["type"] = ["The selected type is invalid." if body.get("type") else "The type field is required."]
    if errors:
        return validation_error(errors)
    if len(call.world.fields) >= limits(call).most_fields:
        return error_response(422, "The maximum number of fields has been reached.")
    field = call.world.add_field(str(body["name"]).strip(), body["type"])
    return ApiResponse(201, {"data": field_row(call.world, field)})


def rename_field(call: ApiCall, key: str) -> ApiResponse:
    """Changes the name; the key stays."""
    field = call.world.fields.get(int(key))
    if field is None:
        return model_not_found("Field", key)
    errors = _name_errors(call, call.body_fields().get("name"), field)
    if errors:
        return validation_error(errors)
    call.world.rename_field(field, str(call.body_fields()["name"]).strip())
    return ApiResponse(200, {"data": field_row(call.world, field)})


def delete_field(call: ApiCall, key: str) -> ApiResponse:
    field = call.world.fields.get(int(key))
    if field is None or field.is_default:
        return model_not_found("Field", key)
    call.world.delete_field(field)
    return ApiResponse(204)


def _name_errors(call: ApiCall, name: Any, own: Field | None) -> dict[str, list[str]]:
    return name_errors(name, (field.name for field in call.world.fields.values() if field is not own))
