"""Reads people of MailerLite: a page of a list, or up to fifty by id or address in one request."""

from __future__ import annotations

from collections.abc import Sequence

from bema_tui.campaigns.severities import finding
from bema_tui.emails import email_key
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
    job.set_aside.update({row.subscriber_id: email_key(row.email) for row in page.broken})
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


async def look_closely(job: Job, account: Account, ids: Sequence[str], addresses: Sequence[str]) -> None:
    """Read people again by id, and look buyers up by address whom no list showed; fifty in a request, of either kind.

    Who is gone is no longer of this read. Whose row can't be read is set aside, as in a list.

    Raises:
        IncompleteRead: MailerLite did not answer for one of them.
    """
    asked = [(person, BatchItem.read(person)) for person in ids]
    asked += [(address, BatchItem.find(address)) for address in in_known_form(addresses)]
    for start in range(0, len(asked), BATCH):
        chunk = asked[start : start + BATCH]
        known = await job.people.states([who for who, _ in chunk])
        answers = await job.mailerlite.batch_of_reads([item for _, item in chunk])
        at = job.db.now()
        found: list[Subscriber] = []
        gone: list[str] = []
        for (who, _), answer in zip(chunk, answers, strict=True):
            member = known.get(who)
            person = await _shown(job, who, member.email if member is not None else who, answer)
            if person is not None:
                found.append(person)
            elif member is not None:
                gone.append(who)
        await job.people.put([account.member(person, at) for person in found])
        await job.people.forget(gone)
        await job.note()


def in_known_form(addresses: Sequence[str]) -> list[str]:
    """Those that can be looked up: what is no address can't be known to MailerLite."""
    return [address for address in addresses if "@" in address]


async def _shown(job: Job, who: str, address: str, answer: BatchAnswer) -> Subscriber | None:
    """The person of an answer; None for nobody, and where their row can't be read, which sets them aside."""
    if "@" in who and answer.code in _NO_ADDRESS:
        return None  # what MailerLite takes for no address at all (4xx) it can't know either
    if not answer.ok:
        return _person(answer)
    try:
        return answer.subscriber()
    except BadAnswer as error:
        job.set_aside[who] = email_key(address)
        await job.findings.record([_unreadable(job, who, f"Subscriber {who}", error.message.rstrip("."))], job.run)
        return None


def _person(answer: BatchAnswer) -> Subscriber | None:
    if answer.gone:
        return None
    try:
        return answer.subscriber()
    except BemaError as error:
        raise IncompleteRead(
            f"A person can't be read: {error.message}", tried="read people by id or address", where="MailerLite"
        ) from error
