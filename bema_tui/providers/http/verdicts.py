"""What a final answer, or the lack of one, means to the operator: one of our errors, in plain words."""

from __future__ import annotations

from typing import Final

import httpx

from bema_tui.bounds import RETRY_AFTER
from bema_tui.errors import (
    BadAnswer,
    BemaError,
    ConnectionFailed,
    NotAuthorized,
    RateLimited,
    RequestRefused,
    ServerFailed,
    WriteUnknown,
)
from bema_tui.providers.http.call import Call, FaultKind, Service
from bema_tui.providers.http.failures import TryFailedError
from bema_tui.providers.http.intermediaries import challenged, refused_in_front, safe, sent_elsewhere
from bema_tui.providers.http.responses import message_of, object_of, words_of
from bema_tui.providers.http.url import shown
from bema_tui.waits import Wait, WaitReason

_TOO_HEAVY: Final = frozenset({500, 502, 504})
"""What a server answers whose program ran out of memory or time."""


def complaint(service: Service, call: Call, response: httpx.Response) -> BemaError | None:
    """The error that a whole, final answer stands for, if any."""
    status = response.status_code
    if challenged(response):
        return refused_in_front(service, call, response)
    if response.is_success:
        return None
    if not response.is_client_error:
        return sent_elsewhere(service, call, response)
    body, _ = object_of(response)
    if not service.wrote(response, body):
        return refused_in_front(service, call, response)
    detail = safe(service, message_of(body), 300)
    said = f": {detail}" if detail else "."
    where = shown(service.url)
    if status in {401, 403}:
        return NotAuthorized(
            f"{service.name} refuses the key ({status}){said}",
            tried=call.tried,
            where=where,
            advice=service.rights_advice,
        )
    return RequestRefused(
        f"{service.name} refused the request ({status}){said}",
        status=status,
        detail=detail,
        tried=call.tried,
        where=where,
    )


def answered(service: Service, response: httpx.Response) -> str:
    """An answer that says that the service has trouble, as a clause: its status, and its own words."""
    said = safe(service, words_of(response), 200)
    return f"it answered {response.status_code}{said and f' ({said})'}"


def gave_up(service: Service, call: Call, failure: TryFailedError, patience: float) -> BemaError:
    """The error after the last try, with the seconds that are waited for a service that asks for them."""
    if failure.damaged:
        return bad_answer(service, failure.words, kind=FaultKind.DAMAGED, tried=call.tried)
    where = shown(service.url)
    times = "" if call.sent < 2 else f", {call.sent} times"
    asked = failure.retry_after
    if asked is not None and call.waited + asked > patience and not failure.final:
        return RateLimited(
            f"{service.name} has trouble, {failure.words}, and asks for {_length(asked)} of patience.",
            seconds=asked,
            wait=Wait(WaitReason.UNAVAILABLE, service.name, failure.words),
            waited=call.waited,
            tried=call.tried,
            where=where,
            advice="Look at the service's own state page; try again later.",
        )
    if failure.status is not None:
        kind = ServerFailed if failure.status >= httpx.codes.INTERNAL_SERVER_ERROR else ConnectionFailed
        return kind(
            f"{service.name} has trouble: {failure.words}{times}.",
            tried=call.tried,
            where=where,
            advice=_joined(
                "Try again in some minutes; if it lasts, look at the service's own state page or error log.",
                service.heavy_advice if failure.status in _TOO_HEAVY else "",
            ),
        )
    return ConnectionFailed(
        f"{service.name} can't be reached at {where}: {failure.words}{times}.",
        tried=call.tried,
        where=where,
        advice=failure.advice or "Check the network, the URL in the settings, and whether the service is up.",
        retryable=not failure.final,
    )


def patience_over(service: Service, call: Call, wait: Wait, seconds: float, waited: float) -> RateLimited:
    """The error after more waiting than one call does: ``waited`` seconds, and it asks for ``seconds`` more now."""
    more = f"and asks for {_length(seconds)} more"
    message, advice = {
        WaitReason.QUOTA: (
            f"{service.name} keeps refusing because of its quota, {more}.",
            "Resume later; see whether something else uses the same account.",
        ),
        WaitReason.TOO_MANY: (
            f"{service.name} keeps refusing: {wait.detail}, {more}.",
            f"Something in front of {service.place} counts requests: ask whoever runs it to allow ours, or ask for "
            "fewer at once.",
        ),
    }.get(
        wait.reason,
        (
            f"{service.name} is not available: {wait.detail}, over and over, {more}.",
            f"Look whether {service.place} is in maintenance; if that lasts, ask whoever runs it.",
        ),
    )
    return RateLimited(
        message,
        seconds=seconds,
        wait=wait,
        waited=waited,
        tried=call.tried,
        where=shown(service.url),
        advice=advice,
    )


def _length(seconds: float) -> str:
    """Seconds in words; the most that is obeyed may stand for more."""
    return "an hour" if seconds >= RETRY_AFTER.most else f"{seconds:.0f} seconds"


def bad_answer(
    service: Service,
    fault: str,
    *,
    kind: FaultKind = FaultKind.OTHER,
    path: str = "",
    tried: str = "",
    write: bool = False,
) -> BemaError:
    """The error for an answer that is not what the API promises; a write that got one may have happened."""
    message = f"{service.name} did not answer as its API promises: {safe(service, fault)}."
    where = shown(service.url)
    if write:
        return WriteUnknown(message, tried=tried, where=where, advice="It is read before anything else is sent.")
    known = service.fault_advice.get(kind, "")
    if kind is FaultKind.EMPTY:
        known = _joined(service.answer_advice, known, service.heavy_advice)
    return BadAnswer(message, path=safe(service, path), tried=tried, where=where, advice=known or service.answer_advice)


def or_unknown(service: Service, call: Call, problem: BemaError) -> BemaError:
    """``problem``, unless one of the tries of a write may have taken effect. A 404 at the end is an answer."""
    gone = isinstance(problem, RequestRefused) and problem.status == httpx.codes.NOT_FOUND
    if not call.lost or gone:
        return problem
    return WriteUnknown(
        f"A write to {service.name} was sent, and its answer was lost: it may or may not have happened. "
        f"{problem.message}",
        tried=call.tried,
        where=shown(service.url),
        advice="Resume the run: it reads what became of the write before it sends anything else.",
    )


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
