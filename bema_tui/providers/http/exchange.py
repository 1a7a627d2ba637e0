"""One request and its answer: how a request is made of a call, and how an answer is taken in within its limits."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx

from bema_tui import __version__
from bema_tui.providers.http.bodies import ACCEPTED, body_of
from bema_tui.providers.http.call import Call, Service
from bema_tui.providers.http.policy import HttpPolicy

_UNPACKED: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
_WHOLE_ANSWER: Final = 10
"""Times the time-out: what a whole answer may take whose bytes all come in time."""


def request_for(http: httpx.AsyncClient, service: Service, call: Call) -> httpx.Request:
    """The request for one try of a call; it holds the key."""
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": ACCEPTED,
        # No cache on the way may answer: what is read must be what the service holds now.
        "Cache-Control": "no-cache",
        "User-Agent": f"bema-tui/{__version__}",
    }
    if service.bearer is not None:
        headers["Authorization"] = f"Bearer {service.bearer.reveal()}"
    form = None
    if service.form or call.data is not None:
        form = {**(call.data or {}), **{name: value.reveal() for name, value in service.form.items()}}
    else:
        headers["Content-Type"] = "application/json"
    url = str(service.url).rstrip("/") + call.path
    params = call.params
    if service.query:
        params = {**(params or {}), **{name: value.reveal() for name, value in service.query.items()}}
    return http.build_request(
        call.method, url, params=params, json=call.json, content=call.content, data=form, headers=headers
    )


async def exchange(http: httpx.AsyncClient, request: httpx.Request, policy: HttpPolicy) -> httpx.Response:
    """Send, and take in the answer within its limits of size and time, its head included.

    Raises:
        httpx.RequestError: no whole answer came.
        BodyRefusedError: one came that is not taken in.
    """
    try:
        async with asyncio.timeout(policy.timeout * _WHOLE_ANSWER):
            response = await http.send(request, stream=True)
            try:
                body = await body_of(response, policy.max_body)
            finally:
                await response.aclose()
    except TimeoutError:
        raise httpx.ReadTimeout("the answer drips in too slowly") from None
    except (OSError, ArithmeticError, UnicodeError, ExceptionGroup) as error:
        # What the libraries below do not turn into errors of theirs, such as encryption that breaks in mid-answer.
        raise httpx.ReadError("the connection broke") from error
    # As bytes: a header may hold what is no text in any encoding that could be named.
    kept = [(name, value) for name, value in response.headers.raw if name.lower() not in _UNPACKED]
    return httpx.Response(response.status_code, headers=kept, content=bytes(body), request=request)
