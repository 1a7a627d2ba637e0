"""A change says as data why it stands as it does; until now words said so, which are read here for the last time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Outcome = tuple[str, str]
"""The outcome, and its detail."""
_PAGE: Final = 1000  # rows in memory at once
_TIERS: Final = {
    "Opt-In": "opt_in",
    "Gold": "gold",
    "Silver": "silver",
    "Bronze": "bronze",
    "Wood": "wood",
    "Gold Purchased": "gold_purchased",
    "Silver Purchased": "silver_purchased",
    "Bronze Purchased": "bronze_purchased",
}
_INACTIVE: Final = ("unsubscribed", "unconfirmed", "bounced", "junk")
_UNDONE: Final = "answered ok, but the read-back does not show it: "
_BY_OTHERS: Final = frozenset(
    {"stands_already", "overtaken", "field_changed", "status_changed", "group_gone", "add_not_applied"}
)
_EXACT: Final[Mapping[str, str]] = {
    "404 on the remove; to be read back": "not_found",
    "404 on the write; to be read back": "not_found",
    "its answer was lost; to be read back": "lost_answer",
    "its process died; to be read back": "process_died",
    "MailerLite answered ok, but does not show what was sent": "not_shown",
    "MailerLite answered ok, but the read-back does not show it": "not_shown",
    "the read-back does not show it": "not_shown",
    "read back: not written; to be tried again": "not_written",
    "stands; an earlier try of this run may have done it, or somebody else": "maybe_ours",
    "is in the group already": "stands_already",
    "is not in the group any more": "stands_already",
    "the field has this value already": "stands_already",
    "the group is gone from MailerLite": "group_gone",
    "the subscriber is gone from MailerLite": "gone",
    "its add was not applied": "add_not_applied",
    "is there meanwhile": "there_meanwhile",
    "is known to MailerLite meanwhile": "there_meanwhile",
    "was moved once today already; waits until tomorrow": "moved_today",
}
_PATTERNS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), outcome)
    for pattern, outcome in (
        (r"answer 429, (\d+) times, beside others that were answered; to be read back", "throttled"),
        (r"answer 429 for (\d+) seconds, though look-ups are answered", "throttled"),
        (r"answer (\d+); to be sent again", "not_taken"),
        (r"answer (\d+); to be tried again", "server_failed"),
        (r"answer (\d+, \d+ times); to be read back", "server_failed"),
        (r"its answer can't be read \((.*)\); to be read back", "unreadable_answer"),
        (r"answer (\d+) does not show the value; to be read back", "value_not_shown"),
        (r"tried (\d+) times, read back: not written", "not_written"),
        (r"the subscriber is (\w+) now", "status_changed"),
        (r"the person can't be read: (.*)", "unreadable_person"),
        (r"is not proved to be unknown: (.*)", "not_proved_unknown"),
        (r"was moved (\d+) times today already; waits until tomorrow", "moved_today"),
        (r"(.*) The next plan looks again\.", "lost_answer"),
    )
)
_STANDS: Final = re.compile(r"moved meanwhile: stands in (.*) now")
_HOLDS: Final = re.compile(r"the field holds (.*) now", re.DOTALL)

_columns = ("id", "state", "target_name", "refused_status", "error", "outcome", "detail")
_ledger = sa.table("ledger", *(sa.column(name) for name in _columns))
_old = _ledger.c


def upgrade(op: Operations) -> None:
    """What the words of a row mean that no version has written is kept as it is."""
    op.add_column("ledger", sa.Column("outcome", sa.String(length=24), nullable=True))
    op.add_column("ledger", sa.Column("detail", sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    change = sa.update(_ledger).where(_old.id == sa.bindparam("row"))
    change = change.values(outcome=sa.bindparam("new_outcome"), detail=sa.bindparam("new_detail"))
    wanted = sa.select(_ledger).where(_old.error.is_not(None)).order_by(_old.id).limit(_PAGE)
    page = connection.execute(wanted).all()
    while page:
        read = [(row.id, _outcome(row)) for row in page]
        values = [{"row": row, "new_outcome": outcome, "new_detail": detail} for row, (outcome, detail) in read]
        connection.execute(change, values)
        page = connection.execute(wanted.where(_old.id > page[-1].id)).all()
    op.drop_column("ledger", "error")


def _outcome(row: sa.Row[Any]) -> Outcome:
    """What the words of a row mean."""
    text = str(row.error)
    if row.state == "failed" and text.startswith(_UNDONE):
        found = _read(row, text.removeprefix(_UNDONE))
        return found if found is not None and found[0] in _BY_OTHERS else ("other", text)
    return _read(row, text) or ("other", text)


def _read(row: sa.Row[Any], text: str) -> Outcome | None:
    readings = (read(row, text) for read in _READERS)
    return next((found for found in readings if found is not None), None)


def _refusal(row: sa.Row[Any], text: str) -> Outcome | None:
    code, colon, words = text.partition(": ")
    if not colon or code != str(row.refused_status):
        return None
    for_status = code == "422" and any(status in words for status in _INACTIVE)
    return ("refused_for_status" if for_status else "refused"), words


def _not_created(row: sa.Row[Any], text: str) -> Outcome | None:
    return ("target_not_created", "") if text == f"{row.target_name} could not be created" else None


def _exact(_: sa.Row[Any], text: str) -> Outcome | None:
    detail = "1" if text.startswith("was moved once") else ""
    return (_EXACT[text], detail) if text in _EXACT else None


def _moved(_: sa.Row[Any], text: str) -> Outcome | None:
    stands = _STANDS.fullmatch(text)
    if stands is None:
        return None
    labels = stands[1].split(" and ")
    known = [_TIERS[label] for label in labels if label in _TIERS]
    return ("overtaken", ",".join(known)) if len(known) == len(labels) or stands[1] == "no tier" else None


def _field(_: sa.Row[Any], text: str) -> Outcome | None:
    holds = _HOLDS.fullmatch(text)
    return None if holds is None else ("field_changed", "" if holds[1] == "nothing" else holds[1])


def _pattern(_: sa.Row[Any], text: str) -> Outcome | None:
    matches = ((pattern.fullmatch(text), outcome) for pattern, outcome in _PATTERNS)
    return next(((outcome, match[1]) for match, outcome in matches if match is not None), None)


_READERS: Final[tuple[Callable[[sa.Row[Any], str], Outcome | None], ...]] = (
    _refusal,
    _not_created,
    _exact,
    _moved,
    _field,
    _pattern,
)
