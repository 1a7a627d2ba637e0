"""What the account has of a campaign's groups and field, and what is missing, doubled or of the wrong type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
from attrs import frozen

from bema_tui.listing import UnreadRow
from bema_tui.model import Campaign, CustomField, Finding, FindingRule, Group, Tier
from bema_tui.rules.findings import NO_CAMPAIGN, finding
from bema_tui.rules.naming import (
    FieldMatch,
    GroupMatch,
    field_name,
    free_field_name,
    group_name,
    match_field,
    match_groups,
)
from bema_tui.rules.records import WRITABLE_TYPES
from bema_tui.rules.tiers import LABEL, ORDER
from bema_tui.rules.unread_rows import HiddenGroups, hidden_fields, hidden_groups

MAX_GROUPS: Final = 1000
MAX_FIELDS: Final = 100
NEARLY_FULL_PERCENT: Final = 90


@frozen
class CampaignCheck:
    """The campaign's groups and field as the account has them."""

    by_tier: Mapping[Tier, Group]
    """The group of each tier that has one."""
    field: CustomField | None
    """The purchase field, if there is one; it may be of a type that blocks the campaign."""
    missing: frozenset[Tier]
    """The tiers without a group."""
    findings: tuple[Finding, ...]
    """What a person may have to look at."""
    twins: frozenset[str] = frozenset()
    """The ids of further groups that mean one of its tiers: a subscriber in one of them is not unassigned."""
    hidden: HiddenGroups = attrs.field(factory=HiddenGroups)
    """The groups that may be its own, though their rows can't be read."""
    unproved: frozenset[Tier] = frozenset()
    """The missing tiers that a hidden row may be: they are not created."""
    hidden_field: tuple[UnreadRow, ...] = ()
    """The rows that may be the field, if it is missing, though they can't be read."""

    def in_doubt(self, group_ids: frozenset[str]) -> bool:
        """Whether the tiers of somebody in these groups are uncertain, because a group can't be read."""
        ours = group_ids & {group.id for group in self.by_tier.values()}
        return (bool(self.unproved) or not ours) and self.hidden.hold(group_ids)


def check_campaign(
    campaign: Campaign,
    groups: Sequence[Group],
    fields: Sequence[CustomField],
    unread_groups: Sequence[UnreadRow] = (),
    unread_fields: Sequence[UnreadRow] = (),
) -> CampaignCheck:
    """Match a campaign with the whole account: all its groups and fields, and the rows of both that can't be read.

    Domain rules, sections 2 and 3.
    """
    by_group, by_field = match_groups(groups, campaign.code), match_field(fields, campaign.code)
    missing = frozenset(tier for tier in ORDER if tier not in by_group.by_tier)
    hidden = hidden_groups(groups, unread_groups, campaign.code)
    unproved = frozenset(tier for tier in missing if hidden.may_be(tier))
    hidden_field = hidden_fields(unread_fields, campaign.code) if by_field.field is None else ()
    findings = (
        *_group_findings(campaign, by_group, missing, unproved),
        *_field_findings(campaign, by_field, hidden_field, free_field_name(fields, campaign.code)),
        *account_findings(groups, fields, unread_groups, unread_fields),
    )
    twins = frozenset(group.id for others in by_group.twins.values() for group in others)
    return CampaignCheck(by_group.by_tier, by_field.field, missing, findings, twins, hidden, unproved, hidden_field)


def _group_findings(
    campaign: Campaign, match: GroupMatch, missing: frozenset[Tier], unproved: frozenset[Tier]
) -> list[Finding]:
    found = []
    for tier in ORDER:
        name = group_name(campaign.code, tier)
        if tier in missing:
            message = f"The account has no group {name}, so nobody is moved into {LABEL[tier]}."
            advice = "Sync with --create-missing, or make the group in MailerLite with exactly this name."
            if tier in unproved:
                message = f"{name} is not among the groups that can be read, so nobody is moved into {LABEL[tier]}."
                advice = (
                    "It may be one of the groups that can't be read, so it is not created; look at those first "
                    "(findings unreadable_record)."
                )
            found.append(finding(FindingRule.GROUP_MISSING, campaign.code, name, message, advice))
        if tier in match.twins:
            used = match.by_tier[tier].name
            others = ", ".join(repr(group.name) for group in match.twins[tier])
            message = f"{others} means the same as the group {used!r}, which is the one in use."
            advice = "Move the members into the group in use, point the automations at it, and delete the other."
            found.append(finding(FindingRule.TWIN_GROUP, campaign.code, name, message, advice))
    return found


def _field_findings(
    campaign: Campaign, match: FieldMatch, hidden: Sequence[UnreadRow], free: str | None
) -> list[Finding]:
    code, name = campaign.code, field_name(campaign.code)
    if match.field is None:
        message = f"The account has no field {name}, so the campaign cannot be synced."
        advice = "Sync with --create-missing, or make a field of type number with exactly this name in MailerLite."
        if hidden:
            message = f"{name} is not among the fields that can be read, so the campaign cannot be synced."
            advice = (
                "It may be one of the fields that can't be read, so it is not created; look at those first "
                "(findings unreadable_record)."
            )
        return [finding(FindingRule.FIELD_MISSING, code, name, message, advice)]
    found = []
    if match.twins:
        others = ", ".join(repr(custom.name) for custom in match.twins)
        message = f"{others} means the same as the field {match.field.name!r}, which is the one in use."
        advice = "Copy the values into the field in use, point the automations at it, and delete the other."
        found.append(finding(FindingRule.TWIN_FIELD, code, name, message, advice))
    if match.field.type not in WRITABLE_TYPES:
        message = f"The field {match.field.name!r} is of type {match.field.type} and cannot hold an order number."
        advice = (
            f"Make a field {free} of type number in MailerLite, which counts as well, and sync again; the one of type "
            f"{match.field.type} is left alone. --create-missing can't help: no field is missing."
            if free
            else "Give the fields of these names other ones in MailerLite, then sync with --create-missing."
        )
        found.append(finding(FindingRule.FIELD_TYPE_MISMATCH, code, name, message, advice))
    return found


def account_findings(
    groups: Sequence[Group],
    fields: Sequence[CustomField],
    unread_groups: Sequence[UnreadRow],
    unread_fields: Sequence[UnreadRow],
) -> list[Finding]:
    """A warning for each kind of thing of which the account has 90 % of what it may hold, unreadable ones included."""
    found = []
    in_all = (
        ("groups", len(groups) + len(unread_groups), MAX_GROUPS),
        ("fields", len(fields) + len(unread_fields), MAX_FIELDS),
    )
    for what, count, most in in_all:
        if count * 100 >= most * NEARLY_FULL_PERCENT:
            message = f"The account holds {count} of at most {most} {what}."
            advice = f"Delete {what} of old campaigns in MailerLite before the next campaign is made."
            found.append(finding(FindingRule.ACCOUNT_NEARLY_FULL, NO_CAMPAIGN, what, message, advice))
    return found
