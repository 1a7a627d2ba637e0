"""Responses that a test puts in the place of the services' own."""

from __future__ import annotations

from typing import Any, Literal

import attrs


@attrs.define(kw_only=True)
class ScriptedResponse:
    """The response to one method and path; the request has no effect."""

    side: Literal["mailerlite", "edd"] = attrs.field(
        default="mailerlite", validator=attrs.validators.in_(("mailerlite", "edd"))
    )
    """The service that gets the request."""
    method: str = "GET"
    """The HTTP method."""
    path: str
    """MailerLite: the path below ``/api`` (``subscribers/1``), also that of an item of a batch.
    The shop: the endpoint with what is asked for (``sales?id=7``)."""
    status: int = attrs.field(default=500, validator=attrs.validators.instance_of(int))
    """The HTTP status."""
    body: Any = None
    """What is sent as JSON; text from the shop is sent as it is; None: nothing."""
    times: int | None = None
    """How often it is given; None: always."""


class ScriptedResponses:
    """The responses that are scripted at present."""

    def __init__(self) -> None:
        self._responses: list[ScriptedResponse] = []

    def add(self, response: ScriptedResponse) -> None:
        self._responses.append(response)

    def take(self, side: str, method: str, path: str) -> ScriptedResponse | None:
        """Returns the response to this request, the one that was added first, and counts it."""
        for response in self._responses:
            if (response.side, response.method, response.path) == (side, method, path) and response.times != 0:
                if response.times is not None:
                    response.times -= 1
                return response
        return None

    def clear(self) -> None:
        self._responses.clear()
