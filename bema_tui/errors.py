"""What can go wrong, as one small tree; every error carries what was tried, where, and what the operator can do.

The tree:

    BemaError
        ConfigurationError
        NeedsNewSync
        UsageError
        UnsupportedOperation
        ProviderError
            ConnectionFailed
                ServerFailed
            NotAuthorized
            RateLimited
            RequestRefused
            BadAnswer
            WriteUnknown
            IncompleteRead
                ListChanged
        WrongAccount
        StoreError
            DatabaseBusy
            NewerDatabase
        LockHeld
        LockLost
        Stopped
        RuleError

``providers.http.breaker`` hangs one of its own, ``CircuitOpen``, under ``ConnectionFailed``.
"""

from __future__ import annotations

from typing import ClassVar, Final, Self

from bema_tui.text import clean
from bema_tui.waits import Wait

_LONGEST: Final = 4000


class BemaError(Exception):
    """The root of all errors of this program.

    Attributes:
        message: what happened, to what, in one sentence.
        tried: what the program was about to do, as one says it behind "to": ``read page 1 of the sales``.
        where: the system, file or URL it happened at, never with a secret in it.
        retryable: whether the same thing, tried again, can succeed.
        advice: what the operator can do.
    """

    exit_status: ClassVar[int] = 1
    says_tried: ClassVar[bool] = True
    """Whether its text says what was tried; not where that is the very command that was given."""
    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        tried: str = "",
        where: str = "",
        advice: str = "",
        retryable: bool | None = None,
    ) -> None:
        # A path, an argument or a library's words in it may hold what a terminal would obey.
        self.message = clean(message, _LONGEST)
        self.tried = clean(tried, _LONGEST)
        self.where = clean(where, _LONGEST)
        self.advice = clean(advice, _LONGEST)
        super().__init__(self.message)
        if retryable is not None:
            self.retryable = retryable

    def __str__(self) -> str:
        parts = [self.message]
        if self.where and self.where not in self.message:
            parts.append(f"Where: {self.where}.")
        if self.tried and self.says_tried:
            parts.append(f"It happened when trying to {self.tried}.")
        if self.advice:
            parts.append(f"What to do: {self.advice}")
        return " ".join(parts)

    def as_dict(self) -> dict[str, object]:
        """Returns the error for ``--json`` and the database."""
        return {
            "error": type(self).__name__,
            "message": self.message,
            "tried": self.tried,
            "where": self.where,
            "retryable": self.retryable,
            "advice": self.advice,
        }


class ConfigurationError(BemaError):
    """A setting is missing, malformed or refused (for example a file with secrets that others can read)."""

    exit_status = 2


class NeedsNewSync(BemaError):
    """A run can't do what it planned, and a resume would end the same: the advice names the sync that can."""


class UsageError(BemaError):
    """The command was asked for something that does not exist or does not fit its present state."""

    exit_status = 2
    says_tried = False


class UnsupportedOperation(BemaError):
    """A provider was asked for what its service cannot do: the shop's API only reads."""


class ProviderError(BemaError):
    """The shop or the mailing service did not give what was asked for."""


class ConnectionFailed(ProviderError):
    """No usable answer: the service is down, too slow, or the line is."""

    retryable = True


class ServerFailed(ConnectionFailed):
    """The service answered, and with a failure of its own (5xx)."""


class NotAuthorized(ProviderError):
    """The key or token is wrong, revoked, or lacks a right."""


class RateLimited(ProviderError):
    """The service asks for more waiting than one request waits by itself: for ``seconds`` from now on.

    Nothing of the request was done. A run is paused for so long, and goes on. ``wait`` says what for; ``waited`` are
    the seconds that were waited for it before.
    """

    retryable = True

    def __init__(
        self,
        message: str,
        *,
        seconds: float,
        wait: Wait,
        waited: float = 0.0,
        tried: str = "",
        where: str = "",
        advice: str = "",
    ) -> None:
        super().__init__(message, tried=tried, where=where, advice=advice)
        self.seconds = seconds
        self.wait = wait
        self.waited = waited


class RequestRefused(ProviderError):
    """The service understood the request and refused it (4xx)."""

    def __init__(self, message: str, *, status: int, detail: str = "", tried: str = "", where: str = "") -> None:
        super().__init__(message, tried=tried, where=where)
        self.status = status
        self.detail = detail


class BadAnswer(ProviderError):
    """The answer is not what the API promises: HTML, an empty body, a missing key, a row that does not parse."""

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        tried: str = "",
        where: str = "",
        advice: str = "",
        retryable: bool = False,
    ) -> None:
        super().__init__(message, tried=tried, where=where, advice=advice, retryable=retryable)
        self.path = path


class WriteUnknown(ProviderError):
    """A write was sent and its answer lost: it may or may not have happened, and must be read."""

    retryable = True


class IncompleteRead(ProviderError):
    """A list could not be read whole, so nothing may rest on it."""

    retryable = True


class ListChanged(IncompleteRead):
    """A list changed while it was read page by page: who came is in it; others may be in it, too."""


class WrongAccount(BemaError):
    """The database belongs to another MailerLite account or another shop."""

    exit_status = 2

    @classmethod
    def met(cls, owner: str, sequel: str, *, tried: str, where: str, advice: str = "") -> Self:
        """Returns the error of a database that belongs to ``owner``; ``sequel`` goes on with whom it met instead."""
        return cls(
            f"This database belongs to {owner}{sequel}",
            tried=tried,
            where=where,
            advice=advice or "Check the key and the URL in the settings, or use another database for this account.",
        )


class StoreError(BemaError):
    """The database can't be used: not writable, full, locked for too long, or damaged."""


class DatabaseBusy(StoreError):
    """Another process holds the database's write lock: ``holder``, where that can be told."""

    retryable = True

    def __init__(
        self,
        message: str,
        *,
        holder: str = "",
        suspended: bool = False,
        tried: str = "",
        where: str = "",
        advice: str = "",
    ) -> None:
        super().__init__(message, tried=tried, where=where, advice=advice)
        self.holder = holder
        self.suspended = suspended


class NewerDatabase(StoreError):
    """The database was made by a newer version of this program."""

    exit_status = 2


class LockHeld(BemaError):
    """Another run holds the campaign's lock."""

    exit_status = 4
    says_tried = False

    def __init__(self, message: str, *, lock_id: str, holder: str, state: str, advice: str = "") -> None:
        super().__init__(message, tried="take the campaign's lock", advice=advice)
        self.lock_id = lock_id
        self.holder = holder
        self.state = state

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "lock": self.lock_id, "holder": self.holder, "lock_state": self.state}


class LockLost(BemaError):
    """This run's lock was released or taken: it must not write any more."""

    exit_status = 5


class Stopped(BemaError):
    """Somebody asked for a stop, or the program is shutting down; not a failure."""

    exit_status = 5


class RuleError(BemaError):
    """A name, a code or a move is outside the label's rules."""

    exit_status = 2
