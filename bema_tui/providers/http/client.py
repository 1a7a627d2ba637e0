"""The one HTTP policy: time-outs, retries, quota, limits and silence about secrets, the same for every service."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, Unpack

import httpx
import stamina

from bema_tui.bounds import QUOTA_HEADER
from bema_tui.errors import BadAnswer, BemaError, RateLimited, Stopped, WrongAccount
from bema_tui.providers.http import verdicts
from bema_tui.providers.http.bodies import BodyRefusedError
from bema_tui.providers.http.breaker import Breaker
from bema_tui.providers.http.call import Call, Fault, FaultKind, RequestOptions, Service
from bema_tui.providers.http.connection import Route, client_over, open_client, route_to
from bema_tui.providers.http.exchange import exchange, request_for
from bema_tui.providers.http.failures import (
    TryFailedError,
    may_have_happened,
    never_sent,
    no_answer,
    retry_after,
    worth_repeating,
)
from bema_tui.providers.http.intermediaries import challenged, safe
from bema_tui.providers.http.null_ports import NoWaits
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.http.ports import Interrupt, PacingGate, RequestMeter
from bema_tui.providers.http.redaction import hide_in
from bema_tui.providers.http.responses import object_of
from bema_tui.providers.http.url import shown
from bema_tui.providers.http.waits import Waits
from bema_tui.waits import WaitBoard

log = logging.getLogger("bema_tui.http")

_RANDOM: Final = random.SystemRandom()


class ServiceClient:
    """Sends requests to one service under the policy, and turns everything that is not an answer into our errors.

    ``Stopped`` and ``RateLimited`` leave a write undone for certain; ``WriteUnknown`` is raised wherever it may have
    happened. A request in flight is never cancelled.
    """

    def __init__(
        self,
        service: Service,
        *,
        gate: PacingGate,
        interrupt: Interrupt,
        meter: RequestMeter,
        policy: HttpPolicy | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        on_answer: Callable[[httpx.Response], None] | None = None,
        jitter: Callable[[float], float] = lambda most: _RANDOM.uniform(0.0, most),
        clock: Callable[[], float] = time.monotonic,
        breaker: Breaker | None = None,
        waits: WaitBoard | None = None,
    ) -> None:
        """Prepare the connection; nothing is sent yet.

        Raises:
            ConfigurationError: what the environment says of proxies or certificates can't be used.
        """
        self._service = service
        self._gate = gate
        self._interrupt = interrupt
        self._meter = meter
        self._policy = policy or HttpPolicy()
        self._waits = Waits(service, self._policy, gate, interrupt, waits or NoWaits(), clock)
        self._transport = transport
        self._on_answer = on_answer
        self._jitter = jitter
        self._clock = clock
        self.breaker = breaker or Breaker(self._policy.breaker_failures, self._policy.breaker_seconds, clock=clock)
        self.answer_seconds: float | None = None
        """How long the last answer took; None before one came."""
        quieten_http_libraries()
        self._route = Route() if transport else route_to(service.url)
        # Opened here and not at the first request, so that a mistake in the environment is found before a run begins.
        self._http: httpx.AsyncClient | None = self._open()

    @property
    def name(self) -> str:
        """The service's name."""
        return self._service.name

    @property
    def where(self) -> str:
        """The service's URL for messages."""
        return shown(self._service.url)

    async def request(self, method: str, path: str, **options: Unpack[RequestOptions]) -> httpx.Response:
        """The 2xx answer to one request, after as many tries as the policy allows.

        ``path`` is appended to the base URL; its caller has percent-encoded it, and it holds no query.

        Raises:
            ConnectionFailed: no answer, or 5xx to the last try of a read (or of a write that never left).
            CircuitOpen: the service failed too often in a row; nothing was sent.
            NotAuthorized: 401 or 403.
            RateLimited: more waiting than the policy's patience, on 429 answers or by ``Retry-After``.
            RequestRefused: another 4xx.
            BadAnswer: a redirect, or an answer over the size limit.
            WriteUnknown: a write that may have happened.
            WrongAccount: another account answered; a write may have happened there.
            Stopped: somebody asked for a stop; nothing of this call took effect.
        """
        return await self._answer(Call(method, path, **options))

    async def request_json(self, method: str, path: str, **options: Unpack[RequestOptions]) -> dict[str, object]:
        """Like ``request``, for an answer that must be a JSON object. A read that gets a damaged one is tried again."""
        call = Call(method, path, wants_json=True, **options)
        await self._answer(call)
        if call.fault is not None:
            words, kind = call.fault.words, call.fault.kind
            raise verdicts.bad_answer(self._service, words, kind=kind, tried=call.tried, write=call.write)
        return call.answer

    async def _answer(self, call: Call) -> httpx.Response:
        """The 2xx answer after as many tries as the policy allows, or one of our errors."""
        call.tried = call.tried or f"{call.method} {call.path}"
        problem: BemaError
        try:
            response = await self._guarded(call)
        except TryFailedError as failure:
            problem = verdicts.gave_up(self._service, call, failure, self._policy.patience)
        except (Stopped, RateLimited, BadAnswer) as error:
            problem = error
        except WrongAccount as error:
            raise error.with_traceback(None) from None
        else:
            complaint = verdicts.complaint(self._service, call, response)
            if complaint is None:
                if call.lost and call.on_lost is not None:
                    call.on_lost()
                return response
            problem = complaint
        # Raised out here so that no exception of the HTTP library, with its request, hangs on to ours.
        # Nor may the frames of the failed try, where the request itself can hold a key.
        raise verdicts.or_unknown(self._service, call, problem).with_traceback(None)

    def fault(
        self,
        words: str,
        *,
        kind: FaultKind = FaultKind.OTHER,
        path: str = "",
        tried: str = "",
        write: bool = False,
    ) -> BemaError:
        """The error for an answer that is not what the API promises: ``BadAnswer``, or ``WriteUnknown`` of a write."""
        return verdicts.bad_answer(self._service, words, kind=kind, path=path, tried=tried, write=write)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._http is not None:
            http, self._http = self._http, None
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _guarded(self, call: Call) -> httpx.Response:
        """The tries, unless the breaker is open; a refusal or a 429 is an answer and closes it."""
        probe = self.breaker.enter(self._service.name, self.where, call.tried)
        answered: bool | None = None
        try:
            response = await self._tries(call, 1 if probe else self._policy.tries)
            answered = True
        except TryFailedError as failure:
            answered = None if failure.final else failure.damaged
            raise
        except (RateLimited, BadAnswer):
            answered = call.sent > 0 or None
            raise
        finally:
            self.breaker.left(probe=probe, answered=answered)
        return response

    async def _tries(self, call: Call, tries: int) -> httpx.Response:
        def plan(error: Exception) -> bool | float:
            # The wait itself is ours, so that a stop ends it; stamina is told to go on at once.
            return 0.0 if isinstance(error, TryFailedError) and self._again(call, error) else False

        async for attempt in stamina.retry_context(on=plan, attempts=tries, timeout=None):
            with attempt:
                async with self._waits.trying(call):
                    return await self._one_try(call)
        raise AssertionError("stamina yields at least one try")

    def _again(self, call: Call, failure: TryFailedError) -> bool:
        """Whether to try again; if so, after full jitter or what ``Retry-After`` says."""
        call.failed += 1
        if failure.final or (call.lost and not call.repeatable):
            return False
        most = min(self._policy.cap, self._policy.base * 2.0 ** (call.failed - 1))
        return self._waits.again(call, failure, self._jitter(most))

    async def _one_try(self, call: Call) -> httpx.Response:
        while True:
            self._interrupt.check()
            await self._gate.admit(call.cost)
            await self._ready_to_send(call)
            response = await self._send(call)
            if challenged(response):
                return response  # whatever its status: to ask again would end the same, and nothing was done
            seconds = self._waits.asked_for(response)
            if seconds is None:
                break
            await self._waits.as_asked(call, response, seconds)
        status = response.status_code
        if worth_repeating(status):
            call.lost = call.lost or (call.write and may_have_happened(status))
            words = verdicts.answered(self._service, response)
            final = call.alone and status >= httpx.codes.INTERNAL_SERVER_ERROR
            raise TryFailedError(words, status=status, retry_after=retry_after(response.headers), final=final)
        if call.wants_json and response.is_success:
            answer, fault = object_of(response)
            call.answer = hide_in(answer, response.content, self._service.secrets)
            call.fault = fault and Fault(fault.kind, safe(self._service, fault.words))
            if call.fault is not None and call.fault.kind is FaultKind.DAMAGED and not call.write:
                # A body that breaks off is the line's failure as much as one that never came, and a read does no harm.
                raise TryFailedError(call.fault.words, damaged=True)
        return response

    async def _ready_to_send(self, call: Call) -> None:
        """Ask once more whether the try may leave: it may have waited long to be admitted."""
        try:
            self._interrupt.check()
            if call.before_try is not None:
                await call.before_try()
        except BaseException:
            # What was admitted gets no answer; else the next answer would be taken for this one's.
            await self._gate.learn(limit=None, remaining=None, cost=call.cost)
            raise

    async def _send(self, call: Call) -> httpx.Response:
        call.sent += 1
        self._meter.count(self._service.name, write=call.write, cost=call.cost, retried=call.sent > 1)
        started = self._clock()
        outcome = "no answer"
        limit = remaining = response = None
        try:
            request = request_for(self._client(), self._service, call)
            response = await exchange(self._client(), request, self._policy)
            self.answer_seconds = self._clock() - started
            outcome = str(response.status_code)
            limit = quota_number(response.headers.get("x-ratelimit-limit"))
            remaining = quota_number(response.headers.get("x-ratelimit-remaining"))
        except httpx.RequestError as error:
            failure = no_answer(error, self._service.url, self._route, self._policy.timeout)
            outcome = failure.words
            call.lost = call.lost or (call.write and not never_sent(error))
            raise failure from None
        except BodyRefusedError as refused:
            outcome = str(refused)
            call.lost = call.lost or call.write
        finally:
            self._log(call, outcome, self._clock() - started)
            await self._gate.learn(limit=limit, remaining=remaining, cost=call.cost)
        if response is None:
            raise self.fault(outcome, tried=call.tried)
        if self._on_answer is not None:
            self._on_answer(response)
        return response

    def _open(self) -> httpx.AsyncClient:
        if self._transport is not None:
            return client_over(self._transport, self._policy)
        return open_client(self._service.url, self._route, self._policy)

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = self._open()
        return self._http

    def _log(self, call: Call, outcome: str, seconds: float) -> None:
        name = self._service.name
        path, tried = (safe(self._service, text) for text in (call.path, call.tried))
        log.debug("%s: %s %s (%s): %s in %.3f s", name, call.method, path, tried, outcome, seconds)


def quota_number(header: str | None) -> int | None:
    """A quota header's number, if it is one that can be."""
    return QUOTA_HEADER.whole(header)


def quieten_http_libraries() -> None:
    """The libraries log whole URLs, headers and every retry: ours is the only log of requests."""
    for name, level in (("httpx", logging.WARNING), ("httpcore", logging.WARNING), ("stamina", logging.ERROR)):
        logger = logging.getLogger(name)
        if logger.level < level:
            logger.setLevel(level)
