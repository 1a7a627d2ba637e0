"""What a client waits for between its requests: what a service asks for, or another try. Every wait is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import httpx
from attrs import frozen

from bema_tui.providers.http import verdicts
from bema_tui.providers.http.call import Call, Service
from bema_tui.providers.http.failures import TryFailedError, retry_after
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.http.ports import Interrupt, PacingGate
from bema_tui.waits import Wait, WaitBoard, WaitReason, waiting

_LEAST: Final = 1.0
"""Seconds before somebody is asked again who asked for patience, whatever the number."""
_LEAST_PAUSE: Final = 60.0
"""Seconds of a pause for a service that is not available: after so much waiting it will not be back in a moment."""


@frozen
class Waits:
    """The waits of one client; those of one call are bounded by the policy's patience. Domain rules, section 7."""

    service: Service
    """Who is waited for."""
    policy: HttpPolicy
    """The HTTP numbers."""
    gate: PacingGate
    """Keeps the quota."""
    interrupt: Interrupt
    """Ends waits."""
    board: WaitBoard
    """Shows what is waited for."""
    clock: Callable[[], float]
    """Seconds that only grow."""

    def asked_for(self, response: httpx.Response) -> float | None:
        """Return the seconds that an answer asks for which is no try (429, a shop's maintenance); None for others."""
        asked = retry_after(response.headers)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return max(_LEAST, self.policy.quota_wait if asked is None else asked)
        most = self.service.maintenance_seconds
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE and asked is not None and most is not None:
            return max(_LEAST, min(asked, most))
        return None

    async def as_asked(self, call: Call, response: httpx.Response, seconds: float) -> None:
        """Wait as an answer asks for.

        Raises:
            RateLimited: that is more than the patience of one call, with the waits before; nothing was done.
            Stopped: a stop was asked.
        """
        too_many = response.status_code == httpx.codes.TOO_MANY_REQUESTS
        wait = self._wait(response, too_many=too_many)
        own = await self.gate.refused(seconds) if too_many else seconds
        waited = call.waited
        call.waited += seconds
        if call.waited > self.policy.patience:
            pause = seconds if too_many else max(_LEAST_PAUSE, retry_after(response.headers) or 0.0)
            raise verdicts.patience_over(self.service, call, wait, pause, waited)
        if own > 0:
            async with waiting(self.board, wait, own):
                await self.interrupt.sleep(own)

    def again(self, call: Call, failure: TryFailedError, jittered: float) -> bool:
        """Whether patience is left for another try, after ``jittered`` seconds or what ``Retry-After`` says."""
        seconds = jittered if failure.retry_after is None else failure.retry_after
        if call.waited + seconds > self.policy.patience:
            return False
        call.waited += seconds
        call.backoff = seconds
        call.trouble = failure.words if failure.status is None else _answered(failure.status)
        return True

    @asynccontextmanager
    async def trying(self, call: Call) -> AsyncIterator[None]:
        """One try: after its back-off, and with the seconds noted that it took if it failed.

        A try after another is shown until it is answered, if it may take as long as the one before did.

        Raises:
            Stopped: a stop was asked.
        """
        began = self.clock()
        try:
            if call.failed:
                wait = Wait(WaitReason.RETRY, self.service.name, call.trouble, call.failed + 1, self.policy.tries)
                async with waiting(self.board, wait, call.backoff + call.took):
                    if call.backoff > 0:
                        await self.interrupt.sleep(call.backoff)
                    began = self.clock()
                    yield
            else:
                yield
        except TryFailedError:
            call.took = min(self.clock() - began, self.policy.timeout)
            raise

    def _wait(self, response: httpx.Response, *, too_many: bool) -> Wait:
        name = self.service.name
        if too_many and self.service.quota:
            return Wait(WaitReason.QUOTA, name)
        reason = WaitReason.TOO_MANY if too_many else WaitReason.UNAVAILABLE
        return Wait(reason, name, _answered(response.status_code))


def _answered(status: int) -> str:
    """An answer as a short clause: what is waited for is shown in a line."""
    return f"it answered {status}"
