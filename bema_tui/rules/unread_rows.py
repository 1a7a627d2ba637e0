"""What rows of the account's lists that can't be read may hide, and the finding that names each of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from bema_tui.listing import Listing, UnreadRow
from bema_tui.model import Automation, CustomField, Finding, FindingRule, Group, Tier
from bema_tui.rules.findings import NO_CAMPAIGN, finding
from bema_tui.rules.naming import read_field_name, read_group_name


@frozen
class HiddenGroups:
    """Groups that may be a campaign's though their rows can't be used."""

    rows: tuple[UnreadRow, ...] = ()
    """Their rows."""
    tiers: frozenset[Tier] = frozenset()
    """The tiers that the names say, where they can be read."""
    ids: frozenset[str] = frozenset()
    """Their ids, where they can be read."""
    other_ids: frozenset[str] = field(factory=frozenset, repr=False)
    """The ids of all other groups; a subscriber in a group that is none of these is in a hidden one."""

    def may_be(self, tier: Tier) -> bool:
        """Whether one of them may be the group of this tier."""
        return tier in self.tiers or any(not row.name for row in self.rows)

    def hold(self, group_ids: frozenset[str]) -> bool:
        """Whether somebody in these groups is, or may be, in a hidden one."""
        if not self.rows:
            return False
        nameless = any(not row.id for row in self.rows)
        return bool(group_ids & self.ids) or (nameless and not group_ids <= self.other_ids | self.ids)


def hidden_groups(groups: Sequence[Group], unread: Sequence[UnreadRow], code: str) -> HiddenGroups:
    """The rows that may be groups of this campaign: those without a readable name, and those with one of its names."""
    suspects: list[UnreadRow] = []
    tiers: set[Tier] = set()
    other_ids = {group.id for group in groups}
    for row in unread:
        named = read_group_name(row.name)
        if not row.name or (named is not None and named[0] == code):
            suspects.append(row)
            tiers |= {named[1]} if named is not None else set()
        elif row.id:
            other_ids.add(row.id)
    ids = frozenset(row.id for row in suspects if row.id)
    return HiddenGroups(tuple(suspects), frozenset(tiers), ids, frozenset(other_ids))


def hidden_fields(unread: Sequence[UnreadRow], code: str) -> tuple[UnreadRow, ...]:
    """The rows that may be this campaign's purchase field."""
    return tuple(row for row in unread if not row.name or read_field_name(row.name) == code)


def unread_findings(
    code: str,
    groups: Listing[Group],
    fields: Listing[CustomField],
    automations: Listing[Automation],
    group_ids: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """One for each row that can't be read; it is the campaign's where it may concern it. ``group_ids`` are its own."""
    found = [_about("group", row, _of_group(row, code), _group_advice(row)) for row in groups.broken]
    suspects = hidden_fields(fields.broken, code)
    advice = "Look at this field in MailerLite; nothing is written to it, and none like it is created."
    found += [_about("field", row, code if row in suspects else NO_CAMPAIGN, advice) for row in fields.broken]
    by_id = {automation.id: automation for automation in automations if automation.id}
    for row in automations.broken:
        known = by_id.get(row.id)
        foreign = known is not None and known.groups_known and not known.group_ids & group_ids
        off = known is not None and not known.enabled
        advice = (
            "It is not enabled, so it mails nobody; look at it in MailerLite."
            if off
            else "Look at this automation in MailerLite: a plan says that it may mail whoever joins a group."
        )
        found.append(_about("automation", row, NO_CAMPAIGN if foreign or off else code, advice))
    return tuple(found)


def _of_group(row: UnreadRow, code: str) -> str:
    named = read_group_name(row.name)
    return code if named is not None and named[0] == code else NO_CAMPAIGN


def _group_advice(row: UnreadRow) -> str:
    if row.usable:
        return "Nothing: only its counts can't be read, so all of its members are asked for."
    if row.name and read_group_name(row.name) is None:
        return "Look at this group in MailerLite; by its name it is no campaign's, so nothing rests on it."
    return (
        "Look at this group in MailerLite. No group that it may be is created, and whoever is in it is not moved where "
        "it may be a tier."
    )


def _about(kind: str, row: UnreadRow, campaign: str, advice: str) -> Finding:
    """A finding that somebody can find the row by: its id or name, else its place in the list."""
    named = " ".join(part for part in (repr(row.name) if row.name else "", f"({row.id})" if row.id else "") if part)
    subject = f"{kind} {row.id or row.name or row.path}"
    message = f"The {kind} {named}".rstrip() + f" can't be read: {row.path}: {row.problem}."
    return finding(FindingRule.UNREADABLE_RECORD, campaign, subject, message, advice)
