"""The items of a MailerLite batch: only these five exist, so that nothing can send a status or touch an e-mail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final
from urllib.parse import quote

from attrs import field, frozen

from bema_tui.errors import BadAnswer
from bema_tui.field_values import FieldValue
from bema_tui.model import Subscriber
from bema_tui.providers.http.failures import worth_repeating
from bema_tui.providers.http.responses import message_of
from bema_tui.providers.mailerlite import parse
from bema_tui.providers.parsing import FaultError, structure
from bema_tui.text import clean

MOST_ITEMS: Final = 50
"""MailerLite's limit of items in one batch."""

NO_CODE: Final = 0
"""The code of an answer that can't be read."""


class Spelling(Enum):
    """How an e-mail stands in a path."""

    PLAIN = "plain"
    """As it is."""
    ENCODED = "encoded"
    """Percent-encoded, as the documentation wants it."""
    TWICE = "twice"
    """Percent-encoded, and that encoded once more."""


_READ: Final = re.compile(r"api/subscribers/[A-Za-z0-9%._~@!$&'*+=^`{|}-]+")
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~@!$&'*+=^`{|}-]+")
_SUBSCRIBER: Final = re.compile(r"api/subscribers/[0-9]+")
_MEMBERSHIP: Final = re.compile(r"api/subscribers/[0-9]+/groups/[0-9]+")
_ID: Final = re.compile(r"[0-9]{1,30}")


def checked_id(value: str) -> str:
    """``value``, which must be MailerLite's kind of id: ASCII digits.

    Raises:
        ValueError: it is not.
    """
    if not _ID.fullmatch(value):
        raise ValueError(f"{clean(value, 60)!r} is not an id of digits")
    return value


def email_in_path(email: str, spelling: Spelling = Spelling.ENCODED) -> str:
    """An e-mail address as one segment of a path; encoded means ``@``, ``+``, ``/`` and all else.

    Raises:
        ValueError: it has a character that can't stand in a path as it is.
    """
    typed = email.strip()
    if spelling is Spelling.PLAIN:
        if not fits_plain(typed):
            raise ValueError(f"{clean(typed, 60)!r} can't stand in a path as it is")
        return typed
    encoded = quote(typed, safe="")
    return quote(encoded, safe="") if spelling is Spelling.TWICE else encoded


def fits_plain(email: str) -> bool:
    """Whether an e-mail may stand in a path as it is."""
    return _PLAIN.fullmatch(email.strip()) is not None


@frozen
class BatchItem:
    """One request inside a batch. Make it with the class methods; a hand-made one must be of the same five kinds.

    Raises:
        ValueError: any other request, such as one with a status, an e-mail or groups in its body.
    """

    method: str
    """The HTTP method."""
    path: str
    """The path below the service's URL."""
    body: Mapping[str, object] | None = field(default=None)
    """The body as JSON."""

    def __attrs_post_init__(self) -> None:
        bare = self.body is None
        only_fields = self.body is not None and set(self.body) == {"fields"}
        allowed = (
            (self.method == "GET" and bare and _READ.fullmatch(self.path))
            or (self.method in {"POST", "DELETE"} and bare and _MEMBERSHIP.fullmatch(self.path))
            or (self.method == "PUT" and only_fields and _SUBSCRIBER.fullmatch(self.path))
        )
        if not allowed:
            raise ValueError(f"{self.method} {clean(self.path, 100)} is no request that may be sent in a batch")

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    @classmethod
    def put_fields(cls, subscriber_id: str, fields: Mapping[str, FieldValue]) -> BatchItem:
        """Set custom fields by their keys; the others stay as they are."""
        return cls("PUT", f"api/subscribers/{checked_id(subscriber_id)}", {"fields": dict(fields)})

    @classmethod
    def assign(cls, subscriber_id: str, group_id: str) -> BatchItem:
        """Add a subscriber to a group."""
        return cls("POST", f"api/subscribers/{checked_id(subscriber_id)}/groups/{checked_id(group_id)}")

    @classmethod
    def unassign(cls, subscriber_id: str, group_id: str) -> BatchItem:
        """Remove a subscriber from a group."""
        return cls("DELETE", f"api/subscribers/{checked_id(subscriber_id)}/groups/{checked_id(group_id)}")

    @classmethod
    def read(cls, subscriber_id: str) -> BatchItem:
        """Read a subscriber, with fields and groups."""
        return cls("GET", f"api/subscribers/{checked_id(subscriber_id)}")

    @classmethod
    def find(cls, email: str, spelling: Spelling = Spelling.ENCODED) -> BatchItem:
        """Look a subscriber up by e-mail."""
        if "@" not in email:
            raise ValueError(f"{clean(email, 60)!r} is not an e-mail address")
        return cls("GET", f"api/subscribers/{email_in_path(email, spelling)}")

    def as_json(self) -> dict[str, object]:
        """The item as the API wants it."""
        body = {} if self.body is None else {"body": dict(self.body)}
        return {"method": self.method, "path": self.path, **body}


