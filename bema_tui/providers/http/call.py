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
    """What is wrong with an answer's body: its kind, and a clause for a message."""

    kind: FaultKind
    words: str


@frozen
class Service:
    """Who is talked to, and what the operator checks when it does not work.

    Attributes:
        name: as the operator knows it.
        url: the checked base address.
        bearer: the key for the ``Authorization`` header, if that is the way.
        form: secret variables that every request's form body carries, if that is the way.
        query: secret variables that every request's address carries, if that is the way.
        place: the same within a sentence: "in front of the shop".
        quota: whether a 429 is about the requests that it allows in a window.
        maintenance_seconds: after how long the service is asked again at the latest that answered 503 with
            ``Retry-After``; that was no try then. None: it was one like any other.
        wrote: whether the service itself wrote a refusal (4xx), by the answer and its JSON object.
        rights_advice: what to do about a 401 or 403.
        front_advice: what to do when something in front of the service refuses.
        browser_advice: what to do when it lets only browsers through.
        post_advice: what else to do when it refuses a POST.
        moved_advice: what else to do when it sends us to another ``{address}``.
        answer_advice: what to check when the answer is not what the API promises.
        fault_advice: what else to do about one kind of such answers.
        heavy_advice: what to do when an answer may be too much for the service.
    """

    name: str
    url: httpx.URL
    bearer: Secret | None = None
    form: Mapping[str, Secret] = field(factory=dict)
    query: Mapping[str, Secret] = field(factory=dict)
    place: str = "the service"
    quota: bool = False
    maintenance_seconds: float | None = None
    wrote: Wrote = lambda response, _: "json" in response.headers.get("content-type", "")
    rights_advice: str = "Check the key."
    front_advice: str = ""
    browser_advice: str = ""
    post_advice: str = ""
    moved_advice: str = ""
    answer_advice: str = "Check the address."
    fault_advice: Mapping[FaultKind, str] = field(factory=dict)
    heavy_advice: str = ""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything that must never be shown."""
        return (*((self.bearer,) if self.bearer else ()), *self.form.values(), *self.query.values())


class RequestOptions(TypedDict, total=False):
    """What a request may carry.

    Attributes:
        params: the query; never a secret.
        json: the body as JSON.
        content: the body as bytes.
        data: the body as a form; the service's secret variables are added.
        write: whether it changes something, so that a lost answer matters.
        cost: units of the quota.
        repeatable: whether sending a write twice does no harm.
        before_try: awaited right before each try leaves (the fence); what it raises ends the call.
        alone: whether a 5xx may be about this one request: it is not repeated then, and says nothing of the service.
        on_lost: called when an answer came at last to a write whose earlier try may have had its effect already.
        tried: what this is, in words, for messages and the log.
    """

    params: Mapping[str, str] | None
    json: object
    content: bytes | None
    data: Mapping[str, str] | None
    write: bool
    cost: int
    repeatable: bool
    before_try: BeforeTry | None
    alone: bool
    on_lost: Callable[[], None] | None
    tried: str


@define
class Call:
    """One request through all its tries.

    ``lost`` says that a write may have happened without an answer. ``answer`` is the JSON object of the last one, where
    that is wanted, and ``fault`` what is wrong with it. ``trouble`` is why it is tried again, as a clause; ``backoff``
    after how many seconds; ``waited`` counts them all, and ``took`` is what the last try took that failed.
    """

    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: object = None
    content: bytes | None = None
    data: Mapping[str, str] | None = None
    write: bool = False
    cost: int = 1
    repeatable: bool = True
    before_try: BeforeTry | None = None
    alone: bool = False
    on_lost: Callable[[], None] | None = None
    tried: str = ""
    sent: int = 0
    failed: int = 0
    lost: bool = False
    backoff: float = 0.0
    trouble: str = ""
    waited: float = 0.0
    took: float = 0.0
    wants_json: bool = False
    answer: dict[str, object] = field(factory=dict)
    fault: Fault | None = None
