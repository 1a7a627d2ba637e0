"""Imports: only for people whom MailerLite does not know, sent once, and believed when they are read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from attrs import define, field

from bema_tui.errors import IncompleteRead, LockLost, NotAuthorized, RequestRefused, WriteUnknown
from bema_tui.providers.mailerlite.batch import BatchItem
from bema_tui.providers.mailerlite.bulk_import import MOST_ROWS, NewPerson
from tests.providers.helpers import Answer, Script, Time, before, cut, mailerlite, page, reply
from tests.providers.rows import cursor_page, person

GROUP = "7"
NUMBER = "139791107607233967"
PROGRESS = {"import_progress_url": f"https://elsewhere.example/api/subscribers/import/{NUMBER}"}
DOCUMENTED, OTHER = f"/api/groups/{GROUP}/import-subscribers", f"/api/groups/{GROUP}/subscribers/import"
KNOWN = "k+n'own@x.example"
"""Somebody whom the account holds, with what is special about the others' addresses in theirs."""
ANN, BOB = NewPerson("Ann+x@Example.com", {"p": 121}), NewPerson("bo'b@example.com", {"p": 122})


def report(**changes: object) -> dict[str, object]:
    row = {"id": NUMBER, "total": 2, "processed": 2, "imported": 2, "updated": 0, "errored": 0, "done": True}
    return {"data": {**row, "unchanged": [], "unchanged_count": 0, **changes}}


@define
class Account:
    """An account where an import takes effect when it is asked about for the ``polls``-th time."""

    polls: int = 1
    accepts: Callable[[str], Answer] = lambda path: reply(PROGRESS)
    told: Answer | None = None
    keeps: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda row: {}
    people: dict[str, dict[str, object]] = field(factory=lambda: {KNOWN: person(99, email=KNOWN, groups=[])})
    imports: list[str] = field(factory=list)
    rows: list[dict[str, Any]] = field(factory=list)
    asked: int = 0
    finds: bool = True
    """Whether look-ups by address find anybody."""

    def __call__(self, request: httpx.Request) -> Answer:
        path = request.url.path
        if path.endswith("/batch"):
            return reply({"responses": [self._find(item["path"]) for item in json.loads(request.content)["requests"]]})
        if path.startswith("/api/subscribers/") and "@" in path:
            return reply({"message": ""}, 404)
        if path == "/api/subscribers":
            return reply(cursor_page(list(self.people.values())))
        if request.method == "POST":
            self.imports.append(path)
            answer = self.accepts(path)
            if isinstance(answer, httpx.Response) and answer.is_success:
                self.rows = json.loads(request.content)["subscribers"]
            return answer
        assert path == f"/api/subscribers/import/{NUMBER}"
        self.asked += 1
        if self.asked < self.polls:
            return reply(report(done=False, processed=0, imported=0))
        for number, row in enumerate(self.rows):
            changes = self.keeps(row)
            if changes is not None:
                email = row["email"].lower()
                shown = {"fields": row["fields"], "groups": [GROUP], **changes}
                self.people[email] = person(number, email=email, **shown)
        return self.told or reply(report())

    def _find(self, path: str) -> dict[str, object]:
        who = unquote(path).removeprefix("api/subscribers/")
        found = self.people.get(who) if self.finds else None
        return {"code": 404, "body": {"message": ""}} if found is None else {"code": 200, "body": {"data": found}}


async def test_new_people_are_imported_followed_and_read_back() -> None:
    account, time = Account(polls=6), Time()
    result = await mailerlite(Script(account), time).import_subscribers(GROUP, [ANN, BOB])
    assert [found.email for found in result.created] == ["ann+x@example.com", "bo'b@example.com"]
    assert (result.known, result.differing, result.missing) == ((), (), ())
    assert result.report is not None
    assert (result.report.done, result.report.imported, result.report.failed) == (True, 2, 0)
    assert time.slept == [1, 2, 4, 8, 15, 15]
    assert account.imports == [DOCUMENTED]


async def test_an_import_holds_addresses_and_fields_and_nothing_that_could_touch_a_status() -> None:
    account = Account()
    await mailerlite(Script(account)).import_subscribers(GROUP, [ANN, BOB])
    assert account.rows == [
        {"email": "Ann+x@Example.com", "fields": {"p": 121}},
        {"email": "bo'b@example.com", "fields": {"p": 122}},
    ]


