"""MailerLite's calls about automations (contract, section 12)."""

from __future__ import annotations

from bema_tui.simulator.mailerlite.calls import ApiCall
from bema_tui.simulator.mailerlite.lists import numbered_list
from bema_tui.simulator.mailerlite.responses import ApiResponse, error_response, model_not_found
from bema_tui.simulator.mailerlite.rows import automation_row


def list_automations(call: ApiCall) -> ApiResponse:
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
    rows = [automation_row(world, automation, alone=False) for automation in found]
    response = numbered_list(call, rows, default=10, most=100)
    count = len(world.automations)
    response.body["meta"]["aggregations"] = {"workflows": count, "drafts": 0, "unsync": 0, "all": count}
    return response


def get_automation(call: ApiCall, key: str) -> ApiResponse:
    found = next((automation for automation in call.world.automations if str(automation.id) == key), None)
    if found is None:
        return model_not_found("Automation\\Automation", key)
    return ApiResponse(200, {"data": automation_row(call.world, found)})


def automation_activity(call: ApiCall, key: str) -> ApiResponse:
    """Lists the activity of an automation. Without the filter, the real service fails too, as recorded."""
    if "filter[status]" not in call.query:
        return error_response(500, "Server Error")
    if all(str(automation.id) != key for automation in call.world.automations):
        return model_not_found("Automation\\Automation", key)
    return numbered_list(call, [], default=10, most=100)
