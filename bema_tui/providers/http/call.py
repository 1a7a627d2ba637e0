"""What one HTTP call is made of: the service it goes to, and the call through all its tries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import TypedDict

import httpx
from attrs import define, field, frozen

from bema_tui.secrets import Secret

BeforeTry = Callable[[], Awaitable[None]]
Wrote = Callable[[httpx.Response, Mapping[str, object]], bool]


class FaultKind(StrEnum):
    """What is wrong with the body of an answer that should be a JSON object."""

    DAMAGED = "damaged"
    """It breaks off, so it was lost on its way."""
    EMPTY = "empty"
    """Nothing came."""
    IN_FRONT = "text in front"
    """Something printed text before the JSON."""
    MARKS_IN_FRONT = "marks in front"
    """Several byte order marks stand before the JSON."""
    BEHIND = "text behind"
    """Something added text after the JSON."""
    ANOTHERS = "another's"
    """It answers another question, as a cache does that takes different requests for the same."""
    NOT_UTF8 = "not UTF-8"
    """Bytes that are no text in the encoding that JSON has."""
    OTHER = "other"
    """It is something else than a JSON object, or one that can't be used."""


@frozen
class Fault:
    """What is wrong with an answer's body."""

    kind: FaultKind
    """Its kind."""
    words: str
    """The same as a clause for a message."""


@frozen
class Service:
    """Who is talked to, and what the operator checks when it does not work."""

    name: str
    """As the operator knows it."""
    url: httpx.URL
    """The checked base URL."""
    bearer: Secret | None = None
    """The key for the ``Authorization`` header, if that is the way."""
    form: Mapping[str, Secret] = field(factory=dict)
    """Secret variables that every request's form body carries, if that is the way."""
    query: Mapping[str, Secret] = field(factory=dict)
    """Secret variables that every request's URL carries, if that is the way."""
    place: str = "the service"
    """The same within a sentence: "in front of the shop"."""
    quota: bool = False
    """Whether a 429 is about the requests that it allows in a period."""
    maintenance_seconds: float | None = None
    """After how long the service is asked again at the latest that answered 503 with ``Retry-After``; that was no
    try then. None: it was one like any other."""
    wrote: Wrote = lambda response, _: "json" in response.headers.get("content-type", "")
    """Whether the service itself wrote a refusal (4xx), by the answer and its JSON object."""
    rights_advice: str = "Check the key."
    """What to do about a 401 or 403."""
    front_advice: str = ""
    """What to do when something in front of the service refuses."""
    browser_advice: str = ""
    """What to do when it lets only browsers through."""
    post_advice: str = ""
    """What else to do when it refuses a POST."""
    moved_advice: str = ""
    """What else to do when it sends us to another ``{url}``."""
    answer_advice: str = "Check the URL."
    """What to check when the answer is not what the API promises."""
    fault_advice: Mapping[FaultKind, str] = field(factory=dict)
    """What else to do about one kind of such answers."""
    heavy_advice: str = ""
    """What to do when an answer may be too much for the service."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything that must never be shown."""
        return (*((self.bearer,) if self.bearer else ()), *self.form.values(), *self.query.values())


class RequestOptions(TypedDict, total=False):
    """What a request may carry."""

    params: Mapping[str, str] | None
    """The query; never a secret."""
    json: object
    """The body as JSON."""
    content: bytes | None
    """The body as bytes."""
    data: Mapping[str, str] | None
    """The body as a form; the service's secret variables are added."""
    write: bool
    """Whether it changes something, so that a lost answer matters."""
    cost: int
    """Units of the quota."""
    repeatable: bool
    """Whether sending a write twice does no harm."""
    before_try: BeforeTry | None
    """Awaited right before each try leaves (the fence); what it raises ends the call."""
    alone: bool
    """Whether a 5xx may be about this one request: it is not repeated then, and says nothing of the service."""
    on_lost: Callable[[], None] | None
    """Called when an answer came at last to a write whose earlier try may have had its effect already."""
    tried: str
    """What this is, in words, for messages and the log."""


@define
class Call:
    """One request through all its tries."""

    method: str
    """The HTTP method."""
    path: str
    """The path below the service's URL."""
    params: Mapping[str, str] | None = None
    """The query; never a secret."""
    json: object = None
    """The body as JSON."""
    content: bytes | None = None
    """The body as bytes."""
    data: Mapping[str, str] | None = None
    """The body as a form; the service's secret variables are added."""
    write: bool = False
    """Whether it changes something, so that a lost answer matters."""
    cost: int = 1
    """Units of the quota."""
    repeatable: bool = True
    """Whether sending a write twice does no harm."""
    before_try: BeforeTry | None = None
    """Awaited right before each try leaves (the fence); what it raises ends the call."""
    alone: bool = False
    """Whether a 5xx may be about this one request."""
    on_lost: Callable[[], None] | None = None
    """Called when an answer came at last to a write whose earlier try may have had its effect already."""
    tried: str = ""
    """What this is, in words, for messages and the log."""
    sent: int = 0
    """Tries that left."""
    failed: int = 0
    """Tries that failed."""
    lost: bool = False
    """Whether a write may have happened without an answer."""
    backoff: float = 0.0
    """Seconds until it is tried again."""
    trouble: str = ""
    """Why it is tried again, as a clause."""
    waited: float = 0.0
    """Seconds that it has waited in all."""
    took: float = 0.0
    """Seconds that the last try took that failed."""
    wants_json: bool = False
    """Whether the answer must be a JSON object."""
    answer: dict[str, object] = field(factory=dict)
    """The JSON object of the last answer, where that is wanted."""
    fault: Fault | None = None
    """What is wrong with the last answer."""
