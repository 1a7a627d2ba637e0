"""What the lists with page numbers have in common: pages, sorting, and names that are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from bema_tui.simulator.faults.profile import FaultProfile
from bema_tui.simulator.mailerlite.calls import ApiCall
from bema_tui.simulator.mailerlite.paging import number_page
from bema_tui.simulator.mailerlite.responses import ApiResponse

Record = TypeVar("Record")
_USUAL_LIMITS = FaultProfile()


def numbered_list(call: ApiCall, rows: Sequence[Any], *, default: int, most: int) -> ApiResponse:
    """Returns the page of rows that a call wants; `default` and `most` are the sizes of a page."""
    limit = min(max(1, call.number("limit", default)), most)
    shown, frame = number_page(rows, max(1, call.number("page", 1)), limit, call.url())
    return ApiResponse(200, {"data": shown, **frame})


def sort_records(
    call: ApiCall, records: list[Record], orders: dict[str, Callable[[Record], Any]]
) -> list[Record] | None:
    """Returns the records in the order that a call wants; None: there is no such order."""
    wanted = call.query.get("sort", "name")
    order = orders.get(wanted.removeprefix("-"))
    return None if order is None else sorted(records, key=order, reverse=wanted.startswith("-"))


def name_errors(name: Any, taken: Iterable[str]) -> dict[str, list[str]]:
    """Returns what is wrong with the name of a group or field; letters of both cases count as the same."""
    if not isinstance(name, str) or not name.strip():
        return {"name": ["The name field is required."]}
    if len(name) > 255:
        return {"name": ["The name may not be greater than 255 characters."]}
    if name.strip().casefold() in {other.casefold() for other in taken}:
        return {"name": ["The name has already been taken."]}
    return {}


def limits(call: ApiCall) -> FaultProfile:
    """Returns the profile that says how many groups and fields an account has room for."""
    return call.world.switches.faults or _USUAL_LIMITS
