"""Single items of batches that MailerLite answers with 429 again and again, though it answers the batches themselves.

Once or twice it is the quota, and no try. An item that is refused so for ever is no matter of the quota: other items
beside it are answered, or it would hold up a run without an end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Final

from attrs import define, evolve, field

from bema_tui.bounds import PATIENCE
from bema_tui.errors import RateLimited
from bema_tui.model import ChangeState
from bema_tui.providers.mailerlite import MailerLite
from bema_tui.providers.mailerlite_batch import BatchAnswer
from bema_tui.store.ledger_rows import Settled
from bema_tui.sync.answers import MAX_TRIES
from bema_tui.sync.exchange import Line
from bema_tui.sync.packing import Packed
from bema_tui.waits import Wait, WaitReason

TOO_MANY: Final = 429


@define
class Throttling:
    """What one process saw of it, of one run."""

    _refused: Counter[int] = field(factory=Counter)
    """How often in a row each ledger row was refused so, by its id."""
    _waited: float = 0.0
    """Seconds waited since an item was answered otherwise."""

    @property
    def items(self) -> int:
        """The items that a batch should have room for besides its rows."""
        return 1 if self._refused else 0

    def beside_a_read(self, packed: Packed, size: int) -> Packed:
        """The batch with a read of its first person, where it would hold nothing but rows that were refused before: if
        that is answered and they are not, the quota is not why. ``size`` is the most that the batch may carry."""
        if size < 2 or packed.looks or not packed.send or not all(self._refused[row.id] for row in packed.send):
            return packed
        send = packed.send[: size - 1]
        return evolve(packed, send=send, looks=frozenset({send[0].subscriber_id}))

    def note(self, lines: Sequence[Line], answers: Sequence[BatchAnswer]) -> frozenset[int]:
        """Take a batch's answers in; returns the rows that are refused for the third time beside items that are not."""
        answered = any(not answer.throttled for answer in answers)
        for line, answer in zip(lines, answers, strict=True):
            if line.row is not None and answer.throttled:
                self._refused[line.row.id] += 1
            elif line.row is not None:
                del self._refused[line.row.id]
        if not answered:
            return frozenset()
        self._waited = 0.0
        sent = {line.row.id for line in lines if line.row is not None}
        return frozenset(row for row in sent if self._refused[row] >= MAX_TRIES)

    def wait(self, seconds: float) -> None:
        """Count the seconds that are about to be waited.

        Raises:
            RateLimited: with those before, they are more than is waited at a stretch while nothing is answered.
        """
        if self._waited + seconds > PATIENCE:
            raise RateLimited(
                f"MailerLite keeps refusing single changes because of its quota, {self._waited:.0f} seconds long.",
                seconds=seconds,
                waited=self._waited,
                wait=Wait(WaitReason.QUOTA, MailerLite.name),
                tried="send a batch",
                where="MailerLite",
                advice="Resume later; see whether something else uses the same account. `bema-tui quota` says more.",
            )
        self._waited += seconds


def given_up(results: Sequence[Settled], stubborn: Container[int], attempts: Mapping[int, int]) -> tuple[Settled, ...]:
    """The results with the stubborn rows as tried often enough: the person is read, and what is not written failed.

    ``attempts`` are the tries of each row before this batch.
    """
    why = f"answer {TOO_MANY}, {MAX_TRIES} times, beside others that were answered; to be read back"
    return tuple(
        Settled(one.id, ChangeState.UNKNOWN, why, tries=max(0, MAX_TRIES - attempts[one.id] - 1))
        if one.id in stubborn and one.state is ChangeState.PLANNED
        else one
        for one in results
    )
