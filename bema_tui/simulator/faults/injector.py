"""Draws the faults of each request, and changes the world between requests."""

from __future__ import annotations

import random
from collections import Counter

import attrs

from bema_tui.simulator.control.request_log import LoggedRequest
from bema_tui.simulator.control.schedule import Before, Schedule
from bema_tui.simulator.faults.kinds import DAMAGED_JSON, RESPONSE_FAULTS, Fault
from bema_tui.simulator.faults.profile import FaultProfile
from bema_tui.simulator.world import activity
from bema_tui.simulator.world.world import World


@attrs.frozen
class InjectedFault:
    """The fault that one request has."""

    kind: Fault
    """What goes wrong."""
    gateway_lost_response: bool
    """Whether a bad gateway lost the response only: the request has its effect."""
    truncate_at: float
    """Where a truncated body ends, as a fraction of it."""
    profile: FaultProfile
    """The profile that it was drawn from."""

    @property
    def prevents_effect(self) -> bool:
        """Whether the request has no effect."""
        return self.kind in (Fault.SERVER_ERROR, Fault.CUT_BEFORE, Fault.MAINTENANCE) or (
            self.kind == Fault.BAD_GATEWAY and not self.gateway_lost_response
        )


class FaultInjector:
    """Injects the faults of the world's profile. It does nothing while the world has none."""

    def __init__(self, world: World, schedule: Schedule) -> None:
        self._world = world
        self._schedule = schedule
        self._profile: FaultProfile | None = None
        self._requests: Counter[str] = Counter()
        self._events: Counter[str] = Counter()
        self._in_a_row: Counter[str] = Counter()

    def begin_request(self, side: str, logged: LoggedRequest, *, sales_before: int = 0) -> InjectedFault | None:
        """Must be called once for each request, before its effect. Returns its fault, and changes the world.

        `sales_before` is the number of sales on the pages before the one that the request wants.
        """
        self._notice_profile()
        self._world.conditional_faults.reset()
        profile = self._profile
        if profile is None:
            return None
        self._requests[side] += 1
        number = self._requests[side]
        rng = random.Random(f"{profile.seed} {side} {number}")  # noqa: S311 - a simulation must be repeatable
        fault = self._draw_fault(side, profile, rng, logged, number)  # before the changes, which draw as they need
        self._change_world(side, profile, rng, logged, sales_before)
        if fault is not None:
            logged.faults.append(fault.kind)
        return fault

    def make_scheduled_changes(self, before: Before) -> None:
        """Must be called before each request, and before each item of a batch."""
        self._schedule.advance(before, self._world)

    def begin_batch_item(self, logged: LoggedRequest) -> None:
        """Must be called before each item of a batch: an automation may act in between."""
        self.make_scheduled_changes(Before.BATCH_ITEMS)
        profile = self._profile
        if profile is None or not profile.automation_in_batch:
            return
        self._requests["items"] += 1
        rng = random.Random(f"{profile.seed} item {self._requests['items']}")  # noqa: S311
        if rng.random() < profile.automation_in_batch and self._may_happen(Fault.AUTOMATION_IN_BATCH):
            happened = _demote(self._world, profile, rng)
            self._record(Fault.AUTOMATION_IN_BATCH, logged, happened=happened)

    def finish_request(self, logged: LoggedRequest) -> None:
        """Records which conditional faults happened to a request."""
        for fault in self._world.conditional_faults.happened:
            self._record(fault, logged, happened=True)
        self._world.conditional_faults.disarm()

    def _notice_profile(self) -> None:
        """A profile that was set while the simulator runs starts to count anew."""
        if self._profile is not self._world.switches.faults:
            self._profile = self._world.switches.faults
            self._requests.clear()
            self._events.clear()
            self._in_a_row.clear()

    def _change_world(
        self, side: str, profile: FaultProfile, rng: random.Random, logged: LoggedRequest, sales_before: int
    ) -> None:
        # Drawn in any case and in this order, so that a limit that is reached shifts no later draw.
        draws = [rng.random() for _ in range(3)]
        if side == "mailerlite":
            if draws[0] < profile.automation_move and self._may_happen(Fault.AUTOMATION_MOVE):
                self._record(Fault.AUTOMATION_MOVE, logged, happened=_demote(self._world, profile, rng))
            if draws[1] < profile.lagging_counters and self._may_happen(Fault.LAGGING_COUNTERS):
                self._world.conditional_faults.arm(Fault.LAGGING_COUNTERS)
        elif sales_before:
            self._change_shop(profile, rng, logged, sales_before, draws[2])

    def _change_shop(
        self, profile: FaultProfile, rng: random.Random, logged: LoggedRequest, sales_before: int, drawn: float
    ) -> None:
        world = self._world
        if drawn < profile.shop_sale and self._may_happen(Fault.SHOP_SALE):
            happened = activity.sell_to_stranger(world, self._events[Fault.SHOP_SALE] + 1)
            self._record(Fault.SHOP_SALE, logged, happened=happened)
        elif drawn > 1 - profile.shop_refund and self._may_happen(Fault.SHOP_REFUND):
            happened = activity.refund_recent_order(world, rng, sales_before)
            self._record(Fault.SHOP_REFUND, logged, happened=happened)
        if profile.shop_edit and rng.random() < profile.shop_edit and self._may_happen(Fault.SHOP_EDIT):
            happened = activity.correct_email_of_recent_order(world, rng, sales_before)
            self._record(Fault.SHOP_EDIT, logged, happened=happened)

    def _draw_fault(
        self, side: str, profile: FaultProfile, rng: random.Random, logged: LoggedRequest, number: int
    ) -> InjectedFault | None:
        drawn, gateway_lost_response, truncate_at = rng.random(), rng.random() < 0.5, rng.uniform(0.1, 0.9)
        if profile.expire_after is not None and side == profile.expire_side and number > profile.expire_after:
            return InjectedFault(Fault.EXPIRED_KEY, gateway_lost_response, truncate_at, profile)
        kind = _fault_at(profile, drawn) if profile.side in ("any", side) else None
        if kind == Fault.MAINTENANCE and side != "edd":
            kind = None
        if kind in DAMAGED_JSON and not self._may_happen(kind):
            kind = None
        request = f"{logged.method} {logged.path}"
        if kind is None or kind == Fault.SLOW:
            self._in_a_row.pop(request, None)
        elif profile.most_in_a_row is not None and self._in_a_row[request] >= profile.most_in_a_row:
            del self._in_a_row[request]
            return None
        else:
            self._in_a_row[request] += 1
        if kind in DAMAGED_JSON:
            self._events[kind] += 1
        return None if kind is None else InjectedFault(kind, gateway_lost_response, truncate_at, profile)

    def _may_happen(self, fault: Fault) -> bool:
        most = None if self._profile is None else self._profile.most_events
        return most is None or self._events[fault] < most

    def _record(self, fault: Fault, logged: LoggedRequest, *, happened: bool) -> None:
        if happened:
            self._events[fault] += 1
            logged.faults.append(fault)


def _fault_at(profile: FaultProfile, drawn: float) -> Fault | None:
    """Returns the fault of a response into whose share a number from 0 to 1 falls."""
    for fault in RESPONSE_FAULTS:
        drawn -= profile.share_of(fault)
        if drawn < 0:
            return fault
    return None


def _demote(world: World, profile: FaultProfile, rng: random.Random) -> bool:
    return activity.demote_random_member(world, rng, spare_buyers=profile.automation_spares_buyers)
