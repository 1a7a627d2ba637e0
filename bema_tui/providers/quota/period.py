"""How MailerLite counts its quota, as pure rules on one record, so that processes can share the count."""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from bema_tui.bounds import RETRY_AFTER

_TURN_SHARE: Final = 0.02
_TURN_SECONDS: Final = 0.25
_CLOCK_SLACK: Final = 1.0
_LEFT_OVER: Final = 0.05
_TELLING_ITEMS: Final = 3
"""Items from which on a batch shows whether its items count: a flat cost of 2 has been seen too."""


@frozen
class BatchCost:
    """What a batch takes of the quota. Until it is measured, the dearer of what is possible."""

    base: int = 1
    """Units for the batch itself."""
    item: int = 1
    """Units for each of its items."""

    def units(self, cost: int) -> int:
        """What a request takes: 1, or for a batch (1 + items) what batches take."""
        return cost if cost <= 1 else self.base + self.item * (cost - 1)

    def items_in(self, units: int) -> int:
        """How many items a batch of so many units holds; without a bound where items are free."""
        return max(0, units - self.base) // self.item if self.item else 1_000_000

    def least(self, items: int, budget: int) -> int:
        """Units that make a batch worth a request, where ``items`` wait: less than that is left over in a period."""
        return min(self.units(1 + items), max(self.units(2), int(budget * _LEFT_OVER)))

    @classmethod
    def told_by(cls, cost: int, took: int) -> BatchCost | None:
        """Return what a batch of ``cost`` (1 + items) says that took so many units; None where it says nothing.

        Anything but a unit for each item or a flat one or two is somebody else's requests, or a period that ended.
        """
        if cost <= _TELLING_ITEMS:
            return None
        if took == cost:
            return cls(1, 1)
        return cls(took, 0) if took in {1, 2} else None

    def measured(self, cost: int, took: int) -> BatchCost:
        """Return what a batch says; itself when it says nothing."""
        return self.told_by(cost, took) or self


@frozen
class QuotaPeriod:
    """The present period of the quota. Times are seconds of the keeper's clock."""

    limit: int
    """The requests that are allowed in it."""
    used: int = 0
    """The requests that were admitted."""
    pending: int = 0
    """The admitted requests that are not answered yet."""
    started: float | None = None
    """When the first request was admitted; the server's period began then, or a moment later."""
    ends: float | None = None
    """When it ends; None before the first request."""
    answered: bool = False
    """Whether an answer came: then ``ends`` is counted from it, and the server's period ends no later."""
    closed_until: float | None = None
    """Until when the service refuses, by its own word."""

    def with_limit(self, limit: int | None) -> QuotaPeriod:
        """With the server's limit, if it named one."""
        return self if not limit or limit == self.limit else evolve(self, limit=limit)

    def foretold(self, limit: int | None, remaining: int | None) -> bool:
        """Whether an answer says exactly what was expected when its request was admitted to this period."""
        return self.answered and limit == self.limit and remaining is not None and limit - remaining == self.used

    def answered_as_foretold(self, units: int) -> QuotaPeriod:
        """After such an answer."""
        return evolve(self, pending=max(0, self.pending - units))

    @property
    def answered_units(self) -> int:
        """What was admitted, and has been answered."""
        return self.used - self.pending

    def given_back(self, units: int) -> QuotaPeriod:
        """After units that were taken turned out not to be needed."""
        return evolve(self, used=max(0, self.used - units), pending=max(0, self.pending - units))


