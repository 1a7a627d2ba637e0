"""What MailerLite's documentation leaves open is asked as a sync would ask it, and counted by rows."""

from __future__ import annotations

import httpx
import pytest

from bema_tui.errors import RequestRefused
from bema_tui.providers.mailerlite.probe import MailerLiteProbe
from bema_tui.secrets import Secret
from tests.providers.helpers import KEY, URL, Answer, Notes, Script, Time, mailerlite, reply
from tests.providers.rows import cursor_page, subscriber

REFUSED = reply({"message": "The limit is too high."}, 422)


def probe(script: Script) -> MailerLiteProbe:
    notes = Notes()
    return MailerLiteProbe(URL, Secret(KEY), gate=notes, interrupt=Time(), meter=notes, transport=script.transport)


@pytest.mark.parametrize("most", [1000, 100, 0])
async def test_a_large_page_is_asked_for_in_the_same_steps_as_a_sync_takes(most: int) -> None:
    def answer(request: httpx.Request) -> Answer:
        return REFUSED if int(request.url.params.get("limit", 0)) > most else reply(cursor_page([]))

    asked, read = Script(answer), Script(answer)
    assert await probe(asked).page_cap() == 2
    assert [page async for page in mailerlite(read, page_size=1000).get_subscribers()]
    assert asked.lines() == read.lines()


async def test_a_page_that_is_refused_whatever_its_size_is_an_error() -> None:
    with pytest.raises(RequestRefused):
        await probe(Script([REFUSED])).page_cap()


async def test_a_row_with_two_faults_is_one_row_of_the_sample() -> None:
    odd = {**subscriber(2), "id": "x", "status": None}
    asked = probe(Script([reply(cursor_page([subscriber(1), odd]))]))
    await asked.page_cap()
    assert asked.sample is not None
    assert (asked.sample.rows, len(asked.sample.broken)) == (2, 2)
