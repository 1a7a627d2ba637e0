"""The words that people read for what the ledger knows as data. They are made last, and decide nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, Protocol

from bema_tui.model import Cause, ChangeKind, ChangeOutcome, ChangeState, Purpose, Tier, split_tiers
from bema_tui.rules.tiers import LABEL, NO_TIER, ORDER, label

_HEADINGS: Final[Mapping[Cause, str]] = MappingProxyType(
    {
        Cause.FIELD_ONLY: "not moved: only field set",
        Cause.IN_WOOD: "in Wood: only field set",
        Cause.NOT_ACTIVE: "not active: only field set",
        Cause.LOWER_OFF: "two tiers: lower removed",
        Cause.REFUND_NOT_ACTIVE: "refund: only field cleared",
        Cause.CREATE_MISSING: "create what is missing",
    }
)
"""The headings of causes that move nobody to another tier."""
_MOVES: Final[Mapping[Cause, str]] = MappingProxyType(
    {
        Cause.REFUND: "refund",
        Cause.NEW_BUYER: "new buyer",
        Cause.TRANSITION: "next campaign",
        Cause.UNDO: "undo",
    }
)
"""The first words of moves whose cause matters more than where they come from."""


def heading(purpose: Purpose) -> str:
    """What a plan calls the changes of one purpose."""
    if purpose.cause in _HEADINGS:
        return _HEADINGS[purpose.cause]
    return f"{_MOVES.get(purpose.cause) or label(purpose.from_tier)} → {label(purpose.to_tier)}"


def where_text(tiers: Iterable[Tier]) -> str:
    """Tiers as messages say where somebody stands."""
    return " and ".join(LABEL[tier] for tier in sorted(tiers, key=ORDER.index)) or NO_TIER


class Change(Protocol):
    """What the words need of a change: a ledger row has it, as the engine and as the screens know it."""

    @property
    def kind(self) -> ChangeKind: ...

    @property
    def target_name(self) -> str: ...

    @property
    def state(self) -> ChangeState: ...

    @property
    def outcome(self) -> ChangeOutcome | None: ...

    @property
    def detail(self) -> str: ...

    @property
    def refused_status(self) -> int | None: ...


def outcome_text(change: Change) -> str:
    """Why a change stands as it does; empty where its state says it all."""
    if change.outcome is None:
        return ""
    text = _OUTCOMES[change.outcome](change)
    undone = change.outcome in _BY_OTHERS and change.state is ChangeState.FAILED
    # What was answered ok, and others undid since, is not called skipped.
    return f"answered ok, but {_NOT_SHOWN}: {text}" if undone else text


_NOT_SHOWN: Final = "the read-back does not show it"
_BY_OTHERS: Final = frozenset(
    {
        ChangeOutcome.STANDS_ALREADY,
        ChangeOutcome.OVERTAKEN,
        ChangeOutcome.FIELD_CHANGED,
        ChangeOutcome.STATUS_CHANGED,
        ChangeOutcome.GROUP_GONE,
        ChangeOutcome.ADD_NOT_APPLIED,
    }
)
"""Why a change is not sent any more, by what others did."""
_STANDS_ALREADY: Final[Mapping[ChangeKind, str]] = MappingProxyType(
    {
        ChangeKind.ADD_GROUP: "is in the group already",
        ChangeKind.REMOVE_GROUP: "is not in the group any more",
        ChangeKind.SET_FIELD: "the field has this value already",
    }
)


def _refused(change: Change) -> str:
    return f"{change.refused_status}: {change.detail}"


def _throttled(change: Change) -> str:
    if change.kind is ChangeKind.CREATE_SUBSCRIBER:
        return f"answer 429 for {change.detail} seconds, though look-ups are answered"
    return f"answer 429, {change.detail} times, beside others that were answered; to be read back"


def _server_failed(change: Change) -> str:
    done = "read back" if change.state is ChangeState.UNKNOWN else "tried again"
    return f"answer {change.detail}; to be {done}"


def _not_found(change: Change) -> str:
    return f"404 on the {'remove' if change.kind is ChangeKind.REMOVE_GROUP else 'write'}; to be read back"


def _lost_answer(change: Change) -> str:
    if not change.detail:
        return "its answer was lost; to be read back"
    return f"{change.detail} The next plan looks again." if change.state is ChangeState.FAILED else change.detail


def _not_shown(change: Change) -> str:
    if change.kind is ChangeKind.CREATE_SUBSCRIBER:
        return "MailerLite answered ok, but does not show what was sent"
    return f"MailerLite answered ok, but {_NOT_SHOWN}" if change.state is ChangeState.FAILED else _NOT_SHOWN


def _not_written(change: Change) -> str:
    if change.state is ChangeState.FAILED:
        return f"tried {change.detail} times, read back: not written"
    return "read back: not written; to be tried again"


def _overtaken(change: Change) -> str:
    return f"moved meanwhile: stands in {where_text(split_tiers(change.detail))} now"


def _there_meanwhile(change: Change) -> str:
    created = change.kind is ChangeKind.CREATE_SUBSCRIBER
    return "is known to MailerLite meanwhile" if created else "is there meanwhile"


def _moved_today(change: Change) -> str:
    often = "once" if change.detail == "1" else f"{change.detail} times"
    return f"was moved {often} today already; waits until tomorrow"


_OUTCOMES: Final[Mapping[ChangeOutcome, Callable[[Change], str]]] = MappingProxyType(
    {
        ChangeOutcome.REFUSED: _refused,
        ChangeOutcome.REFUSED_FOR_STATUS: _refused,
        ChangeOutcome.THROTTLED: _throttled,
        ChangeOutcome.NOT_TAKEN: lambda change: f"answer {change.detail}; to be sent again",
        ChangeOutcome.SERVER_FAILED: _server_failed,
        ChangeOutcome.NOT_FOUND: _not_found,
        ChangeOutcome.LOST_ANSWER: _lost_answer,
        ChangeOutcome.PROCESS_DIED: lambda _: "its process died; to be read back",
        ChangeOutcome.OTHER_ACCOUNT: lambda change: change.detail,
        ChangeOutcome.UNREADABLE_ANSWER: lambda change: f"its answer can't be read ({change.detail}); to be read back",
        ChangeOutcome.VALUE_NOT_SHOWN: (
            lambda change: f"answer {change.detail} does not show the value; to be read back"
        ),
        ChangeOutcome.NOT_SHOWN: _not_shown,
        ChangeOutcome.NOT_WRITTEN: _not_written,
        ChangeOutcome.MAYBE_OURS: lambda _: "stands; an earlier try of this run may have done it, or somebody else",
        ChangeOutcome.STANDS_ALREADY: lambda change: _STANDS_ALREADY.get(change.kind, "is so already"),
        ChangeOutcome.OVERTAKEN: _overtaken,
        ChangeOutcome.FIELD_CHANGED: lambda change: f"the field holds {change.detail or 'nothing'} now",
        ChangeOutcome.STATUS_CHANGED: lambda change: f"the subscriber is {change.detail} now",
        ChangeOutcome.GROUP_GONE: lambda _: "the group is gone from MailerLite",
        ChangeOutcome.GONE: lambda _: "the subscriber is gone from MailerLite",
        ChangeOutcome.UNREADABLE_SUBSCRIBER: lambda change: f"the person can't be read: {change.detail}",
        ChangeOutcome.ADD_NOT_APPLIED: lambda _: "its add was not applied",
        ChangeOutcome.TARGET_NOT_CREATED: lambda change: f"{change.target_name} could not be created",
        ChangeOutcome.THERE_MEANWHILE: _there_meanwhile,
        ChangeOutcome.NOT_PROVED_UNKNOWN: lambda change: f"is not proved to be unknown: {change.detail}",
        ChangeOutcome.MOVED_TODAY: _moved_today,
        ChangeOutcome.OTHER: lambda change: change.detail,
    }
)
