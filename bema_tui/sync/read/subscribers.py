"""Reads subscribers of MailerLite: a page of a list, or up to fifty by id or e-mail in one request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import frozen

from bema_tui.emails import email_key
from bema_tui.errors import IncompleteRead
from bema_tui.model import BrokenRow, Finding, FindingRule, Subscriber, SubscriberPage
from bema_tui.providers.mailerlite.forms import PLAINEST, Form, LookUpResult, special_characters
from bema_tui.providers.mailerlite.lookup import LookUp
from bema_tui.rules.findings import finding
from bema_tui.rules.records import Member
from bema_tui.store.account_facts import AccountFact, AccountFacts
from bema_tui.sync.read.reading import MembersReading
from bema_tui.sync.run_context import RunContext

MOST_SET_ASIDE = 20
"""Subscribers who can't be read; more are no accident of single records, and the read is not complete."""
SILENT = "the answer does not say in which groups they are"
_FORM_HOLDS = 24 * 3600.0  # seconds; it only chooses what is tried first


async def usable(reading: MembersReading, page: SubscriberPage, where: str) -> Sequence[Subscriber]:
    """Return the subscribers of a page. A row that does not parse is set aside, with a finding that names the field.

    An error blocks that record and nothing else: domain rules, section 5.

    Raises:
        IncompleteRead: there are so many that it is not about single rows.
    """
    if not page.broken:
        return page.subscribers
    found = [
        _unreadable(reading.context, _subject(row), f"{_named(row)} of {where}", f"{row.path}: {row.problem}")
        for row in page.broken
    ]
    await _leave_alone(reading, {_subject(row): email_key(row.email) for row in page.broken}, found)
    return page.subscribers


async def _leave_alone(reading: MembersReading, who: Mapping[str, str], found: Sequence[Finding]) -> None:
    """Set subscribers aside who can't be read, with their findings; ``who`` gives their e-mail keys.

    Raises:
        IncompleteRead: by now they are so many that it is not about single ones.
    """
    await reading.context.findings.record(found, reading.context.run)
    reading.set_aside.update(who)
    reading.unreadable.update(who)
    _refuse_many(
        reading.unreadable,
        found,
        tried="read the campaign's people",
        advice="Nothing was written. Look at the findings, and whether MailerLite's answers have changed.",
    )


def _refuse_many(unreadable: Collection[str], found: Sequence[Finding], *, tried: str, advice: str) -> None:
    if found and len(unreadable) > MOST_SET_ASIDE:
        words = f"{found[0].message} They are more than {MOST_SET_ASIDE}."
        raise IncompleteRead(words, tried=tried, where="MailerLite", advice=advice)


def _subject(row: BrokenRow) -> str:
    """Return what a row can be found by: its id, its e-mail, or its place in the list."""
    return row.subscriber_id or row.email or row.row


async def members_of(reading: MembersReading, subscribers: Sequence[Subscriber]) -> list[Member]:
    """Return these subscribers as the campaign's, read just now; the reading keeps whose tiers are not certain.

    Whose answer does not say in which groups they are is set aside.

    Raises:
        IncompleteRead: there are so many of these that it is not about single ones.
    """
    at = reading.context.db.now()
    told = [subscriber for subscriber in subscribers if subscriber.group_ids is not None]
    if len(told) < len(subscribers):
        silent = [subscriber for subscriber in subscribers if subscriber.group_ids is None]
        found = [
            _unreadable(reading.context, subscriber.id, f"Subscriber {subscriber.id}", SILENT) for subscriber in silent
        ]
        await _leave_alone(reading, {subscriber.id: subscriber.email_key for subscriber in silent}, found)
    reading.in_doubt.update(
        subscriber.id for subscriber in told if reading.account.check.in_doubt(subscriber.group_ids or frozenset())
    )
    return [reading.account.member(subscriber, at) for subscriber in told]


def _unreadable(context: RunContext, subject: str, who: str, problem: str) -> Finding:
    return finding(
        FindingRule.BLOCKED_RECORD,
        context.campaign.code,
        subject,
        f"{who} can't be read: {problem}.",
        "Look at this subscriber in MailerLite; nothing is planned for them until their row can be read.",
        subject if subject.isdigit() else None,
    )


def _unproved(context: RunContext, one: LookUpResult) -> Finding:
    return finding(
        FindingRule.BLOCKED_RECORD,
        context.campaign.code,
        one.who,
        f"{one.who} bought, and whether MailerLite knows the e-mail can't be told: {one.problem}.",
        "Look for the e-mail in MailerLite; nothing is planned for this buyer until its look-ups find such e-mails.",
    )


def _named(row: BrokenRow) -> str:
    if row.subscriber_id:
        return f"Subscriber {row.subscriber_id}"
    return f"The row of {row.email}" if row.email else "A row"


@frozen
class ReadById:
    """Subscribers who were read by id."""

    found: Mapping[str, Subscriber | None]
    """The subscribers by id; None for one who is gone from MailerLite, which is proved."""
    unread: Mapping[str, str]
    """Why the others can't be read, by id."""


