"""Reads people of MailerLite: a page that is whole, or up to fifty by id or address in one request."""

from __future__ import annotations

from collections.abc import Sequence

from bema_tui.campaigns.severities import finding
from bema_tui.errors import BemaError, IncompleteRead
from bema_tui.model import BrokenRow, FindingRule, Subscriber, SubscriberPage
from bema_tui.providers.mailerlite_batch import BatchAnswer, BatchItem
from bema_tui.sync.account import Account
from bema_tui.sync.budget import BATCH
from bema_tui.sync.job import Job

_NO_ADDRESS = frozenset({400, 404, 422})


async def whole(job: Job, page: SubscriberPage, where: str) -> Sequence[Subscriber]:
    """The people of a page of which every row parses; each that doesn't is a finding with the path of the bad field.

    Raises:
        IncompleteRead: a row can't be read.
    """
    if not page.broken:
        return page.subscribers
    advice = "Look at this subscriber in MailerLite; nothing is written for the campaign until the row can be read."
    found = [
        finding(
            FindingRule.BLOCKED_RECORD,
            job.campaign.code,
            row.subscriber_id or row.path,
            f"{_named(row)} of {where} can't be read: {row.path}: {row.problem}.",
            advice,
            row.subscriber_id or None,
        )
        for row in page.broken
    ]
    await job.findings.record(found, job.run)
    raise IncompleteRead(
        found[0].message,
        tried="read the campaign's people",
        where="MailerLite",
        advice=f"Nothing was written. {advice}",
    )


def _named(row: BrokenRow) -> str:
    return f"Subscriber {row.subscriber_id}" if row.subscriber_id else "A row"


async def read_by_id(job: Job, ids: Sequence[str]) -> dict[str, Subscriber | None]:
    """Read up to fifty people by id in one request; None for who is gone.

    Raises:
        IncompleteRead: MailerLite did not answer for one of them.
    """
    answers = await job.mailerlite.batch_of_reads([BatchItem.read(person) for person in ids])
    return dict(zip(ids, map(_person, answers), strict=True))


async def read_again(job: Job, account: Account, ids: Sequence[str]) -> None:
    """Read people of the campaign again by id; who is gone is no longer of this read."""
    for start in range(0, len(ids), BATCH):
        people = await read_by_id(job, ids[start : start + BATCH])
        at = job.db.now()
        gone = [person for person, found in people.items() if found is None]
        await job.people.put([account.member(found, at) for found in people.values() if found is not None])
        await job.people.forget(gone)
        await job.note()


async def look_up(job: Job, account: Account, addresses: Sequence[str]) -> None:
    """Look buyers up by address whom no reading showed: outside the campaign, or not known to MailerLite at all."""
    known_form = [address for address in addresses if "@" in address]  # what is no address can't be known there
    for start in range(0, len(known_form), BATCH):
        chunk = known_form[start : start + BATCH]
        answers = await job.mailerlite.batch_of_reads([BatchItem.find(address) for address in chunk])
        at = job.db.now()
        # What MailerLite takes for no address at all (4xx) it can't know either; everything else must be answered.
        found = [None if answer.code in _NO_ADDRESS else _person(answer) for answer in answers]
        await job.people.put([account.member(person, at) for person in found if person is not None])
        await job.note()


def _person(answer: BatchAnswer) -> Subscriber | None:
    if answer.gone:
        return None
    try:
        return answer.subscriber()
    except BemaError as error:
        raise IncompleteRead(
            f"A person can't be read: {error.message}", tried="read people by id or address", where="MailerLite"
        ) from error
