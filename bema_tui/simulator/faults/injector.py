"""Lets a fault profile strike: changes the world between requests, and spoils answers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import attrs
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bema_tui.simulator.control.changes import Agenda, Of
from bema_tui.simulator.control.request_log import Entry, disconnected
from bema_tui.simulator.faults.profile import ANSWER_KINDS, DAMAGING_KINDS, FaultProfile
from bema_tui.simulator.world.activity import demote_someone, new_order
from bema_tui.simulator.world.records import Order
from bema_tui.simulator.world.world import World

_GATEWAY_PAGE = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n</html>\n"
_WARNING = b"<br />\n<b>Warning</b>:  Undefined array key 0 in <b>/var/www/index.php</b> on line <b>17</b><br />\n"


@attrs.frozen
class Strike:
    """The fault that strikes one request. `done`: a bad gateway lost the answer, not the request."""

    kind: str
    done: bool
    place: float
    """Where a truncated body ends, as a fraction of it."""
    profile: FaultProfile

    @property
    def prevents(self) -> bool:
        """Whether the request has no effect."""
        return self.kind in ("server_error", "cut_before", "maintenance") or (
            self.kind == "bad_gateway" and not self.done
        )


class Disturbance:
    """Draws what strikes each request. All of it is idle while the world has no profile."""

    def __init__(self, world: World, agenda: Agenda) -> None:
        self._world = world
        self._agenda = agenda
        self._profile: FaultProfile | None = None
        self._seen: Counter[str] = Counter()
        self._events: Counter[str] = Counter()
        self._in_a_row: Counter[str] = Counter()

    def begin(self, side: str, entry: Entry, *, sales_before: int = 0) -> Strike | None:
        """To be called once for each request, before its effect.

        `sales_before` is the number of sales on the pages before the one that is asked for.
        """
        self._notice_profile()
        self._world.mishaps.clear()
        self._world.happened.clear()
        profile = self._profile
        if profile is None:
            return None
        self._seen[side] += 1
        number = self._seen[side]
        rng = random.Random(f"{profile.seed} {side} {number}")  # noqa: S311 - a simulation must be repeatable
        strike = self._strike(side, profile, rng, entry, number)  # before the changes, which draw as they need
        self._change_world(side, profile, rng, entry, sales_before)
        if strike is not None:
            entry.faults.append(strike.kind)
        return strike

    def before(self, of: Of) -> None:
        """What was put on the agenda happens now; to be called before each request and each item of a batch."""
        self._agenda.tick(of, self._world)

    def before_item(self, entry: Entry) -> None:
        """An automation may act between two items of a batch."""
        self.before("items")
        profile = self._profile
        if profile is None or not profile.automation_in_batch:
            return
        self._seen["items"] += 1
        rng = random.Random(f"{profile.seed} item {self._seen['items']}")  # noqa: S311
        if rng.random() < profile.automation_in_batch and self._may("automation_in_batch"):
            self._count("automation_in_batch", entry, happened=_demote(self._world, profile, rng))

    def finish(self, entry: Entry) -> None:
        """Writes down which mishaps a request really met."""
        for name in self._world.happened:
            self._events[name] += 1
            entry.faults.append(name)
        self._world.mishaps.clear()

    def _notice_profile(self) -> None:
        """A profile that was set while the simulator runs starts to count anew."""
        if self._profile is not self._world.switches.faults:
            self._profile = self._world.switches.faults
            self._seen.clear()
            self._events.clear()
            self._in_a_row.clear()

    def _change_world(
        self, side: str, profile: FaultProfile, rng: random.Random, entry: Entry, sales_before: int
    ) -> None:
        # Drawn in any case and in this order, so that a limit that is reached shifts no later draw.
        draws = [rng.random() for _ in range(4)]
        if side == "mailerlite":
            if draws[0] < profile.automation_move and self._may("automation_move"):
                self._count("automation_move", entry, happened=_demote(self._world, profile, rng))
            for name, draw in (("lost_import", draws[1]), ("lagging_counters", draws[2])):
                if draw < getattr(profile, name) and self._may(name):
                    self._world.mishaps.add(name)
        elif sales_before:
            if draws[3] < profile.shop_sale and self._may("shop_sale"):
                number = self._events["shop_sale"] + 1
                self._count("shop_sale", entry, happened=_sell(self._world, number))
            elif draws[3] > 1 - profile.shop_refund and self._may("shop_refund"):
                self._count("shop_refund", entry, happened=_refund(self._world, rng, sales_before))
            if profile.shop_edit and rng.random() < profile.shop_edit and self._may("shop_edit"):
                self._count("shop_edit", entry, happened=_edit(self._world, rng, sales_before))

    def _strike(self, side: str, profile: FaultProfile, rng: random.Random, entry: Entry, number: int) -> Strike | None:
        drawn, done, place = rng.random(), rng.random() < 0.5, rng.uniform(0.1, 0.9)
        if profile.expire_after is not None and side == profile.expire_side and number > profile.expire_after:
            return Strike("expired_key", done, place, profile)
        kind = _kind_at(profile, drawn) if profile.side in ("any", side) else None
        if kind == "maintenance" and side != "edd":
            kind = None
        if kind in DAMAGING_KINDS and not self._may(str(kind)):
            kind = None
        request = f"{entry.method} {entry.path}"
        if kind is None or kind == "slow":
            self._in_a_row.pop(request, None)
        elif profile.most_in_a_row is not None and self._in_a_row[request] >= profile.most_in_a_row:
            del self._in_a_row[request]
            return None
        else:
            self._in_a_row[request] += 1
        if kind in DAMAGING_KINDS:
            self._events[kind] += 1
        return None if kind is None else Strike(kind, done, place, profile)

    def _may(self, name: str) -> bool:
        most = None if self._profile is None else self._profile.most_events
        return most is None or self._events[name] < most

    def _count(self, name: str, entry: Entry, *, happened: bool) -> None:
        if happened:
            self._events[name] += 1
            entry.faults.append(name)


async def spoil(strike: Strike, response: Response, request: Request) -> Response:
    """The answer as the fault leaves it. A cut connection never gets one."""
    if strike.kind in ("cut_before", "cut_after"):
        request.state.transport.abort()
        await disconnected(request)
        return Response(status_code=499)
    if strike.kind == "bad_gateway":
        return HTMLResponse(_GATEWAY_PAGE, status_code=502)
    if strike.kind == "slow":
        await asyncio.sleep(strike.profile.slow_seconds)
    elif strike.kind in ("truncated", "invalid_json") and len(response.body) > 1:
        whole = bytes(response.body)
        end = min(len(whole) - 1, max(1, int(len(whole) * strike.place)))
        content = whole[:end] if strike.kind == "truncated" else _WARNING + whole
        spoiled = Response(content, status_code=response.status_code)
        spoiled.headers.update({name: text for name, text in response.headers.items() if name != "content-length"})
        return spoiled
    return response


def _kind_at(profile: FaultProfile, drawn: float) -> str | None:
    for kind in ANSWER_KINDS:
        drawn -= getattr(profile, kind)
        if drawn < 0:
            return kind
    return None


def _sell(world: World, number: int) -> bool:
    """A stranger buys; nobody at MailerLite is touched by it, so the right outcome of a sync stays the same."""
    product = next((product.id for product in world.products.values() if product.status == "publish"), None)
    if product is None:
        return False
    new_order(world, {"email": f"late.fan{number}@example.com", "product": product})
    return True


def _demote(world: World, profile: FaultProfile, rng: random.Random) -> bool:
    return demote_someone(world, rng, spares_buyers=profile.automation_spares_buyers)


def _refund(world: World, rng: random.Random, sales_before: int) -> bool:
    """Refunds one of the orders that stand on the pages before."""
    complete = _complete(world, sales_before)
    if complete:
        world.set_order_status(rng.choice(complete), "refunded")
    return bool(complete)


def _edit(world: World, rng: random.Random, sales_before: int) -> bool:
    """Corrects the address of one of the orders that stand on the pages before."""
    complete = _complete(world, sales_before)
    if complete:
        order = rng.choice(complete)
        world.set_order_email(order, f"corrected.{order.email.strip().lower()}")
    return bool(complete)


def _complete(world: World, sales_before: int) -> list[Order]:
    rows: list[Order] = [world.orders[row_id] for row_id in world.listed.newest(sales_before)]
    return [order for order in rows if order.status == "complete"]
