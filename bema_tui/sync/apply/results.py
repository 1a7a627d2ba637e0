"""What a batch's answers mean for its ledger rows. Pure; domain rules, section 6, "Applied means shown"."""

from __future__ import annotations

import json

from attrs import evolve

from bema_tui.errors import BemaError
from bema_tui.field_values import FieldType
from bema_tui.model import ChangeKind, ChangeOutcome, ChangeState, Subscriber
from bema_tui.providers.mailerlite.batch import BatchAnswer, BatchItem
from bema_tui.providers.mailerlite.parse import refused_for_status
from bema_tui.store.ledger_rows import LedgerRow, RowResult
from bema_tui.sync.apply.recheck import is_shown
from bema_tui.text import clean

MAX_TRIES = 3
_MOST_WORDS = 295
"""How much of a refusal is kept."""
RETRYABLE = frozenset({408, 425})
NO_RIGHT = frozenset({401, 403})
TOO_MANY = 429
"""The status of a row that was refused with 429 too often for the quota alone to be the cause."""


def item_of(row: LedgerRow, field_type: str) -> BatchItem:
    """Return the request of a row; ``field_type`` is the purchase field's."""
    if row.kind is ChangeKind.SET_FIELD:
        return BatchItem.put_fields(row.subscriber_id, {row.target: as_sent(row.after, field_type)})
    if row.kind is ChangeKind.ADD_GROUP:
        return BatchItem.assign(row.subscriber_id, row.target)
    return BatchItem.unassign(row.subscriber_id, row.target)


_READ_AFTER_404 = frozenset({ChangeKind.REMOVE_GROUP, ChangeKind.SET_FIELD})


def as_sent(text: str | None, field_type: str) -> str | int | None:
    """Return a value as it goes out: into a field of type number what is exactly a number as one, else as text."""
    if field_type != FieldType.NUMBER or text is None or not (text.isascii() and text.isdigit()):
        return text
    return int(text) if str(int(text)) == text else text


def result_of_answer(row: LedgerRow, answer: BatchAnswer, *, already: bool = False) -> RowResult:
    """Return what one item's answer makes of its row.

    ``row`` is as it was before this try. ``already``: an earlier item of the same batch showed the subscriber in the
    group that the row adds them to. What others did is never ``applied``, unless an earlier try of ours may have done
    it.
    """
    repeated = 1 if answer.after_lost else 0
    ours = row.attempts > 0 or answer.after_lost
    if answer.ok and row.kind is ChangeKind.ADD_GROUP and already and not ours:
        return RowResult(row.id, ChangeState.SKIPPED, ChangeOutcome.STANDS_ALREADY)
    if answer.ok:
        result = evolve(_shown(row, answer), tries=repeated)
        maybe_others = already and row.kind is ChangeKind.ADD_GROUP
        return evolve(result, outcome=ChangeOutcome.MAYBE_OURS) if maybe_others else result
    if answer.problem:
        return RowResult(row.id, ChangeState.UNKNOWN, ChangeOutcome.UNREADABLE_ANSWER, answer.problem, tries=repeated)
    if answer.code == 404 and row.kind in _READ_AFTER_404:
        # Gone from the group, or gone altogether, or not found by this form of request: the subscriber is read by id.
        return RowResult(row.id, ChangeState.UNKNOWN, ChangeOutcome.NOT_FOUND, refused_status=404, tries=repeated)
    if answer.code == TOO_MANY or answer.code in NO_RIGHT:
        # Neither is a try: the one waits for the quota, the other for a key; nothing was done.
        return RowResult(row.id, ChangeState.PLANNED, ChangeOutcome.NOT_TAKEN, str(answer.code), tries=repeated - 1)
    if answer.code in RETRYABLE or answer.code >= 500:
        if row.attempts + 1 < MAX_TRIES:
            return RowResult(row.id, ChangeState.PLANNED, ChangeOutcome.SERVER_FAILED, str(answer.code))
        often = f"{answer.code}, {MAX_TRIES} times"
        return RowResult(row.id, ChangeState.UNKNOWN, ChangeOutcome.SERVER_FAILED, often)
    # A membership can be refused because it stands already, where a try before it took effect; or the group is gone
    # and not the subscriber. Reading the subscriber tells.
    state = ChangeState.FAILED if row.kind is ChangeKind.SET_FIELD else ChangeState.UNKNOWN
    return evolve(refusal(row, answer.code, _words(answer)), state=state, tries=repeated)


def result_of_read(row: LedgerRow, subscriber: Subscriber | None) -> RowResult:
    """Return what a row becomes whose answer was lost, or was a refusal that may be none, by its subscriber now."""
    if subscriber is None:
        return RowResult(row.id, ChangeState.FAILED, ChangeOutcome.GONE, refused_status=404)
    if is_shown(row, subscriber):
        if row.refused_status is None:
            return RowResult(row.id, ChangeState.APPLIED)
        # A refusal to the only try says that the row itself did nothing: others brought it about.
        if row.attempts > 1:
            return RowResult(row.id, ChangeState.APPLIED, ChangeOutcome.MAYBE_OURS)
        return RowResult(row.id, ChangeState.SKIPPED, ChangeOutcome.STANDS_ALREADY)
    if row.refused_status == TOO_MANY:
        # It was no refusal of this change either, so the next plan asks again.
        tries = max(0, MAX_TRIES - row.attempts)
        return RowResult(row.id, ChangeState.FAILED, ChangeOutcome.NOT_WRITTEN, str(MAX_TRIES), tries=tries)
    if row.refused_status is not None and not (row.refused_status == 404 and row.kind in _READ_AFTER_404):
        return RowResult(row.id, ChangeState.FAILED, row.outcome, row.detail, refused_status=row.refused_status)
    if row.attempts >= MAX_TRIES:
        return RowResult(row.id, ChangeState.FAILED, ChangeOutcome.NOT_WRITTEN, str(row.attempts))
    return RowResult(row.id, ChangeState.PLANNED, ChangeOutcome.NOT_WRITTEN)


def refusal(row: LedgerRow, status: int, words: str) -> RowResult:
    """Return what a refusal (4xx) in these words makes of a row."""
    for_status = refused_for_status(status, words)
    outcome = ChangeOutcome.REFUSED_FOR_STATUS if for_status else ChangeOutcome.REFUSED
    return RowResult(row.id, ChangeState.FAILED, outcome, words or "no reason given", refused_status=status)


def _shown(row: LedgerRow, answer: BatchAnswer) -> RowResult:
    if row.kind is not ChangeKind.SET_FIELD:
        return RowResult(row.id, ChangeState.APPLIED)
    subscriber = shown_by(answer)
    if subscriber is not None and is_shown(row, subscriber):
        return RowResult(row.id, ChangeState.APPLIED)
    return RowResult(row.id, ChangeState.UNKNOWN, ChangeOutcome.VALUE_NOT_SHOWN, str(answer.code))


def shown_by(answer: BatchAnswer) -> Subscriber | None:
    """Return the subscriber that an answer shows, if it shows a usable one."""
    try:
        return answer.subscriber() if answer.ok else None
    except BemaError:
        return None


def _words(answer: BatchAnswer) -> str:
    silent = answer.body in (None, "", {}, [], {"message": ""})
    text = answer.message or ("" if silent else json.dumps(answer.body, ensure_ascii=False))
    return clean(text)[:_MOST_WORDS]
