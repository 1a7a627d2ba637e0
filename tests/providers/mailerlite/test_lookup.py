"""Nobody is called unknown on a form of look-up that is not seen to find: whatever a service makes of an address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote, unquote_plus

import pytest
from attrs import define, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.errors import IncompleteRead
from bema_tui.model import SubscriberPage
from bema_tui.providers.mailerlite import parse
from bema_tui.providers.mailerlite.batch import BatchAnswer, BatchItem, Spelling, email_in_path
from bema_tui.providers.mailerlite.forms import Form, special_characters
from bema_tui.providers.mailerlite.lookup import LookUp
from tests.providers.rows import subscriber

pytestmark = pytest.mark.fault("A2")
Decoding = Callable[[str], str]
"""What a service makes of a path; an address that comes out as it is kept is found."""

ANN, PLUS, NEW, NEW_PLUS = "ann@x.example", "bo+shop@x.example", "new@x.example", "new+shop@x.example"


def as_written(path: str) -> str:
    return path


def at_sign_alone(path: str) -> str:
    return path.replace("%40", "@")


def encoded_alone(path: str) -> str:
    return "no route" if "@" in path else unquote(path)


def twice_with_spaces(path: str) -> str:
    return unquote_plus(unquote_plus(path))


def nothing(path: str) -> str:
    return path if path.isdigit() else "no route"


IN_BATCH = (unquote, as_written, at_sign_alone, encoded_alone, twice_with_spaces, nothing)


@frozen
class Shown:
    id: str
    email: str


@define
class Account:
    """People at a service that decodes the paths of a batch, and those of single requests, in some way."""

    emails: list[str]
    in_batch: Decoding = unquote
    alone: Decoding = unquote
    gone: set[str] = field(factory=set)
    """Addresses of people whom somebody deletes before they are asked for."""
    requests: list[list[str]] = field(factory=list)

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        return {str(n): subscriber(n, id=str(n), email=mail, groups=[]) for n, mail in enumerate(self.emails, 1)}

    def shown(self, *emails: str) -> list[Shown]:
        return [Shown(number, row["email"]) for number, row in self.rows.items() if row["email"] in emails]

    def look_up(self, *known: str, form: Form = Form.BATCH_ENCODED) -> LookUp:
        look_up = LookUp(self.batch, self.single, self.first_page, form)
        look_up.offer(self.shown(*known))
        return look_up

    async def batch(self, items: Sequence[BatchItem]) -> list[BatchAnswer]:
        assert len(items) <= 50
        assert not any(item.is_write for item in items)
        self.requests.append([item.path.removeprefix("api/subscribers/") for item in items])
        return [self._answer(self.in_batch(path)) for path in self.requests[-1]]

    async def single(self, email: str, spelling: Spelling) -> BatchAnswer:
        self.requests.append([email_in_path(email, spelling)])
        return self._answer(self.alone(self.requests[-1][0]))

    async def first_page(self) -> SubscriberPage:
        self.requests.append(["page"])
        return parse.subscriber_page([row for row in self.rows.values() if row["email"] not in self.gone], "")

    def _answer(self, who: str) -> BatchAnswer:
        found = next((r for n, r in self.rows.items() if who in (n, r["email"]) and r["email"] not in self.gone), None)
        return BatchAnswer(404, {"message": ""}) if found is None else BatchAnswer(200, {"data": found})


async def said(look_up: LookUp, emails: Sequence[str], ids: Sequence[str] = ()) -> dict[str, str]:
    """For each who was asked for: found, unknown or open."""
    found: dict[str, str] = {}
    async for done in look_up.find(emails, ids):
        for one in done:
            assert one.who not in found
            found[one.who] = "unknown" if one.absent else "open" if one.answer is None else "found"
    return found


async def test_somebody_known_is_asked_for_in_the_same_request_once() -> None:
    account = Account([ANN, "in@x.example"])
    look_up = account.look_up(ANN)
    assert look_up.requests([NEW, "in@x.example"], ["2"]) == 1
    assert await said(look_up, [NEW, "in@x.example"], ["2"]) == {NEW: "unknown", "in@x.example": "found", "2": "found"}
    assert account.requests == [["2", "ann%40x.example", "new%40x.example", "in%40x.example"]]
    assert await said(look_up, [f"{n}{NEW}" for n in range(100)]) == {f"{n}{NEW}": "unknown" for n in range(100)}
    assert [len(request) for request in account.requests] == [4, 50, 50]


@pytest.mark.parametrize("alone", [unquote, nothing])
@pytest.mark.parametrize("in_batch", IN_BATCH)
@pytest.mark.parametrize("known", [(ANN, PLUS), (ANN,), (PLUS,)])
async def test_whoever_is_there_is_found_or_left_open_however_paths_are_decoded(
    in_batch: Decoding, alone: Decoding, known: tuple[str, ...]
) -> None:
    account = Account([*known, "in@x.example", "in+shop@x.example"], in_batch, alone)
    there, absent = ["in@x.example", "in+shop@x.example"], [NEW, NEW_PLUS]
    if in_batch is alone is nothing:
        with pytest.raises(IncompleteRead, match=f"not even {known[0]}".replace("+", r"\+")):
            await said(account.look_up(*known), [*absent, *there])
        return
    for first in (Form.BATCH_ENCODED, Form.BATCH_PLAIN):
        told = await said(account.look_up(*known, form=first), [*absent, *there])
        assert told["in@x.example"] == "found"
        assert told[NEW] == "unknown"
        assert told["in+shop@x.example"] in {"found", "open"}
        assert told[NEW_PLUS] in {"unknown", "open"}
        if PLUS in known and (in_batch, alone) != (twice_with_spaces, nothing):
            assert (told["in+shop@x.example"], told[NEW_PLUS]) == ("found", "unknown")


@pytest.mark.parametrize(
    ("in_batch", "said_of_it"), [(unquote, "unknown"), (as_written, "unknown"), (twice_with_spaces, "open")]
)
async def test_without_anybody_who_has_a_plus_the_number_of_decodings_is_proved(
    in_batch: Decoding, said_of_it: str
) -> None:
    account = Account([ANN], in_batch)
    assert await said(account.look_up(ANN), [NEW, NEW_PLUS]) == {NEW: "unknown", NEW_PLUS: said_of_it}
    if in_batch is unquote:
        # The same request, with the known one encoded once more: that it is not found is the proof.
        assert account.requests == [
            ["ann%40x.example", "ann%2540x.example", "new%40x.example", "new%2Bshop%40x.example", NEW_PLUS]
        ]


async def test_what_has_but_one_spelling_is_open_without_somebody_known_who_has_its_characters() -> None:
    """A service that decodes ``%40`` alone finds the known one encoded, and nobody with an encoded slash."""
    slash = "bo/shop@x.example"
    assert await said(Account([ANN, slash], at_sign_alone).look_up(ANN), [slash]) == {slash: "open"}
    assert await said(Account([ANN]).look_up(ANN), [slash]) == {slash: "open"}
    assert await said(Account([ANN, "a/b@x.example"]).look_up(ANN, "a/b@x.example"), [slash]) == {slash: "unknown"}


async def test_the_form_that_was_proved_before_is_tried_first() -> None:
    account = Account([ANN], as_written)
    look_up = account.look_up(ANN, form=Form.BATCH_PLAIN)
    assert await said(look_up, [NEW]) == {NEW: "unknown"}
    assert account.requests == [[ANN, NEW]]
    assert (look_up.form, look_up.proved) == (Form.BATCH_PLAIN, True)


async def test_a_wrong_form_is_left_after_the_first_request() -> None:
    account = Account([ANN, "in9@x.example"], as_written)
    look_up = account.look_up(ANN)
    emails = [f"in{number}@x.example" for number in range(120)]
    assert await said(look_up, emails) == {mail: "found" if mail == "in9@x.example" else "unknown" for mail in emails}
    # Encoded, a trial, the first 49 again, the rest.
    assert [len(request) for request in account.requests] == [50, 4, 49, 50, 21]
    assert look_up.form is Form.BATCH_PLAIN


async def test_known_subscribers_who_are_deleted_prove_nothing_and_others_are_asked_for() -> None:
    account = Account([ANN, "in@x.example"], gone={ANN})
    assert await said(account.look_up(ANN), [NEW]) == {NEW: "unknown"}
    # Asked with somebody who is gone, tried whether they are, and the newest people read and tried.
    assert [len(request) for request in account.requests] == [2, 4, 1, 4]


async def test_an_account_without_anybody_is_proved_by_its_own_list() -> None:
    account = Account([])
    look_up = account.look_up()
    assert look_up.requests([NEW, NEW_PLUS]) == 2
    assert await said(look_up, [NEW, NEW_PLUS]) == {NEW: "unknown", NEW_PLUS: "unknown"}
    assert account.requests == [["page"]]


async def test_nobody_is_gone_by_look_ups_by_id_that_find_nobody() -> None:
    account = Account([ANN, "in@x.example"], in_batch=lambda path: "no route" if path.isdigit() else path)
    with pytest.raises(IncompleteRead, match="finds nobody by id"):
        await said(account.look_up(ANN), [], ["2"])
    sound = Account([ANN, "in@x.example"])
    assert await said(sound.look_up(ANN), [], ["9"]) == {"9": "unknown"}
    assert sound.requests == [["9"], ["1"]]
    assert await said(sound.look_up(), [], ["2", "9"]) == {"2": "found", "9": "unknown"}


async def test_an_answer_about_somebody_else_or_that_cannot_be_read_leaves_it_open() -> None:
    account = Account([ANN, "in@x.example"], in_batch=lambda path: ANN if "@" in unquote(path) else path)
    assert await said(account.look_up(ANN), ["in@x.example"]) == {"in@x.example": "open"}


def answers(emails: Sequence[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(emails))


MAILS = [f"{name}{tag}@x.example" for name in "abcd" for tag in ("", "+t", "'s", "/+")]


@given(
    subscribers=st.lists(st.sampled_from(MAILS), unique=True, max_size=8),
    known=answers(MAILS),
    asked=st.lists(st.sampled_from(MAILS), unique=True, max_size=8),
    in_batch=st.sampled_from(IN_BATCH),
    alone=st.sampled_from(IN_BATCH),
    first=st.sampled_from([Form.BATCH_ENCODED, Form.BATCH_PLAIN, Form.SINGLE_ENCODED, Form.SINGLE_PLAIN]),
)
async def test_nobody_who_is_there_is_called_unknown(
    subscribers: list[str], known: frozenset[str], asked: list[str], in_batch: Decoding, alone: Decoding, first: Form
) -> None:
    account = Account(subscribers, in_batch, alone)
    look_up = account.look_up(*(known & {*subscribers}), form=first)
    try:
        told = await said(look_up, asked)
    except IncompleteRead:
        assert nothing in (in_batch, alone) or any(special_characters(mail) for mail in subscribers)
        return
    assert told.keys() == {*asked}
    for mail, verdict in told.items():
        assert verdict in ({"found", "open"} if mail in subscribers else {"unknown", "open"}), mail


def test_each_form_says_by_itself_where_it_stands_and_how_it_is_spelled() -> None:
    assert {form: (form.batched, form.spelling) for form in Form} == {
        Form.BATCH_ENCODED: (True, Spelling.ENCODED),
        Form.BATCH_PLAIN: (True, Spelling.PLAIN),
        Form.SINGLE_ENCODED: (False, Spelling.ENCODED),
        Form.SINGLE_PLAIN: (False, Spelling.PLAIN),
        Form.BATCH_TWICE: (True, Spelling.TWICE),
    }
