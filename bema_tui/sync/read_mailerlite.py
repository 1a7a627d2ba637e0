"""Reads a campaign's people from MailerLite: group by group, then again by id or address where a group can't tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from bema_tui.campaigns.naming import field_name, group_name
from bema_tui.campaigns.reconcile import CampaignCheck, check_campaign
from bema_tui.errors import BemaError, IncompleteRead
from bema_tui.model import (
    Automation,
    Completeness,
    CustomField,
    Finding,
    FindingRule,
    Group,
    RunState,
    Subscriber,
    SubscriberStatus,
    Tier,
)
from bema_tui.providers.mailerlite_batch import BatchAnswer, BatchItem
from bema_tui.store.ledger import NEW
from bema_tui.store.people import Member
from bema_tui.store.settings import DatabaseSettings
from bema_tui.sync.budget import BATCH
from bema_tui.sync.job import Job

_NO_ADDRESS = frozenset({400, 404, 422})
_BUYER_STATUSES = ("complete", "partially_refunded", "revoked", "on_hold")


@frozen
class Account:
    """What the account holds for a campaign: its groups by tier, its field, the automations that its groups set off.

    A group or field that the plan is to create stands here with the id ``new:<name>``.
    """

    groups: Mapping[Tier, Group]
    field: CustomField | None
    check: CampaignCheck
    automations: tuple[Automation, ...]
    to_create_groups: tuple[str, ...] = ()
    to_create_field: str | None = None

    @property
    def tier_of_group(self) -> Mapping[str, Tier]:
        """Group id → tier."""
        return {group.id: tier for tier, group in self.groups.items()}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the campaign in the account, less what this plan creates."""
        created = {*self.to_create_groups, *([self.to_create_field] if self.to_create_field else [])}
        missing = {FindingRule.GROUP_MISSING, FindingRule.FIELD_MISSING}
        return tuple(found for found in self.check.findings if not (found.rule in missing and found.subject in created))

    def member(self, subscriber: Subscriber, read_at: datetime) -> Member:
        """A subscriber as a person of this campaign.

        Raises:
            IncompleteRead: the answer does not say in which groups they are.
        """
        if subscriber.group_ids is None or subscriber.status is None:
            raise IncompleteRead(
                f"MailerLite's answer does not say in which groups subscriber {subscriber.id} is.",
                tried="read people with their groups",
                advice="Nothing was written. Start the sync again.",
            )
        tiers = self.tier_of_group
        stored = subscriber.fields.get(self.field.key) if self.field else None
        return Member(
            subscriber_id=subscriber.id,
            email=subscriber.email,
            name=str(subscriber.fields.get("name") or ""),
            last_name=str(subscriber.fields.get("last_name") or ""),
            source="",
            status=subscriber.status,
            tiers=frozenset(tiers[group] for group in subscriber.group_ids if group in tiers),
            stored=None if stored in (None, "") else as_text(stored),
            read_at=read_at,
        )


