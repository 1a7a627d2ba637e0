"""What a batch's answers mean for its ledger rows. Pure; domain rules, section 6, "Applied means shown"."""

from __future__ import annotations

import json

from attrs import evolve

from bema_tui.errors import BemaError
from bema_tui.model import ChangeKind, ChangeState, Subscriber
from bema_tui.providers.mailerlite.batch import BatchAnswer, BatchItem
from bema_tui.store.ledger_rows import LedgerRow, Settled
from bema_tui.sync.apply.recheck import ALREADY_IN, GONE, NOT_IN, is_shown
from bema_tui.text import clean

MAX_TRIES = 3
NOT_SHOWN = "the read-back does not show it"
"""Why a row is open that was answered ok: it may have had its effect, which others took back."""
RETRYABLE = frozenset({408, 425})
NO_RIGHT = frozenset({401, 403})
TOO_MANY = 429
"""As the status of an open row's refusal: it was refused so too often to be a matter of the quota."""


def item_of(row: LedgerRow) -> BatchItem:
    """The request of a row."""
    if row.kind is ChangeKind.SET_FIELD:
        return BatchItem.put_fields(row.subscriber_id, {row.target: as_sent(row.after)})
    if row.kind is ChangeKind.ADD_GROUP:
        return BatchItem.assign(row.subscriber_id, row.target)
    return BatchItem.unassign(row.subscriber_id, row.target)


_STANDS_ALREADY = {
    ChangeKind.ADD_GROUP: ALREADY_IN,
    ChangeKind.REMOVE_GROUP: NOT_IN,
    ChangeKind.SET_FIELD: "the field has this value already",
}
MAYBE_OURS = "stands; an earlier try of this run may have done it, or somebody else"
"""What an applied row says of which that can't be told."""
_READ_AFTER_404 = frozenset({ChangeKind.REMOVE_GROUP, ChangeKind.SET_FIELD})


def as_sent(text: str | None) -> str | int | None:
    """A value as it goes out: what is a number to the letter as a number (the purchase field is one), else as text."""
    if text is not None and text.isascii() and text.isdigit() and str(int(text)) == text:
        return int(text)
    return text


def settle_answer(row: LedgerRow, answer: BatchAnswer, *, already: bool = False) -> Settled:
    """What one item's answer makes of its row.

    ``row`` is as it was before this try. ``already``: an earlier item of the same batch showed the person in the group
    that the row adds them to. What others did is never ``applied``, unless an earlier try of ours may have done it.
    """
    repeated = 1 if answer.after_lost else 0
    ours = row.attempts > 0 or answer.after_lost
    if answer.ok and row.kind is ChangeKind.ADD_GROUP and already and not ours:
        return Settled(row.id, ChangeState.SKIPPED, ALREADY_IN)
    if answer.ok:
        settled = evolve(_shown(row, answer), tries=repeated)
        return evolve(settled, error=MAYBE_OURS) if already and row.kind is ChangeKind.ADD_GROUP else settled
    if answer.problem:
        why = f"its answer can't be read ({answer.problem}); to be read back"
        return Settled(row.id, ChangeState.UNKNOWN, why, tries=repeated)
    if answer.code == 404 and row.kind in _READ_AFTER_404:
        # Gone from the group, or gone altogether, or not found by this form of request: the person is read by id.
        what = "remove" if row.kind is ChangeKind.REMOVE_GROUP else "write"
        return Settled(row.id, ChangeState.UNKNOWN, f"404 on the {what}; to be read back", 404, tries=repeated)
    if answer.code == TOO_MANY or answer.code in NO_RIGHT:
        # Neither is a try: the one waits for the quota, the other for a key; nothing was done.
        note = f"answer {answer.code}; to be sent again"
        return Settled(row.id, ChangeState.PLANNED, note, tries=repeated - 1)
    if answer.code in RETRYABLE or answer.code >= 500:
        if row.attempts + 1 < MAX_TRIES:
            return Settled(row.id, ChangeState.PLANNED, f"answer {answer.code}; to be tried again")
        return Settled(row.id, ChangeState.UNKNOWN, f"answer {answer.code}, {MAX_TRIES} times; to be read back")
    # A membership can be refused because it stands already, where a try before it took effect; or the group is gone
    # and not the person. Reading the person tells.
    state = ChangeState.FAILED if row.kind is ChangeKind.SET_FIELD else ChangeState.UNKNOWN
    return Settled(row.id, state, _refusal(answer), refused_status=answer.code, tries=repeated)


def settle_read(row: LedgerRow, person: Subscriber | None) -> Settled:
    """What a row becomes whose answer was lost, or was a refusal that may be none, by how its person looks now."""
    if person is None:
        return Settled(row.id, ChangeState.FAILED, GONE, refused_status=404)
    if is_shown(row, person):
        if row.refused_status is None:
            return Settled(row.id, ChangeState.APPLIED)
        # A refusal to the only try says that the row itself did nothing: others brought it about.
        if row.attempts > 1:
            return Settled(row.id, ChangeState.APPLIED, MAYBE_OURS)
        return Settled(row.id, ChangeState.SKIPPED, _STANDS_ALREADY[row.kind])
    if row.refused_status == TOO_MANY:
        # It was no refusal of this change either, so the next plan asks again.
        why = f"tried {MAX_TRIES} times, read back: not written"
        return Settled(row.id, ChangeState.FAILED, why, tries=max(0, MAX_TRIES - row.attempts))
    if row.refused_status is not None and not (row.refused_status == 404 and row.kind in _READ_AFTER_404):
        return Settled(row.id, ChangeState.FAILED, row.error, refused_status=row.refused_status)
    if row.attempts >= MAX_TRIES:
        return Settled(row.id, ChangeState.FAILED, f"tried {row.attempts} times, read back: not written")
    return Settled(row.id, ChangeState.PLANNED, "read back: not written; to be tried again")


def _shown(row: LedgerRow, answer: BatchAnswer) -> Settled:
    if row.kind is not ChangeKind.SET_FIELD:
        return Settled(row.id, ChangeState.APPLIED)
    person = shown_by(answer)
    if person is not None and is_shown(row, person):
        return Settled(row.id, ChangeState.APPLIED)
    return Settled(row.id, ChangeState.UNKNOWN, f"answer {answer.code} does not show the value; to be read back")


def shown_by(answer: BatchAnswer) -> Subscriber | None:
    """The person that an answer shows, if it shows a usable one."""
    try:
        return answer.subscriber() if answer.ok else None
    except BemaError:
        return None


def _refusal(answer: BatchAnswer) -> str:
    silent = answer.body in (None, "", {}, [], {"message": ""})
    text = answer.message or ("no reason given" if silent else json.dumps(answer.body, ensure_ascii=False))
    return clean(f"{answer.code}: {text}")[:300]
