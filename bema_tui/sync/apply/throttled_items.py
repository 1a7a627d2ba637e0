"""Single items of batches that MailerLite answers with 429 again and again, though it answers the batches themselves.

It is the quota, and no try, where nothing behind the item in its batch is answered either: other programs can use most
of each period. An item that is refused so for ever while later ones are answered would hold up a run without an end.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from attrs import define, field

from bema_tui.bounds import PATIENCE
from bema_tui.errors import RateLimited
from bema_tui.model import ChangeOutcome, ChangeState
from bema_tui.providers.mailerlite.batch import MOST_ITEMS, BatchAnswer, refused_alone
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.store.ledger_rows import RowResult
from bema_tui.sync.apply.exchange import BatchLine
from bema_tui.sync.apply.packing import NextBatch
from bema_tui.sync.apply.results import MAX_TRIES, TOO_MANY
from bema_tui.waits import Wait, WaitReason

_FEW = 3
"""Room for a row, a read of its subscriber before it, and one of somebody else behind it."""


@define
class Throttling:
    """What one process saw of it, of one run."""

    _refused: dict[int, int] = field(factory=dict)
    """Ledger rows that were refused so when they were sent last, by their ids, and how often in a row a later item of
    their batch was answered."""
    _silent: bool = False
    """Whether all of the last batch was refused so."""
    _waited: float = 0.0
    """Seconds waited since an item was answered otherwise."""

    @property
    def items(self) -> int:
        """The items that a batch must have room for besides its rows."""
        return 1 if self._refused else 0

    @property
    def most(self) -> int:
        """The most items of the next batch: few after one of which nothing was answered, so that rows that are always
        refused do not use up what the quota still lets through."""
        return _FEW if self._silent else MOST_ITEMS

    def ends_with_refused(self, packed: NextBatch) -> bool:
        """Return whether the last row of a batch was refused before.

        A read of somebody else behind it then tells whether the quota is why.
        """
        return bool(packed.send) and packed.send[-1].id in self._refused

    def note(self, lines: Sequence[BatchLine], answers: Sequence[BatchAnswer]) -> frozenset[int]:
        """Take a batch's answers in; returns the rows that are refused for the third time before items that are not.

        ``answers`` may have more at their end than there are ``lines``.
        """
        for line, answer, alone in zip(lines, answers, refused_alone(answers), strict=False):
            if line.row is None:
                continue
            if answer.throttled:
                self._refused[line.row.id] = self._refused.get(line.row.id, 0) + alone
            else:
                self._refused.pop(line.row.id, None)
        self._silent = all(answer.throttled for answer in answers)
        if not self._silent:
            self._waited = 0.0
        sent = {line.row.id for line in lines if line.row is not None}
        return frozenset(row for row in sent if self._refused.get(row, 0) >= MAX_TRIES)

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


def given_up(results: Sequence[RowResult], stubborn: Container[int]) -> tuple[RowResult, ...]:
    """Return the results with the stubborn rows as tried often enough: their subscribers are read, the rest failed."""
    return tuple(
        RowResult(
            one.id,
            ChangeState.UNKNOWN,
            ChangeOutcome.THROTTLED,
            str(MAX_TRIES),
            refused_status=TOO_MANY,
            tries=one.tries + 1,
        )
        if one.id in stubborn and one.state is ChangeState.PLANNED
        else one
        for one in results
    )
