"""What a batch's answers mean for its ledger rows. Pure; domain rules, section 6, "Applied means shown"."""

from __future__ import annotations

import json

from bema_tui.errors import BemaError
from bema_tui.model import ChangeKind, ChangeState
from bema_tui.providers.mailerlite_batch import BatchAnswer, BatchItem
from bema_tui.providers.text import clean
from bema_tui.store.ledger import LedgerRow, Settled
from bema_tui.sync.truth import GONE, is_shown

MAX_TRIES = 3
RETRYABLE = frozenset({408, 425})
NO_RIGHT = frozenset({401, 403})


def item_of(row: LedgerRow) -> BatchItem:
    """The request of a row."""
    if row.kind is ChangeKind.SET_FIELD:
        return BatchItem.put_fields(row.subscriber_id, {row.target: field_value(row.after)})
    if row.kind is ChangeKind.ADD_GROUP:
        return BatchItem.assign(row.subscriber_id, row.target)
    return BatchItem.unassign(row.subscriber_id, row.target)


def field_value(text: str | None) -> str | int | None:
    """A value as it goes out: what is a number to the letter as a number (the purchase field is one), else as text."""
    if text is not None and text.isascii() and text.isdigit() and str(int(text)) == text:
        return int(text)
    return text


def settle_answer(row: LedgerRow, answer: BatchAnswer) -> Settled:
    """What one item's answer makes of its row."""
    if answer.ok:
        return _shown(row, answer)
    if answer.problem:
        return Settled(row.id, ChangeState.UNKNOWN, f"its answer can't be read ({answer.problem}); to be read back")
    if answer.code == 404 and row.kind is ChangeKind.REMOVE_GROUP:
        # Gone from the group, or gone altogether: the same code for both, so the person is read.
        return Settled(row.id, ChangeState.UNKNOWN, "404 on the remove; to be read back")
    if answer.code == 404 and row.kind is ChangeKind.SET_FIELD:
        return Settled(row.id, ChangeState.FAILED, f"404: {GONE}", refused_status=404)
    if answer.code == 429 or answer.code in NO_RIGHT:
        # Neither is a try: the one waits for the quota, the other for a key; nothing was done.
        return Settled(row.id, ChangeState.PLANNED, f"answer {answer.code}; to be sent again")
    if answer.code in RETRYABLE or answer.code >= 500:
        if row.attempts + 1 < MAX_TRIES:
            return Settled(row.id, ChangeState.PLANNED, f"answer {answer.code}; to be tried again")
        return Settled(row.id, ChangeState.UNKNOWN, f"answer {answer.code}, {MAX_TRIES} times; to be read back")
    # A membership can be refused because it stands already, where a try before it took effect; or the group is gone
    # and not the person. Reading the person tells.
    state = ChangeState.FAILED if row.kind is ChangeKind.SET_FIELD else ChangeState.UNKNOWN
    return Settled(row.id, state, _refusal(answer), refused_status=answer.code)


def _shown(row: LedgerRow, answer: BatchAnswer) -> Settled:
    if row.kind is not ChangeKind.SET_FIELD:
        return Settled(row.id, ChangeState.APPLIED)
    try:
        shown = is_shown(row, answer.subscriber())
    except BemaError:
        shown = False
    if shown:
        return Settled(row.id, ChangeState.APPLIED)
    return Settled(row.id, ChangeState.UNKNOWN, f"answer {answer.code} does not show the value; to be read back")


def _refusal(answer: BatchAnswer) -> str:
    body = answer.body
    message = body.get("message") if isinstance(body, dict) else None
    errors = body.get("errors") if isinstance(body, dict) else None
    text = message if isinstance(message, str) else json.dumps(body) if body else ""
    if isinstance(errors, dict) and errors:
        text = f"{text} {json.dumps(errors, ensure_ascii=False)}"
    return clean(f"{answer.code}: {text or 'no reason given'}")[:300]
