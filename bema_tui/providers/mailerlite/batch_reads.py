"""Reads in batches: what failed in passing is asked for again, and a read that is always refused is no quota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from attrs import frozen

from bema_tui.errors import RateLimited
from bema_tui.providers.http.ports import Interrupt, PacingGate
from bema_tui.providers.mailerlite.batch import MOST_ITEMS, BatchAnswer, BatchItem, refused_alone
from bema_tui.waits import Wait, WaitReason

_TRIES: Final = 3
_SERVICE: Final = "MailerLite"


@frozen
class Reads:
    """Sends batches of reads."""

    batch: Callable[[Sequence[BatchItem]], Awaitable[Sequence[BatchAnswer]]]
    """Sends one batch."""
    somebody_but: Callable[[Sequence[BatchItem]], BatchItem | None]
    """A read of somebody known who is not among these, if anybody is."""
    gate: PacingGate
    """Keeps the quota."""
    interrupt: Interrupt
    """Ends waits."""
    where: str
    """The service's URL, for messages."""
    quota_wait: float
    """Seconds to wait after items that were refused because of the quota: they do not say how long."""
    patience: float
    """Seconds waited for the quota in all, for one batch's items."""

    async def ask(self, items: Sequence[BatchItem]) -> tuple[BatchAnswer, ...]:
        """The answers in their order. Each item has three tries; being refused because of the quota is none.

        Raises:
            RateLimited: some were still refused because of the quota when that had been waited for long enough.
        """
        answers: dict[int, BatchAnswer] = {}
        tries: Counter[int] = Counter()
        left = list(range(len(items)))
        waited = 0.0
        while left:
            asked = [items[place] for place in left]
            if all(place in answers and answers[place].throttled for place in left):
                asked += self._beside(items, answers)[: MOST_ITEMS - len(asked)]
            came = await self.batch(asked)
            for place, answer, alone in zip(left, came, refused_alone(came), strict=False):
                answers[place] = answer
                tries[place] += alone or not answer.throttled
            left = [place for place in left if answers[place].retryable and tries[place] < _TRIES]
            if any(answers[place].throttled for place in left):
                await self._wait(len(left), waited)
                waited += self.quota_wait
        return tuple(answers[place] for place in range(len(items)))

    def _beside(self, items: Sequence[BatchItem], answers: dict[int, BatchAnswer]) -> list[BatchItem]:
        """What is asked for behind items that were all refused: if it is answered, the quota is not why they are."""
        answered = next((items[place] for place, answer in answers.items() if answer.ok), None)
        other = answered or self.somebody_but(items)
        return [] if other is None else [other]

    async def _wait(self, items: int, waited: float) -> None:
        if waited + self.quota_wait > self.patience:
            raise RateLimited(
                "MailerLite keeps refusing items of a batch because of its quota.",
                seconds=self.quota_wait,
                waited=waited,
                wait=Wait(WaitReason.QUOTA, _SERVICE),
                tried=f"read {items} people in a batch",
                where=self.where,
                advice="Resume later; see whether something else uses the same account.",
            )
        own = await self.gate.refused(self.quota_wait)
        if own > 0:
            await self.interrupt.sleep(own)