def as_text(value: str | float) -> str:
    """A field's value as text; a whole number has no decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


async def read_account(job: Job, *, create_missing: bool) -> Account:
    """Read groups, fields and automations, and find this campaign's among them.

    Raises:
        WrongAccount: the database belongs to another account.
        ProviderError: MailerLite did not answer.
    """
    groups = await job.mailerlite.get_groups()
    if job.mailerlite.account_id:
        await DatabaseSettings(job.db).belongs_to("mailerlite_account", job.mailerlite.account_id)
    fields = await job.mailerlite.get_fields()
    automations = await job.mailerlite.get_automations()
    check = check_campaign(job.campaign, groups, fields)
    by_tier = dict(check.by_tier)
    field = check.field
    new_groups: tuple[str, ...] = ()
    new_field = None
    if create_missing:
        new_groups = tuple(group_name(job.campaign.code, tier) for tier in Tier if tier in check.missing)
        for tier in sorted(check.missing):
            name = group_name(job.campaign.code, tier)
            by_tier[tier] = Group(id=NEW + name, name=name)
        if field is None:
            new_field = field_name(job.campaign.code)
            field = CustomField(id=NEW + new_field, name=new_field, key=NEW + new_field, type="number")
    ours = {group.id for group in by_tier.values()}
    return Account(
        groups=by_tier,
        field=field,
        check=check,
        automations=tuple(a for a in automations if a.enabled and a.group_ids & ours),
        to_create_groups=new_groups,
        to_create_field=new_field,
    )


async def read_people(job: Job, account: Account) -> str:
    """Read everybody who is in a group of the campaign, or has bought and is in none, and answer it in words.

    Groups are read opt_in to wood, then purchased, so that nobody whom an automation moves down meanwhile is missed;
    whoever shows two tiers, or is a buyer in none, is read again. Domain rules, section 6.

    Raises:
        IncompleteRead: a group could not be read whole, or a row does not parse.
    """
    for tier in Tier:
        group = account.groups.get(tier)
        if group is not None and not group.id.startswith(NEW):
            await _read_group(job, account, group)
    await _read_again(job, account, await job.people.in_several_tiers())
    await _find_buyers(job, account)
    people = job.people_read = await job.people.count()
    await job.note(
        members=people,
        mailerlite_read={
            "completeness": Completeness.COMPLETE,
            "at": job.db.now().isoformat(),
            "people": people,
            "strategy": "groups by status",
        },
    )
    return f"{people:,} people"


async def _read_group(job: Job, account: Account, group: Group) -> None:
    """Every member of a group, one pass for each status that its own counts do not call empty.

    The counts are cached by the service. Where they promise more people than came, the group is read a second time:
    two passes that agree outweigh a count that lags; two that differ are no complete read.
    """
    for status in SubscriberStatus:
        promised = group.counts.get(status, 0)
        if not promised and status is not SubscriberStatus.ACTIVE:
            continue
        first = await _read_pass(job, account, group, status)
        if len(first) < promised:
            second = await _read_pass(job, account, group, status)
            if second != first:
                raise IncompleteRead(
                    f"The group {group.name} gave {len(first)}, then {len(second)} {status} members, "
                    f"and counts {promised} itself.",
                    tried="read the campaign's groups",
                    where="MailerLite",
                    advice="Nothing was written. Start the sync again in a minute.",
                )


async def _read_pass(job: Job, account: Account, group: Group, status: SubscriberStatus) -> frozenset[int]:
    seen: set[int] = set()
    async for page in job.mailerlite.get_subscribers(group_id=group.id, status=status, with_groups=True):
        await job.safe_point(RunState.PLANNING)
        if page.broken:
            path, problem = page.broken[0]
            raise IncompleteRead(
                f"A member of {group.name} can't be read: {path}: {problem}.",
                tried="read the campaign's groups",
                where="MailerLite",
                advice="Nothing was written. Look at this subscriber in MailerLite.",
            )
        at = job.db.now()
        await job.people.put([account.member(subscriber, at) for subscriber in page.subscribers])
        seen.update(int(subscriber.id) for subscriber in page.subscribers)
        job.people_read += len(page.subscribers)
        await job.note(members=job.people_read)
    return frozenset(seen)


async def _read_again(job: Job, account: Account, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), BATCH):
        people = await read_by_id(job, ids[start : start + BATCH])
        at = job.db.now()
        gone = [person for person, found in people.items() if found is None]
        await job.people.put([account.member(found, at) for found in people.values() if found is not None])
        await job.people.forget(gone)


async def _find_buyers(job: Job, account: Account) -> None:
    """Buyers whom no group showed: known to MailerLite outside the campaign, or not known at all."""
    missing = await job.people.missing_buyers(job.campaign.product_ids, _BUYER_STATUSES)
    addresses = [address for address in missing if "@" in address]  # what is no address can't be known there
    for start in range(0, len(addresses), BATCH):
        chunk = addresses[start : start + BATCH]
        answers = await job.mailerlite.batch([BatchItem.find(address) for address in chunk])
        at = job.db.now()
        # What MailerLite takes for no address at all (4xx) it can't know either; everything else must be answered.
        found = [None if answer.code in _NO_ADDRESS else _person(answer) for answer in answers]
        await job.people.put([account.member(person, at) for person in found if person is not None])
        await job.note()


async def read_by_id(job: Job, ids: Sequence[str]) -> dict[str, Subscriber | None]:
    """Read up to fifty people by id in one request; None for who is gone.

    Raises:
        IncompleteRead: MailerLite did not answer for one of them.
    """
    answers = await job.mailerlite.batch([BatchItem.read(person) for person in ids])
    return dict(zip(ids, map(_person, answers), strict=True))


def _person(answer: BatchAnswer) -> Subscriber | None:
    if answer.code == 404:
        return None
    if not answer.ok:
        raise IncompleteRead(
            f"MailerLite answered {answer.code} for one person of a batch.",
            tried="read people by id or address",
            where="MailerLite",
            advice="Start again in a minute; what is planned stays planned.",
        )
    try:
        return answer.subscriber()
    except BemaError as error:
        raise IncompleteRead(
            f"A person can't be read: {error.message}", tried="read people by id or address", where="MailerLite"
        ) from error