async def test_who_is_known_already_is_left_alone() -> None:
    there = person(5, email="ann+x@example.com", groups=[])
    account = Account()
    account.people["ann+x@example.com"] = there
    result = await mailerlite(Script(account)).import_subscribers(GROUP, [ANN, BOB])
    assert [found.email for found in result.known] == ["ann+x@example.com"]
    assert [found.email for found in result.created] == ["bo'b@example.com"]
    assert [row["email"] for row in account.rows] == ["bo'b@example.com"]
    again = await mailerlite(Script(account)).import_subscribers(GROUP, [ANN, BOB])
    assert (len(again.known), again.report, len(account.imports)) == (2, None, 1)


async def test_a_report_is_not_believed_without_the_people() -> None:
    def keeps(row: dict[str, Any]) -> dict[str, Any] | None:
        return {"a@x.example": None, "b@x.example": {"groups": []}, "c@x.example": {"fields": {"p": None}}}.get(
            row["email"], {"fields": {"p": "1"}}
        )

    people = [NewPerson(f"{name}@x.example", {"p": 1}) for name in "abcd"]
    result = await mailerlite(Script(Account(keeps=keeps))).import_subscribers(GROUP, people)
    assert result.missing == (people[0],)
    assert [found.email for found in result.differing] == ["b@x.example", "c@x.example"]
    assert [found.email for found in result.created] == ["d@x.example"]


@pytest.mark.parametrize("status", [404, 405])
async def test_the_other_path_is_taken_where_the_documented_one_does_not_exist_and_remembered(status: int) -> None:
    missing = reply({"message": "The route could not be found."}, status)
    account = Account(accepts=lambda path: missing if path == DOCUMENTED else reply(report(done=False)))
    service = mailerlite(Script(account))
    first = await service.import_subscribers(GROUP, [ANN])
    second = await service.import_subscribers(GROUP, [BOB])
    assert (len(first.created), len(second.created)) == (1, 1)
    assert account.imports == [DOCUMENTED, OTHER, OTHER]


async def test_a_report_that_is_done_at_once_needs_no_poll() -> None:
    account = Account(accepts=lambda _: reply(report(imported=0, errored=1, unchanged_count=1)))
    result = await mailerlite(Script(account)).import_subscribers(GROUP, [ANN])
    assert account.asked == 0
    assert result.report is not None
    assert result.report.failed == 0
    assert result.missing == (ANN,)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply({"message": "No such group"}, 404), RequestRefused),
        (reply({"message": "Too many"}, 422), RequestRefused),
        (reply({"message": "Unauthenticated."}, 401), NotAuthorized),
        (cut(), WriteUnknown),
        (reply({}, 500), WriteUnknown),
        (page(), WriteUnknown),
        (reply({}), WriteUnknown),
        (reply({"import_progress_url": "https://x.example/import/none"}), WriteUnknown),
        (reply({"import_progress_url": 5}), WriteUnknown),
        (reply({"data": {"id": "none"}}), WriteUnknown),
    ],
)
async def test_an_import_is_never_sent_twice_and_what_is_not_known_is_unknown(
    answer: Answer, kind: type[Exception]
) -> None:
    account = Account(accepts=lambda _: answer)
    with pytest.raises(kind):
        await mailerlite(Script(account)).import_subscribers(GROUP, [ANN])
    assert len(account.imports) == len(set(account.imports))
    assert len(account.imports) <= (2 if kind is RequestRefused else 1)


@pytest.mark.parametrize("told", [reply({}, 500), reply({"data": {"id": "x"}}), reply({"message": "?"}, 422), cut()])
async def test_an_import_that_cannot_be_followed_is_unknown(told: Answer) -> None:
    with pytest.raises(WriteUnknown, match="took an import of 1 people in"):
        await mailerlite(Script(Account(told=told))).import_subscribers(GROUP, [ANN])


