"""Which automations a plan sets off, and for how many people."""

from __future__ import annotations

from bema_tui.model import Automation, AutomationEffect, Group
from bema_tui.rules.wording.checks import automation_text
from bema_tui.sync.plan.automations import effects

GROUPS = (Group("1", "GOLD"), Group("2", "GOLD_PURCHASE"), Group("3", "WOOD"))
JOINS = {"1": 2, "2": 40}


def automation(*groups: str, known: bool = True) -> Automation:
    return Automation("7", "Thanks", enabled=True, group_ids=frozenset(groups), groups_known=known)


def test_an_automation_is_set_off_by_each_group_that_somebody_joins() -> None:
    found = effects([automation("3", "2", "1")], GROUPS, JOINS)
    assert found == (AutomationEffect("Thanks", "GOLD", 2), AutomationEffect("Thanks", "GOLD_PURCHASE", 40))


def test_one_of_other_groups_or_of_groups_that_nobody_joins_is_not_set_off() -> None:
    assert effects([automation("3"), automation("99"), automation()], GROUPS, JOINS | {"99": 5}) == ()


def test_one_whose_groups_can_not_be_read_may_be_set_off_by_all() -> None:
    found = effects([automation("3", known=False)], GROUPS, JOINS)
    assert [(one.group, one.subscribers) for one in found] == [("GOLD", 2), ("GOLD_PURCHASE", 40)]
    assert {automation_text(one) for one in found} == {"Thanks (its groups can't be read)"}
