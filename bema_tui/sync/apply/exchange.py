"""What a batch carries for its rows, and what its answers mean and show of their subscribers.

Pure; domain rules, section 6. The answer to a field's write shows the groups of its subscriber, and costs nothing more:
it is held against where the run knows them to be. An add without such a write before it is sent behind a read of the
subscriber.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from attrs import evolve, frozen

from bema_tui.model import ChangeKind, ChangeState, Subscriber, SubscriberStatus, Tier
from bema_tui.providers.mailerlite.batch import BatchAnswer, BatchItem
from bema_tui.store.ledger_rows import NEVER_READ, LedgerRow, RowResult
from bema_tui.sync.apply.recheck import tiers_of
from bema_tui.sync.apply.results import item_of, result_of_answer, shown_by
from bema_tui.sync.apply.standing import RecheckFacts, expected_tiers


@frozen
class Exchange:
    """What became of a batch's rows, and whom its answers cast doubt on."""

    results: tuple[RowResult, ...]
    """A result for each row of the batch, and for the other planned rows of the doubtful: they wait for the read."""
    doubtful: tuple[str, ...]
    """The ids of those who must be read before anything else of theirs is sent."""


@frozen
class BatchLine:
    """One item of a batch."""

    subscriber_id: str
    """Whom it is about."""
    row: LedgerRow | None
    """The ledger row that the item carries; None: the item only reads the subscriber."""

    def item(self, field_type: str) -> BatchItem:
        """Return the request; ``field_type`` is the purchase field's."""
        return BatchItem.read(self.subscriber_id) if self.row is None else item_of(self.row, field_type)


def lines_of(rows: Sequence[LedgerRow], looks: frozenset[str]) -> tuple[BatchLine, ...]:
    """Return the items of a batch, in order. Subscribers in ``looks`` are read before their add, else before all."""
    added = {row.subscriber_id for row in rows if row.kind is ChangeKind.ADD_GROUP}
    lines = [BatchLine(number, None) for number in sorted(looks - added)]
    for row in rows:
        if row.kind is ChangeKind.ADD_GROUP and row.subscriber_id in looks:
            lines.append(BatchLine(row.subscriber_id, None))
        lines.append(BatchLine(row.subscriber_id, row))
    return tuple(lines)


def weigh(
    lines: Sequence[BatchLine],
    answers: Sequence[BatchAnswer],
    of_subscribers: Mapping[str, Sequence[LedgerRow]],
    seen: Mapping[str, frozenset[Tier]],
    facts: RecheckFacts,
) -> Exchange:
    """Compare each answer with its row, and the subscriber that it shows with the tiers in which the run knows them."""
    repeated = {line.row.id for line, answer in zip(lines, answers, strict=True) if line.row and answer.after_lost}
    in_batch = {
        line.subscriber_id: _BatchSubscriber(
            of_subscribers[line.subscriber_id], seen[line.subscriber_id], facts, repeated
        )
        for line in lines
    }
    unseen = {
        line.subscriber_id for line, answer in zip(lines, answers, strict=True) if line.row is None and not answer.ok
    }
    results: list[RowResult] = []
    for line, answer in zip(lines, answers, strict=True):
        subscriber = in_batch[line.subscriber_id]
        if line.row is None:
            subscriber.look(shown_by(answer))
            continue
        row = line.row
        result = result_of_answer(row, answer, already=subscriber.is_in(row))
        results.append(result)
        if row.kind is ChangeKind.SET_FIELD:
            subscriber.look(shown_by(answer))
        subscriber.did(row, answer, result, unseen=row.subscriber_id in unseen)
    sent = {line.row.id for line in lines if line.row is not None}
    doubtful = {number: subscriber for number, subscriber in in_batch.items() if subscriber.doubtful}
    results = [
        evolve(one, read_at=NEVER_READ)
        if one.state is ChangeState.PLANNED and _owner(lines, one.id) in doubtful
        else one
        for one in results
    ]
    for subscriber in doubtful.values():
        results += subscriber.waiting(sent)
    return Exchange(tuple(results), tuple(doubtful))


def _owner(lines: Sequence[BatchLine], row: int) -> str:
    return next(line.subscriber_id for line in lines if line.row is not None and line.row.id == row)


class _BatchSubscriber:
    """Somebody while the answers of a batch are gone through, in their order."""

    def __init__(
        self, rows: Sequence[LedgerRow], seen: frozenset[Tier], facts: RecheckFacts, repeated: Container[int]
    ) -> None:
        self._rows = rows
        self._facts = facts
        self._expected = set(expected_tiers(rows, seen, facts.tier_of_group, [ChangeState.APPLIED]))
        # What an earlier try whose answer was lost may have done is no sign of others.
        self._unsure = {
            self._tier(row)
            for row in rows
            if row.id in repeated or (row.attempts and row.state is not ChangeState.APPLIED)
        }
        self._shown: frozenset[Tier] = frozenset()
        self._already = False
        self.doubtful = False

    def look(self, shown: Subscriber | None) -> None:
        """Compare what an answer shows of them with what was to be expected."""
        if shown is None or shown.group_ids is None:
            return
        self._shown = tiers_of(shown, self._facts.tier_of_group)
        inactive = shown.status is not SubscriberStatus.ACTIVE and not self._facts.move_inactive
        moves = any(row.kind is ChangeKind.ADD_GROUP and row.state is ChangeState.PLANNED for row in self._rows)
        if (self._shown ^ self._expected) - self._unsure or (inactive and moves):
            self.doubtful = True

    def is_in(self, row: LedgerRow) -> bool:
        """Return whether an answer of this batch showed them in the group of a row."""
        return self._tier(row) in self._shown

    def did(self, row: LedgerRow, answer: BatchAnswer, result: RowResult, *, unseen: bool) -> None:
        """Take in what one of their rows became; ``unseen``: the read before it was not answered."""
        tier = self._tier(row)
        if tier is None:
            return
        if answer.ok and row.kind is ChangeKind.ADD_GROUP:
            self._expected.add(tier)
            self.doubtful |= unseen
        elif answer.ok:
            self._expected.discard(tier)
        if result.state is ChangeState.SKIPPED:
            self._already = self.doubtful = True

    def waiting(self, sent: set[int]) -> list[RowResult]:
        """Their other planned rows: to be sent on a fresh read only, and not behind an add that others made."""
        return [
            RowResult(
                row.id,
                ChangeState.PLANNED,
                row.outcome,
                row.detail,
                read_at=NEVER_READ,
                needs_add=row.needs_add and not self._already,
            )
            for row in self._rows
            if row.state is ChangeState.PLANNED and row.id not in sent
        ]

    def _tier(self, row: LedgerRow) -> Tier | None:
        return None if row.kind is ChangeKind.SET_FIELD else self._facts.tier_of_group.get(row.target)