@frozen
class Pace:
    """The rules: a fixed period that starts with its first request, a part of it left for others.

    Near the turn of a period, between the earliest and the latest moment at which the server's may end, nothing is
    admitted: a request could be counted in either.
    """

    seconds: float
    """The length of a period."""
    reserve: int
    """The requests of a period that are left for others."""

    def budget(self, period: QuotaPeriod) -> int:
        """What a whole period admits."""
        return max(1, period.limit - self.reserve)

    def rolled(self, period: QuotaPeriod, now: float) -> QuotaPeriod:
        """The period at ``now``: a new, empty one when the old has ended.

        One that began in the future says that the clock was set back: nobody knows when it ends. One that is closed for
        longer than anybody is obeyed, as older versions could write it down, ends when that is over.
        """
        if period.ends is None:
            return period
        clock_jumped = period.started is not None and now < period.started - _CLOCK_SLACK
        ends, closed = self._sane(period, period.ends), self._sane(period, period.closed_until or period.ends)
        if now >= max(ends, closed) or clock_jumped:
            return QuotaPeriod(period.limit)
        return evolve(period, ends=ends, closed_until=None if period.closed_until is None else closed)

    def still(self, period: QuotaPeriod, now: float) -> bool:
        """Whether what was taken of this period may still be used."""
        return period.started is not None and now < period.started + self.seconds - self._turn

    def room(self, period: QuotaPeriod, now: float) -> int:
        """Units that may be taken now."""
        closed = period.closed_until is not None and now < period.closed_until
        turning = period.started is not None and not self.still(period, now)
        return 0 if closed or turning else max(0, self.budget(period) - period.used)

    def wait(self, period: QuotaPeriod, now: float) -> float:
        """Seconds until the period ends; 0 when none has begun."""
        ends = [moment for moment in (period.ends, period.closed_until) if moment is not None]
        return max(0.0, max(ends) - now) if ends else 0.0

    def grant(self, period: QuotaPeriod, want: int, least: int, now: float) -> int:
        """``want`` units, or what is left if that is at least ``least``, or 0; what never fits gets a period alone."""
        room = self.room(period, now)
        if want <= room:
            return want
        if least <= room:
            return room
        return want if room and least > self.budget(period) and not period.used else 0

    def taken(self, period: QuotaPeriod, units: int, now: float) -> QuotaPeriod:
        """After units were granted; the first ones begin the period."""
        started = now if period.started is None else period.started
        ends = now + self.seconds if period.ends is None else period.ends
        return evolve(period, used=period.used + units, pending=period.pending + units, started=started, ends=ends)

    def learned(
        self,
        period: QuotaPeriod,
        *,
        limit: int | None,
        remaining: int | None,
        units: int,
        cost: int,
        known: int,
        sent: float,
        now: float,
    ) -> QuotaPeriod:
        """After an answer to a request that had taken ``units`` and took ``cost``, ``known`` answered before it left.

        Answers overtake each other, and the server's count may lack what is still on its way: so it outranks ours only
        where it is more than we admitted, or less than was answered before.
        """
        since = max(0, period.used - period.pending - known)
        period = evolve(
            period.with_limit(limit),
            pending=max(0, period.pending - units),
            used=max(0, period.used - max(0, units - cost)),
            ends=period.ends if period.answered else now + self.seconds,
            answered=True,
        )
        if remaining is None:
            return period
        counted = max(0, period.limit - remaining)
        if known + cost <= counted <= period.used:
            return period
        fresh = counted < known + cost and counted <= cost + period.pending + since
        period = evolve(period, used=counted + period.pending + since)
        return evolve(period, started=sent, ends=now + self.seconds) if fresh else period

    def refused(self, period: QuotaPeriod, until: float, now: float) -> QuotaPeriod:
        """After a 429: closed, and what was counted is over when it opens."""
        until = min(until, now + RETRY_AFTER.most)
        until = max(until, period.closed_until or until)
        started = now if period.started is None else period.started
        return evolve(period, used=period.limit, started=started, ends=until, answered=True, closed_until=until)

    def _sane(self, period: QuotaPeriod, until: float) -> float:
        """The end of a period or a closing; never later than any service is obeyed."""
        return until if period.started is None else min(until, period.started + self.seconds + RETRY_AFTER.most)

    @property
    def _turn(self) -> float:
        return min(_TURN_SECONDS, self.seconds * _TURN_SHARE)
