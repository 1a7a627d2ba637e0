"""What went wrong on the line, in plain words, and whether the request can have arrived."""

from __future__ import annotations

import math
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from bema_tui.bounds import RETRY_AFTER
from bema_tui.clock import utc_now
from bema_tui.providers.http.certificates import untrusted_words
from bema_tui.providers.http.connection import Route

_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_HEAD_TOO_LONG: Final = 431
_RETRIED: Final = frozenset({408, 425, 429})


class TryFailedError(Exception):
    """One try that may be repeated. It never leaves this package and never holds more than plain words.

    ``damaged`` says that there was an answer, but not a whole one; ``final``, that another try would end the same;
    ``advice``, what to do where that differs from the usual.
    """

    def __init__(
        self,
        words: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        damaged: bool = False,
        final: bool = False,
        advice: str = "",
    ) -> None:
        super().__init__(words)
        self.words = words
        self.status = status
        self.retry_after = retry_after
        self.damaged = damaged
        self.final = final
        self.advice = advice


def worth_repeating(status: int) -> bool:
    """Only 408, 425, 429 and 5xx are tried again. Domain rules, section 7."""
    return status in _RETRIED or 500 <= status < 600


def may_have_happened(status: int) -> bool:
    """Whether a write answered like this may have taken effect: "too early" and "too many" say that it did not."""
    return status not in {425, 429}


def never_sent(error: httpx.RequestError) -> bool:
    """Whether the request certainly did not reach the service."""
    return isinstance(error, _NEVER_SENT)


def no_answer(error: Exception, url: httpx.URL, route: Route, timeout: float) -> TryFailedError:
    """A request that got no answer, in words that follow "MailerLite can't be reached at https://…: "."""
    untrusted = next((cause for cause in _chain(error) if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if untrusted is not None:
        words, advice = untrusted_words(untrusted, url.host)
        if route.proxy is not None and route.proxy.url.scheme == "https":
            words = f"{words}; or it is the certificate of {route.name}"
        return TryFailedError(words, final=True, advice=advice)
    words = _in_words(error, timeout)
    if not route.name:
        return TryFailedError(words)
    advice = f"Check {route.variable}, and whether the proxy is up; or go past it with NO_PROXY={url.host}."
    if isinstance(error, httpx.ProxyError):
        status = int(said[0]) if (said := re.match(r"\d{3}", str(error))) else 0
        if status == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
            advice = f"Put a user name and a password into {route.variable}: http://name:password@proxy.example:3128."
        final = not worth_repeating(status)
        return TryFailedError(f"{route.name} refuses ({status or 'without a reason'})", final=final, advice=advice)
    if isinstance(error, httpx.ConnectError):
        return TryFailedError(f"{route.name} does not answer: {words}", advice=advice)
    return TryFailedError(f"{words}, by way of {route.name}", advice=advice)


def _in_words(error: Exception, timeout: float) -> str:
    causes = list(_chain(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        plain = any("WRONG_VERSION_NUMBER" in str(cause) for cause in causes)
        return "no encryption is spoken at this port" if plain else "no encrypted connection could be made"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "its name is not known (DNS)"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "connection refused"
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {timeout:g} seconds"
    if isinstance(error, httpx.DecodingError):
        return "the answer is garbled"
    if any(getattr(cause, "error_status_hint", None) == _HEAD_TOO_LONG for cause in causes):
        return "the head of its answer has no end"
    if isinstance(error, httpx.RequestError) and never_sent(error):
        return "no connection could be made"
    return "the connection broke before the answer was whole"


def retry_after(headers: httpx.Headers, now: datetime | None = None) -> float | None:
    """The seconds that ``Retry-After`` asks for, from either of its two forms; None when it says nothing usable.

    A moment is held against the server's own clock (``Date``), which may differ from ours (``now``). Whoever asks for
    more than ``bounds.RETRY_AFTER`` allows is asked again after that: a slip of a digit must not shut us out for years.
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
        seconds = (when - (moment(headers.get("date", "")) or now or utc_now())).total_seconds()
    return RETRY_AFTER.clip(seconds) if math.isfinite(seconds) else None


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
