"""Reads people of MailerLite: a page of a list, or up to fifty by id or address in one request."""

from __future__ import annotations

from collections.abc import Sequence

from bema_tui.campaigns.severities import finding
from bema_tui.errors import BadAnswer, BemaError, IncompleteRead
from bema_tui.model import BrokenRow, Finding, FindingRule, Subscriber, SubscriberPage
from bema_tui.providers.mailerlite_batch import BatchAnswer, BatchItem
from bema_tui.sync.account import Account
from bema_tui.sync.budget import BATCH
from bema_tui.sync.job import Job

MOST_SET_ASIDE = 20
"""People whose rows can't be read; more of them are no accident of single records, and the read is not complete."""
_NO_ADDRESS = frozenset({400, 404, 422})


async def usable(job: Job, page: SubscriberPage, where: str) -> Sequence[Subscriber]:
    """The people of a page. Whose row does not parse is set aside, and is a finding with the path of the bad field.

    An error blocks that record and nothing else: domain rules, section 5.

    Raises:
        IncompleteRead: a broken row does not say whose it is, or there are so many that it is not about single people.
    """
    if not page.broken:
        return page.subscribers
    found = [
        _unreadable(job, row.subscriber_id or row.path, f"{_named(row)} of {where}", f"{row.path}: {row.problem}")
        for row in page.broken
    ]
    await job.findings.record(found, job.run)
    job.set_aside.update({row.subscriber_id: row.email.strip().lower() for row in page.broken})
    if "" in job.set_aside or len(job.set_aside) > MOST_SET_ASIDE:
        many = "" if "" in job.set_aside else f" They are more than {MOST_SET_ASIDE}."
        raise IncompleteRead(
            found[0].message + many,
            tried="read the campaign's people",
            where="MailerLite",
            advice="Nothing was written. Look at the findings, and whether MailerLite's answers have changed.",
        )
    return page.subscribers


def _unreadable(job: Job, subject: str, who: str, problem: str) -> Finding:
    return finding(
        FindingRule.BLOCKED_RECORD,
        job.campaign.code,
        subject,
        f"{who} can't be read: {problem}.",
        "Look at this subscriber in MailerLite; nothing is planned for them until their row can be read.",
        subject if subject.isdigit() else None,
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
        found: list[Subscriber] = []
        for address, answer in zip(chunk, answers, strict=True):
            # What MailerLite takes for no address at all (4xx) it can't know either; all else must be answered.
            if answer.code not in _NO_ADDRESS:
                found += await _known(job, address, answer)
        await job.people.put([account.member(person, at) for person in found])
        await job.note()


async def _known(job: Job, address: str, answer: BatchAnswer) -> Sequence[Subscriber]:
    """The person of an address; nobody where their row can't be read, which sets them aside."""
    if not answer.ok:
        person = _person(answer)
        return [person] if person is not None else []
    try:
        return [answer.subscriber()]
    except BadAnswer as error:
        job.set_aside[address] = address
        await job.findings.record([_unreadable(job, address, address, error.message.rstrip("."))], job.run)
        return []


def _person(answer: BatchAnswer) -> Subscriber | None:
    if answer.gone:
        return None
    try:
        return answer.subscriber()
    except BemaError as error:
        raise IncompleteRead(
            f"A person can't be read: {error.message}", tried="read people by id or address", where="MailerLite"
        ) from error
