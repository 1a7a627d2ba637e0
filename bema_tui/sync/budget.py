"""What a plan will cost at MailerLite: requests, quota units and seconds, before the first of them leaves. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from attrs import frozen

from bema_tui.model import ChangeKind

BATCH = 50
CANARY_PEOPLE = 5
SAMPLE = 50
_PEOPLE = (ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP)
_CREATE = (ChangeKind.CREATE_GROUP, ChangeKind.CREATE_FIELD, ChangeKind.CREATE_SUBSCRIBER)
_ACCOUNT_READS = 3  # groups, fields, automations, before anything is written
_SECONDS_A_REQUEST = 0.4  # where the quota is no limit, the line is


@frozen
class Forecast:
    """``writes`` and ``reads`` are HTTP requests, ``units`` what the quota counts (a batch and each of its items),
    ``seconds`` the time they take at the quota's pace, or at the line's where that is slower."""

    writes: int
    reads: int
    units: int
    seconds: float


def forecast_writes(
    kinds: Mapping[ChangeKind, int], people: int, *, limit: int, reserve: int, window_seconds: float
) -> Forecast:
    """The cost of applying a plan: the canary's batches, then batches of 50 with the removes one batch later."""
    items = sum(kinds.get(kind, 0) for kind in _PEOPLE)
    creates = sum(kinds.get(kind, 0) for kind in _CREATE)
    if not items and not creates:
        return Forecast(0, 0, 0, 0.0)
    later = 1 if kinds.get(ChangeKind.REMOVE_GROUP) else 0
    first_people = min(people, CANARY_PEOPLE)
    first_items = round(items * first_people / people) if people else 0
    rest = items - first_items
    writes = creates + (1 + later if first_items else 0) + (math.ceil(rest / BATCH) + later if rest else 0)
    sampled = min(people, SAMPLE)
    looks = creates  # a create looks first
    reads = _ACCOUNT_READS + looks + (2 if items else 0)
    units = writes + items + reads + first_people + sampled
    windows = max(0, math.ceil(units / max(1, limit - reserve)) - 1)
    return Forecast(writes, reads, units, max(windows * window_seconds, _SECONDS_A_REQUEST * (writes + reads)))
