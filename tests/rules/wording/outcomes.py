"""Ledger rows of every outcome, with the words that people read for each."""

from __future__ import annotations

from attrs import frozen

from bema_tui.model import ChangeKind, ChangeOutcome, ChangeState


@frozen
class Row:
    """A ledger row as the words need it."""

    outcome: ChangeOutcome | None
    detail: str = ""
    state: ChangeState = ChangeState.SKIPPED
    kind: ChangeKind = ChangeKind.ADD_GROUP
    refused_status: int | None = None
    target_name: str = "2024_ETB_NBL_GOLD"


FAILED, PLANNED, UNKNOWN = ChangeState.FAILED, ChangeState.PLANNED, ChangeState.UNKNOWN
SET, REMOVE, CREATE = ChangeKind.SET_FIELD, ChangeKind.REMOVE_GROUP, ChangeKind.CREATE_SUBSCRIBER
WHY = (
    (Row(None), ""),
    (Row(ChangeOutcome.REFUSED, "No.", FAILED, refused_status=422), "422: No."),
    (Row(ChangeOutcome.REFUSED_FOR_STATUS, "unsubscribed", FAILED, refused_status=422), "422: unsubscribed"),
    (
        Row(ChangeOutcome.THROTTLED, "3", UNKNOWN, refused_status=429),
        "answer 429, 3 times, beside others that were answered; to be read back",
    ),
    (Row(ChangeOutcome.THROTTLED, "600", FAILED, CREATE), "answer 429 for 600 seconds, though look-ups are answered"),
    (Row(ChangeOutcome.NOT_TAKEN, "403", PLANNED), "answer 403; to be sent again"),
    (Row(ChangeOutcome.SERVER_FAILED, "503", PLANNED), "answer 503; to be tried again"),
    (Row(ChangeOutcome.SERVER_FAILED, "503, 3 times", UNKNOWN), "answer 503, 3 times; to be read back"),
    (Row(ChangeOutcome.NOT_FOUND, "", UNKNOWN, REMOVE, 404), "404 on the remove; to be read back"),
    (Row(ChangeOutcome.NOT_FOUND, "", UNKNOWN, SET, 404), "404 on the write; to be read back"),
    (Row(ChangeOutcome.LOST_ANSWER, "", UNKNOWN), "its answer was lost; to be read back"),
    (Row(ChangeOutcome.LOST_ANSWER, "The line broke.", UNKNOWN), "The line broke."),
    (Row(ChangeOutcome.LOST_ANSWER, "The line broke.", FAILED, CREATE), "The line broke. The next plan looks again."),
    (Row(ChangeOutcome.PROCESS_DIED, "", UNKNOWN), "its process died; to be read back"),
    (Row(ChangeOutcome.OTHER_ACCOUNT, "Account 9 answered.", UNKNOWN), "Account 9 answered."),
    (Row(ChangeOutcome.UNREADABLE_ANSWER, "no code", UNKNOWN), "its answer can't be read (no code); to be read back"),
    (Row(ChangeOutcome.VALUE_NOT_SHOWN, "200", UNKNOWN, SET), "answer 200 does not show the value; to be read back"),
    (Row(ChangeOutcome.NOT_SHOWN, "", UNKNOWN), "the read-back does not show it"),
    (Row(ChangeOutcome.NOT_SHOWN, "", FAILED), "MailerLite answered ok, but the read-back does not show it"),
    (Row(ChangeOutcome.NOT_SHOWN, "", FAILED, CREATE), "MailerLite answered ok, but does not show what was sent"),
    (Row(ChangeOutcome.NOT_WRITTEN, "", PLANNED), "read back: not written; to be tried again"),
    (Row(ChangeOutcome.NOT_WRITTEN, "3", FAILED), "tried 3 times, read back: not written"),
    (
        Row(ChangeOutcome.MAYBE_OURS, "", ChangeState.APPLIED),
        "stands; an earlier try of this run may have done it, or somebody else",
    ),
    (Row(ChangeOutcome.STANDS_ALREADY), "is in the group already"),
    (Row(ChangeOutcome.STANDS_ALREADY, kind=REMOVE), "is not in the group any more"),
    (Row(ChangeOutcome.STANDS_ALREADY, kind=SET), "the field has this value already"),
    (Row(ChangeOutcome.OVERTAKEN, "gold,wood"), "moved meanwhile: stands in Gold and Wood now"),
    (Row(ChangeOutcome.OVERTAKEN), "moved meanwhile: stands in no tier now"),
    (
        Row(ChangeOutcome.OVERTAKEN, "gold", FAILED),
        "answered ok, but the read-back does not show it: moved meanwhile: stands in Gold now",
    ),
    (Row(ChangeOutcome.FIELD_CHANGED, "5", kind=SET), "the field holds 5 now"),
    (Row(ChangeOutcome.FIELD_CHANGED, kind=SET), "the field holds nothing now"),
    (Row(ChangeOutcome.STATUS_CHANGED, "unsubscribed"), "the subscriber is unsubscribed now"),
    (Row(ChangeOutcome.GROUP_GONE), "the group is gone from MailerLite"),
    (Row(ChangeOutcome.GONE), "the subscriber is gone from MailerLite"),
    (Row(ChangeOutcome.GONE, "", FAILED, refused_status=404), "the subscriber is gone from MailerLite"),
    (Row(ChangeOutcome.UNREADABLE_SUBSCRIBER, "data.email: no text"), "the person can't be read: data.email: no text"),
    (Row(ChangeOutcome.ADD_NOT_APPLIED, kind=REMOVE), "its add was not applied"),
    (Row(ChangeOutcome.TARGET_NOT_CREATED), "2024_ETB_NBL_GOLD could not be created"),
    (Row(ChangeOutcome.THERE_MEANWHILE, kind=ChangeKind.CREATE_GROUP), "is there meanwhile"),
    (Row(ChangeOutcome.THERE_MEANWHILE, kind=CREATE), "is known to MailerLite meanwhile"),
    (Row(ChangeOutcome.NOT_PROVED_UNKNOWN, "no proof", kind=CREATE), "is not proved to be unknown: no proof"),
    (Row(ChangeOutcome.MOVED_TODAY, "1"), "was moved once today already; waits until tomorrow"),
    (Row(ChangeOutcome.MOVED_TODAY, "3"), "was moved 3 times today already; waits until tomorrow"),
    (Row(ChangeOutcome.OTHER, "502 three times"), "502 three times"),
)
