"""Which of MailerLite's automations a plan sets off, and for how many subscribers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bema_tui.model import Automation, AutomationEffect, Group


def effects(
    automations: Iterable[Automation], groups: Iterable[Group], joins: Mapping[str, int]
) -> tuple[AutomationEffect, ...]:
    """Return every automation that the plan sets off, once for each of the groups by which it does.

    Args:
        automations: those that are enabled.
        groups: the campaign's groups.
        joins: group id → subscribers who join it. An automation whose groups can't be read may be set off by each.
    """
    names = {group.id: group.name for group in groups}
    return tuple(
        AutomationEffect(automation.name, names[group], joins[group], groups_known=automation.groups_known)
        for automation in automations
        for group in sorted(automation.group_ids if automation.groups_known else names)
        if group in names and joins.get(group)
    )