@frozen
class BatchAnswer:
    """What one item of a batch was answered; the batch around it is a success even if every item failed."""

    code: int
    """The HTTP status."""
    body: object = None
    """The body as JSON."""
    problem: str = ""
    """What is wrong with an answer that can't be read; what became of its item is not known then."""
    after_lost: bool = False
    """Whether the batch was sent before in the same call, so that this may tell what the item did then."""

    @property
    def ok(self) -> bool:
        """Whether the item was done."""
        return 200 <= self.code < 300

    @property
    def gone(self) -> bool:
        """404: the subscriber or the membership is not there. For ``unassign`` that may mean done."""
        return self.code == 404

    @property
    def finds_nobody(self) -> bool:
        """Whether a look-up by e-mail found nobody: 404, or 400 or 422, which say that it is no e-mail."""
        return self.code in {400, 404, 422}

    @property
    def throttled(self) -> bool:
        """429: refused because of the quota; nothing was done."""
        return self.code == 429

    @property
    def retryable(self) -> bool:
        """Whether the same item, sent again, can succeed (408, 425, 429, 5xx, or an answer that can't be read)."""
        return worth_repeating(self.code) or bool(self.problem)

    @property
    def message(self) -> str:
        """What a refusal says, cleaned and bounded; may be empty."""
        return clean(message_of(self.body), 300)

    def subscriber(self) -> Subscriber:
        """The subscriber in the answer to ``put_fields``, ``read`` or ``find``.

        Raises:
            BadAnswer: the answer does not show a usable subscriber.
        """
        try:
            return parse.subscriber(self.body.get("data") if isinstance(self.body, Mapping) else None)
        except FaultError as error:
            fault = error
        raise BadAnswer(
            f"An item's answer ({self.code}) shows no usable subscriber: {fault}.",
            path=f"data.{fault.path}".rstrip("."),
            where="MailerLite, batch",
        )


def refused_alone(answers: Sequence[BatchAnswer]) -> tuple[bool, ...]:
    """Which of a batch's items were refused because of the quota (429) although a later one was answered.

    A quota that is used up refuses all that is left of a batch, so it is not why these were refused.
    """
    last = max((place for place, answer in enumerate(answers) if not answer.throttled), default=-1)
    return tuple(answer.throttled and place < last for place, answer in enumerate(answers))


def batch_answers(body: Mapping[str, object], items: int, *, after_lost: bool = False) -> tuple[BatchAnswer, ...] | str:
    """The answers in the order of the items, or what is wrong with all of them; one that can't be read says so."""
    try:
        responses = structure(body, parse.RawBatch).responses
    except FaultError as error:
        return f"a batch without usable answers ({error})"
    if len(responses) != items:
        return f"{len(responses)} answers to {items} items of a batch"
    return tuple(_answer(raw, f"responses.{number}", after_lost) for number, raw in enumerate(responses))


def _answer(raw: object, place: str, after_lost: bool) -> BatchAnswer:
    try:
        row = structure(raw, parse.RawBatchAnswer)
    except FaultError as error:
        problem = f"{place}.{error.path}".rstrip(".") + f": {error.faults[0][1]}"
        return BatchAnswer(NO_CODE, problem=problem, after_lost=after_lost)
    if not 100 <= row.code <= 599:
        return BatchAnswer(NO_CODE, problem=f"{place}.code: {row.code} is no status", after_lost=after_lost)
    return BatchAnswer(row.code, row.body, after_lost=after_lost)