async def test_a_stop_while_an_import_runs_leaves_it_unknown_and_before_it_sends_nothing() -> None:
    account = Account(polls=50)
    with pytest.raises(WriteUnknown):
        await mailerlite(Script(account), Time(stop_at=1010)).import_subscribers(GROUP, [ANN])
    assert account.asked == 3

    def lost() -> None:
        raise LockLost("Somebody took the lock.")

    untouched = Account()
    with pytest.raises(LockLost):
        await mailerlite(Script(untouched)).import_subscribers(GROUP, [ANN], before_try=before(lost))
    assert untouched.imports == []


async def test_an_import_that_never_ends_is_left_after_ten_minutes_and_says_who_is_not_there_yet() -> None:
    time = Time()
    result = await mailerlite(Script(Account(polls=10_000)), time).import_subscribers(GROUP, [ANN])
    assert 600 <= sum(time.slept) < 620
    assert result.report is not None
    assert not result.report.done
    assert result.missing == (ANN,)


async def test_who_cannot_be_looked_up_before_is_not_imported() -> None:
    broken = {"responses": [{"code": 500, "body": {"message": "Server Error"}}]}
    newest = reply(cursor_page([person(99, email=KNOWN)]))
    answer = {"code": 200, "body": {"data": person(99, email=KNOWN)}}
    script = Script([newest, reply({"responses": [answer, *broken["responses"]]}), reply(broken)])
    with pytest.raises(IncompleteRead, match=r"500, Server Error"):
        await mailerlite(script).import_subscribers(GROUP, [ANN])
    assert script.lines() == ["GET /api/subscribers?limit=1000", *["POST /api/batch"] * 3]


@pytest.mark.fault("A2")
async def test_nobody_is_imported_whom_an_unproved_look_up_did_not_find() -> None:
    account = Account()
    account.finds = False
    with pytest.raises(IncompleteRead, match="finds nobody by e-mail address"):
        await mailerlite(Script(account)).import_subscribers(GROUP, [ANN])
    assert account.imports == []


@pytest.mark.parametrize(
    "people",
    [
        [NewPerson("no address")],
        [NewPerson("a@b.example"), NewPerson(" A@B.example")],
        [NewPerson(f"{number}@b.example") for number in range(MOST_ROWS + 1)],
    ],
)
async def test_what_cannot_be_imported_is_refused_before_anything_is_sent(people: list[NewPerson]) -> None:
    script = Script(Account())
    with pytest.raises(ValueError, match="an import holds"):
        await mailerlite(script).import_subscribers(GROUP, people)
    assert script.requests == []


async def test_many_people_are_looked_up_fifty_at_a_time() -> None:
    account = Account()
    script = Script(account)
    people = [NewPerson(f"p{number}@b.example") for number in range(120)]
    result = await mailerlite(script).import_subscribers(GROUP, people)
    assert len(result.created) == 120
    assert [len(json.loads(r.content)["requests"]) for r in script.requests if r.url.path.endswith("/batch")] == [
        50,
        50,
        21,  # and somebody known
        50,
        50,
        20,
    ]


# Reads in a batch


async def test_only_the_failed_reads_of_a_batch_are_asked_again() -> None:
    def found(number: int) -> dict[str, object]:
        return {"code": 200, "body": {"data": person(number)}}

    trouble, gone = {"code": 503}, {"code": 404, "body": {"message": ""}}
    script = Script(
        [
            reply({"responses": [found(1), trouble, gone, {"code": 429}]}),
            reply({"responses": [trouble, found(4)]}),
            reply({"responses": [found(2)]}),
        ]
    )
    answers = await mailerlite(script).batch_of_reads([BatchItem.read(str(number)) for number in range(1, 5)])
    assert [answer.subscriber().email if answer.ok else None for answer in answers] == [
        "person1@example.com",
        "person2@example.com",
        None,
        "person4@example.com",
    ]
    asked = [[item["path"][-1] for item in json.loads(request.content)["requests"]] for request in script.requests]
    assert asked == [["1", "2", "3", "4"], ["2", "4"], ["2"]]


async def test_a_batch_of_reads_holds_no_write() -> None:
    script = Script([reply({})])
    with pytest.raises(ValueError, match="only reads"):
        await mailerlite(script).batch_of_reads([BatchItem.read("1"), BatchItem.assign("1", "7")])
    assert script.requests == []