async def read_by_id(context: RunContext, ids: Sequence[str], set_aside: set[str]) -> ReadById:
    """Read up to fifty subscribers by id in one request. One who can't be read is a finding, and in ``set_aside``.

    Raises:
        IncompleteRead: many can't be read, or nobody is found by id.
    """
    look_up = await ready_look_up(context)
    found: dict[str, Subscriber | None] = {}
    unread: dict[str, str] = {}
    async for done in look_up.find(ids=ids):
        for one in done:
            subscriber = one.answer.subscriber() if one.answer is not None else None
            if one.problem:
                unread[one.who] = one.problem
            elif subscriber is not None and subscriber.group_ids is None:
                unread[one.who] = SILENT
            else:
                found[one.who] = subscriber
    told = [_unreadable(context, who, f"Subscriber {who}", problem) for who, problem in unread.items()]
    await context.findings.record(told, context.run)
    set_aside.update(unread)
    _refuse_many(
        set_aside,
        told,
        tried="read people by id",
        advice="Look at the findings, and whether MailerLite's answers have changed; then resume the run.",
    )
    return ReadById(found, unread)


async def find_by_email(context: RunContext, emails: Sequence[str]) -> tuple[LookUpResult, ...]:
    """Look subscribers up by e-mail; each is found, proved to be unknown, or left open.

    Raises:
        IncompleteRead: no form of look-up finds anybody.
    """
    look_up = await ready_look_up(context, emails)
    return tuple([one async for done in look_up.find(emails) for one in done])


async def ready_look_up(context: RunContext, emails: Sequence[str] = ()) -> LookUp:
    """Return the look-ups of the account, with subscribers to prove them by, and the form that proved itself before."""
    look_up = context.mailerlite.look_up
    kinds = {special_characters(email) for email in emails} | {PLAINEST}
    for characters in kinds - look_up.kinds:
        look_up.offer(await context.members.shown_with(characters), characters)
    if emails and not look_up.proved:
        facts = AccountFacts(context.db)
        form, at = await facts.text(AccountFact.LOOK_UP_FORM), await facts.number(AccountFact.LOOK_UP_PROVED_AT)
        if (
            form is not None
            and form in {*Form}
            and at is not None
            and 0 <= context.db.now().timestamp() - at < _FORM_HOLDS
        ):
            look_up.form = Form(form)
    return look_up


async def remember_look_up(context: RunContext) -> None:
    """Keep the form that proved itself, and when, for the next run to begin with."""
    if context.mailerlite.look_up.proved:
        facts = AccountFacts(context.db)
        await facts.learned(AccountFact.LOOK_UP_FORM, context.mailerlite.look_up.form)
        await facts.learned(AccountFact.LOOK_UP_PROVED_AT, int(context.db.now().timestamp()))


async def look_closely(reading: MembersReading, ids: Sequence[str], emails: Sequence[str]) -> None:
    """Read subscribers again by id, and look buyers up by e-mail whom no list showed; fifty in a request.

    One who is gone leaves this read. One who can't be read or looked up is set aside, as in a list.

    Raises:
        IncompleteRead: MailerLite did not answer for many of them, or finds nobody by any form of look-up.
    """
    context, set_aside = reading.context, reading.set_aside
    look_up = await ready_look_up(context, emails)
    shown: set[str] = set()
    aside: list[LookUpResult] = []
    async for done in look_up.find(in_known_form(emails), ids):
        known = await context.members.states([one.who for one in done])
        members = await members_of(reading, [one.answer.subscriber() for one in done if one.answer is not None])
        shown.update(member.email_key for member in members)
        await context.members.put(members)
        await context.members.forget([one.who for one in done if one.absent and one.who in known])
        aside += [one for one in done if one.problem]
        set_aside.update({one.who: known[one.who].email_key for one in aside if one.who in known})
        await context.note()
        await context.safe_point()
    await remember_look_up(context)
    # The shop's spelling of an e-mail may be none that MailerLite shows it in.
    keys = {one.who: email_key(one.who) for one in aside if one.who not in set_aside}
    aside = [one for one in aside if one.who in set_aside or keys[one.who] not in shown]
    set_aside.update({one.who: keys[one.who] for one in aside if one.who in keys})
    await context.findings.record([_unproved(context, one) for one in aside if one.unproved], context.run)
    unread = [one for one in aside if not one.unproved]
    found = [_unreadable(context, one.who, _called(one.who), one.problem) for one in unread]
    await _leave_alone(reading, {one.who: set_aside[one.who] for one in unread}, found)


def in_known_form(emails: Sequence[str]) -> list[str]:
    """Return those that can be looked up: what is no e-mail can't be known to MailerLite."""
    return [email for email in emails if "@" in email]


def _called(who: str) -> str:
    return f"Subscriber {who}" if who.isdigit() else who
