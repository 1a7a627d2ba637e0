"""Batches: only harmless items can be made, and every answer is matched to its item."""

from __future__ import annotations

import json

import httpx
import pytest
from attrs import define, field

from bema_tui.errors import BadAnswer, IncompleteRead, LockLost, RateLimited, WriteUnknown
from bema_tui.providers.mailerlite.batch import BatchAnswer, BatchItem
from tests.providers.helpers import Answer, Notes, Script, Time, before, cut, mailerlite, page, reply
from tests.providers.rows import subscriber

WRITES = [BatchItem.assign("1", "7"), BatchItem.put_fields("1", {"p": 121}), BatchItem.unassign("1", "8")]
READS = [BatchItem.read("1"), BatchItem.find("a+b/c@x.example")]


def answers(*codes: int) -> dict[str, object]:
    rows = [{"code": code, "body": {"message": "m"}} for code in codes]
    good = sum(200 <= code < 300 for code in codes)
    return {"total": len(codes), "successful": good, "failed": len(codes) - good, "responses": rows}


async def test_items_go_out_in_one_request_and_their_answers_come_back_in_order() -> None:
    script, notes = (
        Script([reply(answers(200, 429, 404, 200, 500), x_ratelimit_limit="120", x_ratelimit_remaining="9")]),
        Notes(),
    )
    got = await mailerlite(script, notes=notes).batch([*WRITES, *READS])
    assert [(each.code, each.ok, each.gone, each.retryable) for each in got] == [
        (200, True, False, False),
        (429, False, False, True),
        (404, False, True, False),
        (200, True, False, False),
        (500, False, False, True),
    ]
    assert notes.admitted == [6]
    assert notes.learned == [(120, 9, 6)]
    assert notes.counted == [("MailerLite", True, 6, False)]
    assert script.lines() == ["POST /api/batch"]
    assert script.bodies() == [
        {
            "requests": [
                {"method": "POST", "path": "api/subscribers/1/groups/7"},
                {"method": "PUT", "path": "api/subscribers/1", "body": {"fields": {"p": 121}}},
                {"method": "DELETE", "path": "api/subscribers/1/groups/8"},
                {"method": "GET", "path": "api/subscribers/1"},
                {"method": "GET", "path": "api/subscribers/a%2Bb%2Fc%40x.example"},
            ]
        }
    ]


@pytest.mark.parametrize(
    "body", [answers(200, 200), answers(*[200] * 4), {}, {"responses": [{}, {}]}, {"responses": "x"}]
)
async def test_answers_that_do_not_match_leave_writes_unknown_and_reads_incomplete(body: object) -> None:
    with pytest.raises(WriteUnknown):
        await mailerlite(Script([reply(body)])).batch(WRITES)
    with pytest.raises(IncompleteRead):
        await mailerlite(Script([reply(body)])).batch([*READS, BatchItem.read("2")])


@pytest.mark.fault("A1")
@pytest.mark.parametrize("bad", [None, 17, {}, {"code": "x"}, {"code": None, "body": {}}, []])
async def test_one_answer_that_cannot_be_read_is_unknown_and_the_others_stand(bad: object) -> None:
    body = {"responses": [{"code": 200}, bad, {"code": 204}]}
    first, odd, last = await mailerlite(Script([reply(body)])).batch(WRITES)
    assert (first.ok, last.ok) == (True, True)
    assert (odd.ok, odd.gone, odd.retryable) == (False, False, True)
    assert odd.problem.startswith("responses.1")


async def test_a_read_whose_answer_cannot_be_read_is_asked_for_again() -> None:
    shown = {"code": 200, "body": {"data": subscriber(1, groups=[])}}
    script = Script([reply({"responses": [shown, "?"]}), reply({"responses": [shown]})])
    answers = await mailerlite(script).batch_of_reads(READS[:1] * 2)
    assert [answer.code for answer in answers] == [200, 200]
    assert [str(body).count("GET") for body in script.bodies()] == [2, 1]


@define
class Throttled:
    """An account that answers so many items of each batch, and never the read of person ``stubborn``."""

    answered: int
    stubborn: str = ""
    asked: list[list[str]] = field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        numbers = [item["path"].split("/")[2] for item in json.loads(request.content)["requests"]]
        self.asked.append(numbers)
        refused = {"code": 429, "body": {"message": "Too Many Attempts."}}
        return reply(
            {
                "responses": [
                    {"code": 200, "body": {"data": subscriber(int(number))}}
                    if place < self.answered and number != self.stubborn
                    else refused
                    for place, number in enumerate(numbers)
                ]
            }
        )


@pytest.mark.fault("E5")
async def test_reads_that_the_quota_cuts_off_are_asked_again_until_all_are_answered() -> None:
    account, time = Throttled(answered=1), Time()
    subscribers = [BatchItem.read(str(number)) for number in range(1, 7)]
    answers = await mailerlite(Script(account), time).batch_of_reads(subscribers)
    assert [answer.code for answer in answers] == [200] * 6
    assert [asked[0] for asked in account.asked] == ["1", "2", "3", "4", "5", "6"]
    assert sum(time.slept) == 5 * 60


