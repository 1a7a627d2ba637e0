"""What went wrong on the line, in plain words, and whether the request can have arrived."""

from __future__ import annotations

import math
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_RETRIED: Final = frozenset({408, 425, 429})


class TryFailedError(Exception):
    """One try that may be repeated. It never leaves this package and never holds more than plain words.

    ``damaged`` says that there was an answer, but not a whole one.
    """

    def __init__(
        self, words: str, *, status: int | None = None, retry_after: float | None = None, damaged: bool = False
    ) -> None:
        super().__init__(words)
        self.words = words
        self.status = status
        self.retry_after = retry_after
        self.damaged = damaged


def worth_repeating(status: int) -> bool:
    """Only 408, 425, 429 and 5xx are tried again. Domain rules, section 7."""
    return status in _RETRIED or 500 <= status < 600


def may_have_happened(status: int) -> bool:
    """Whether a write answered like this may have taken effect: "too early" and "too many" say that it did not."""
    return status not in {425, 429}


def never_sent(error: httpx.RequestError) -> bool:
    """Whether the request certainly did not reach the service."""
    return isinstance(error, _NEVER_SENT)


def in_words(error: httpx.RequestError, timeout: float) -> str:
    """The error as a clause that follows "MailerLite can't be reached: "."""
    causes = list(_chain(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "its certificate is not trusted"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "no encrypted connection could be made"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "its name is not known (DNS)"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "connection refused"
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {timeout:g} seconds"
    if isinstance(error, httpx.DecodingError):
        return "the answer is garbled"
    if never_sent(error):
        return "no connection could be made"
    return "the connection broke before the answer was whole"


def retry_after(headers: httpx.Headers, now: datetime | None = None) -> float | None:
    """The seconds that ``Retry-After`` asks for, from either of its two forms; None when it says nothing usable.

    A moment is held against the server's own clock (``Date``), which may differ from ours (``now``).
    """
    raw = headers.get("retry-after", "").strip()
    if not raw:
        return None
    try:
        seconds = float(raw)
    except ValueError:
        when = moment(raw)
        if when is None:
            return None
        seconds = (when - (moment(headers.get("date", "")) or now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def moment(header: str) -> datetime | None:
    """A header's date, UTC; None without a usable one."""
    try:
        found = parsedate_to_datetime(header)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    queue = [error]
    while queue:
        current = queue.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        queue += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            queue += current.exceptions
