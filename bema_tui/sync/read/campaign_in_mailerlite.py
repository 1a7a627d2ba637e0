"""What the account holds for a campaign, read before anything else: its groups by tier, its field, its automations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs
from attrs import frozen

from bema_tui.errors import IncompleteRead
from bema_tui.field_values import FieldType, as_text
from bema_tui.listing import Listing
from bema_tui.model import Automation, CustomField, Finding, FindingRule, Group, Subscriber, Tier
from bema_tui.rules.findings import NO_CAMPAIGN
from bema_tui.rules.groups_and_field import CampaignCheck, check_campaign
from bema_tui.rules.naming import field_name, group_name
from bema_tui.rules.records import Member
from bema_tui.rules.unread_rows import unread_findings
from bema_tui.store.ledger_rows import NEW
from bema_tui.sync.one_account import one_account
from bema_tui.sync.run_context import RunContext


@frozen
class CampaignInMailerLite:
    """What the account holds for a campaign. A group or field that the plan is to create has the id ``new:<name>``."""

    groups: Mapping[Tier, Group]
    """The groups by tier, without tiers that have none."""
    field: CustomField | None
    """The purchase field; None: there is none."""
    check: CampaignCheck
    """What was found wrong with the groups and the field."""
    read_at: datetime
    """When the read of groups and field began."""
    automations: tuple[Automation, ...] = ()
    """The enabled automations that these groups may set off; empty unless a plan is made."""
    to_create_groups: Mapping[Tier, str] = attrs.field(factory=dict)
    """The names of the groups that the plan is to create, by tier."""
    to_create_field: str | None = None
    """The name of the field that the plan is to create; None: it creates none."""

    @property
    def tier_of_group(self) -> Mapping[str, Tier]:
        """Group id → tier."""
        return {group.id: tier for tier, group in self.groups.items()}

    @property
    def groups_to_read(self) -> tuple[tuple[Tier, Group], ...]:
        """The groups that exist, opt_in to wood, then purchased: the order in which automations move subscribers."""
        there = ((tier, self.groups[tier]) for tier in Tier if tier in self.groups)
        return tuple((tier, group) for tier, group in there if not group.id.startswith(NEW))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the campaign in the account, less what this plan creates."""
        created = {*self.to_create_groups.values(), *([self.to_create_field] if self.to_create_field else [])}
        missing = {FindingRule.GROUP_MISSING, FindingRule.FIELD_MISSING}
        return tuple(found for found in self.check.findings if not (found.rule in missing and found.subject in created))

    def is_fresh(self, now: datetime, stale_after_seconds: float) -> bool:
        """Return whether groups and field may still be taken for what they were; what is to be created was not read."""
        age = (now - self.read_at).total_seconds()
        to_create = self.to_create_groups or self.to_create_field
        return not to_create and 0 <= age < stale_after_seconds

    def member(self, subscriber: Subscriber, read_at: datetime) -> Member:
        """Return a subscriber as a member of this campaign.

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
            email_key=subscriber.email_key,
            name=str(subscriber.fields.get("name") or ""),
            last_name=str(subscriber.fields.get("last_name") or ""),
            source=subscriber.source,
            status=subscriber.status,
            tiers=frozenset(tiers[group] for group in subscriber.group_ids if group in tiers),
            stored=None if stored in (None, "") else as_text(stored),
            read_at=read_at,
            seen_before=not subscriber.group_ids.isdisjoint(self.check.twins),
        )


async def read_account(context: RunContext, *, for_plan: bool = False) -> CampaignInMailerLite:
    """Read groups and fields, and find this campaign's among them.

    A plan reads the automations as well, and counts what is missing as created if the options say so.

    Raises:
        WrongAccount: the database belongs to another account.
        ProviderError: MailerLite did not answer.
    """
    read_at = context.db.now()
    async with one_account(context.db, context.mailerlite):
        groups = await context.mailerlite.get_groups()
    fields = await context.mailerlite.get_fields()
    automations = await context.mailerlite.get_automations() if for_plan else Listing[Automation](())
    check = check_campaign(context.campaign, groups, fields, groups.hiding, fields.hiding)
    by_tier = dict(check.by_tier)
    field = check.field
    new_groups: dict[Tier, str] = {}
    new_field = None
    if for_plan and context.options.create_missing:
        to_create = check.missing - check.unproved
        new_groups = {tier: group_name(context.campaign.code, tier) for tier in Tier if tier in to_create}
        by_tier |= {tier: Group(id=NEW + name, name=name) for tier, name in new_groups.items()}
        if field is None and not check.hidden_field:
            new_field = field_name(context.campaign.code)
            field = CustomField(id=NEW + new_field, name=new_field, key=NEW + new_field, type=FieldType.NUMBER)
    ours = frozenset(group.id for group in by_tier.values())
    if for_plan:
        await _tell_unread(context, unread_findings(context.campaign.code, groups, fields, automations, ours))
    return CampaignInMailerLite(
        groups=by_tier,
        field=field,
        check=check,
        read_at=read_at,
        automations=tuple(a for a in automations if a.enabled and (a.group_ids & ours or not a.groups_known)),
        to_create_groups=new_groups,
        to_create_field=new_field,
    )


async def _tell_unread(context: RunContext, found: Sequence[Finding]) -> None:
    """Write down which rows of the account's lists can't be read; both the account's and the campaign's."""
    for campaign in (NO_CAMPAIGN, context.campaign.code):  # what is still so is opened again by the last line
        await context.findings.resolve_unseen(campaign, None, [FindingRule.UNREADABLE_RECORD])
    await context.findings.record(found, context.run)