@pytest.mark.fault("E5")
async def test_a_read_that_is_refused_for_ever_is_given_up_beside_one_that_is_answered() -> None:
    account = Throttled(answered=9, stubborn="2")
    first, second = await mailerlite(Script(account)).batch_of_reads([BatchItem.read("1"), BatchItem.read("2")])
    assert (first.code, second.code) == (200, 429)
    assert account.asked == [["1", "2"], ["2", "1"], ["2", "1"], ["2", "1"]]

    account = Throttled(answered=9, stubborn="2")
    client = mailerlite(Script(account))
    known = BatchAnswer(200, {"data": subscriber(7)}).subscriber()
    client.look_up.offer([known])
    (alone,) = await client.batch_of_reads([BatchItem.read("2")])
    assert alone.code == 429
    assert account.asked == [["2"]] + [["2", known.id]] * 3


@pytest.mark.fault("E5")
@pytest.mark.parametrize("answered", [0, 1])
async def test_an_account_that_does_not_answer_all_reads_is_waited_for_ten_minutes(answered: int) -> None:
    time = Time()
    subscribers = [BatchItem.read(str(number)) for number in range(1, 21)]
    with pytest.raises(RateLimited) as caught:
        await mailerlite(Script(Throttled(answered=answered)), time).batch_of_reads(subscribers)
    assert (caught.value.waited, caught.value.seconds) == (600, 60)
    assert sum(time.slept) == 600


async def test_a_batch_of_writes_by_id_is_repeated_after_a_loss() -> None:
    script = Script([cut(), reply(answers(200, 200, 200))])
    assert len(await mailerlite(script).batch(WRITES)) == 3
    with pytest.raises(WriteUnknown):
        await mailerlite(Script([cut()])).batch(WRITES)
    with pytest.raises(WriteUnknown):
        await mailerlite(Script([page()])).batch(WRITES)
    with pytest.raises(BadAnswer):
        await mailerlite(Script([page()])).batch(READS)


@pytest.mark.fault("E1")
@pytest.mark.parametrize(
    ("first", "lost"), [(cut(), True), (reply({}, 503), True), (reply({}, 429), False), (reply({}, 425), False)]
)
async def test_answers_after_a_lost_one_say_that_the_items_may_have_been_done_before(first: Answer, lost: bool) -> None:
    got = await mailerlite(Script([first, reply(answers(200, 404, 404))])).batch(WRITES)
    assert [(each.code, each.after_lost) for each in got] == [(200, lost), (404, lost), (404, lost)]


async def test_the_fence_is_checked_before_each_try() -> None:
    checks: list[int] = []

    def fence() -> None:
        checks.append(1)
        if len(checks) > 1:
            raise LockLost("gone")

    script = Script([cut()])
    with pytest.raises(LockLost):
        await mailerlite(script).batch(WRITES, before_try=before(fence))
    assert len(script.requests) == 1


async def test_no_items_cost_nothing_and_too_many_are_refused() -> None:
    script = Script([cut()])
    assert await mailerlite(script).batch([]) == ()
    with pytest.raises(ValueError, match="at most 50"):
        await mailerlite(script).batch([BatchItem.read("1")] * 51)
    assert script.requests == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "api/subscribers/1", {"fields": {}, "status": "active"}),
        ("PUT", "api/subscribers/1", {"status": "active"}),
        ("PUT", "api/subscribers/1", {"groups": []}),
        ("PUT", "api/subscribers/1", None),
        ("PUT", "api/subscribers/a%40b.example", {"fields": {}}),
        ("POST", "api/subscribers", {"email": "a@b.example"}),
        ("POST", "api/subscribers/1/groups/2", {"status": "active"}),
        ("POST", "api/subscribers/1/forget", None),
        ("DELETE", "api/subscribers/1", None),
        ("DELETE", "api/groups/1", None),
        ("GET", "subscribers/1", None),
        ("GET", "api/subscribers/1?x=1", None),
        ("GET", "api/subscribers/", None),
        ("PATCH", "api/subscribers/1", {"fields": {}}),
    ],
)
def test_no_other_item_can_be_made(method: str, path: str, body: dict[str, object] | None) -> None:
    with pytest.raises(ValueError, match="may be sent"):
        BatchItem(method, path, body)


def test_what_is_no_id_or_address_makes_no_item() -> None:
    with pytest.raises(ValueError, match="is not an id"):
        BatchItem.read("x")
    with pytest.raises(ValueError, match="is not an id"):
        BatchItem.assign("1", "../2")
    with pytest.raises(ValueError, match="is not an e-mail"):
        BatchItem.find("nobody")


def test_an_items_answer_shows_the_subscriber_or_says_why_not() -> None:
    shown = BatchAnswer(200, {"data": subscriber(1, groups=["7"])}).subscriber()
    assert shown.group_ids == frozenset("7")
    for body, path in ((None, "data"), ("", "data"), ({"data": {"id": "1"}}, "data.email"), ({"data": []}, "data")):
        with pytest.raises(BadAnswer) as caught:
            BatchAnswer(200, body).subscriber()
        assert caught.value.path == path
    assert BatchAnswer(204).ok
    assert BatchAnswer(422, {"message": "No \x1b"}).message == "No ␛"
