"""The kinds of faults. Each name is a field of a fault profile and stands in the request log."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """What goes wrong on purpose."""

    TOO_MANY = "too_many"
    """429 with `Retry-After`; the quota counts as used up until then."""
    SERVER_ERROR = "server_error"
    """500; the request has no effect."""
    BAD_GATEWAY = "bad_gateway"
    """502 with HTML; every other time, the request has its effect."""
    SLOW = "slow"
    """The response comes late."""
    CUT_BEFORE = "cut_before"
    """The connection ends without a response; the request has no effect."""
    CUT_AFTER = "cut_after"
    """The connection ends without a response; the request has its effect."""
    TRUNCATED = "truncated"
    """JSON that ends in the middle."""
    INVALID_JSON = "invalid_json"
    """A warning of PHP stands before the JSON."""
    MAINTENANCE = "maintenance"
    """The shop's WordPress is updated: 503 with `Retry-After`."""
    EXPIRED_KEY = "expired_key"
    """The key is refused from some request on."""
    SHOP_SALE = "shop_sale"
    """A sale arrives before a later page of sales."""
    SHOP_REFUND = "shop_refund"
    """An order of a page before is refunded."""
    SHOP_EDIT = "shop_edit"
    """The e-mail of an order of a page before is corrected."""
    AUTOMATION_MOVE = "automation_move"
    """An automation moves a member down one tier before the request."""
    AUTOMATION_IN_BATCH = "automation_in_batch"
    """An automation moves a member down one tier before an item of a batch."""
    LAGGING_COUNTERS = "lagging_counters"
    """A list of groups shows the counters of the list before."""


RESPONSE_FAULTS: Final = (
    Fault.TOO_MANY,
    Fault.SERVER_ERROR,
    Fault.BAD_GATEWAY,
    Fault.SLOW,
    Fault.CUT_BEFORE,
    Fault.CUT_AFTER,
    Fault.TRUNCATED,
    Fault.INVALID_JSON,
    Fault.MAINTENANCE,
)
"""Faults of a response; a request gets one of them at most."""
WORLD_FAULTS: Final = (
    Fault.SHOP_SALE,
    Fault.SHOP_REFUND,
    Fault.SHOP_EDIT,
    Fault.AUTOMATION_MOVE,
    Fault.AUTOMATION_IN_BATCH,
    Fault.LAGGING_COUNTERS,
)
"""Changes of the world, and what an account hides of them."""
DAMAGED_JSON: Final = (Fault.TRUNCATED, Fault.INVALID_JSON)
"""Faults after which no rule of HTTP says to try again: `most_events` limits them, so that a run can finish."""
CUT_CONNECTION: Final = (Fault.CUT_BEFORE, Fault.CUT_AFTER)
"""Faults without any response."""
