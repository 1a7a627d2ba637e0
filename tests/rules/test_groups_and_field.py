"""A campaign against what the account has. Domain rules, sections 2 and 3."""

from __future__ import annotations

import pytest
from attrs import evolve

from bema_tui.model import CustomField, FindingRule, Group, Severity, Tier
from bema_tui.rules.groups_and_field import check_campaign
from tests.rules.builders import CAMPAIGN, CODE, FIELD, GROUPS, found


def test_a_whole_campaign_has_no_findings() -> None:
    check = check_campaign(CAMPAIGN, list(GROUPS.values()), [FIELD])
    assert (dict(check.by_tier), check.field, check.missing, check.findings) == (GROUPS, FIELD, frozenset(), ())


def test_each_missing_group_is_told() -> None:
    groups = [GROUPS[Tier.GOLD], Group("5", "Newsletter")]
    check = check_campaign(CAMPAIGN, groups, [FIELD])
    assert check.missing == set(Tier) - {Tier.GOLD}
    assert found(check.findings) == [FindingRule.GROUP_MISSING] * 7
    assert f"{CODE}_OPT-IN" in {one.subject for one in check.findings}


def test_a_missing_field_is_an_error_with_the_way_out() -> None:
    check = check_campaign(CAMPAIGN, list(GROUPS.values()), [])
    (only,) = check.findings
    assert check.field is None
    assert (only.rule, only.severity, only.campaign) == (FindingRule.FIELD_MISSING, Severity.ERROR, CODE)
    assert "--create-missing" in only.advice


def test_twins_are_told() -> None:
    groups = [*GROUPS.values(), Group("1", f"{CODE} gold purchased".lower())]
    fields = [CustomField("1", f"{CODE}_PURCHASED", "k", "number"), FIELD]
    check = check_campaign(CAMPAIGN, groups, fields)
    assert found(check.findings) == [FindingRule.TWIN_GROUP, FindingRule.TWIN_FIELD]
    assert check.by_tier[Tier.GOLD_PURCHASED] == GROUPS[Tier.GOLD_PURCHASED]
    assert check.field == FIELD


@pytest.mark.fault("A10")
@pytest.mark.parametrize(("taken", "free"), [("PURCHASE", "PURCHASED"), ("purchased", "PURCHASE")])
def test_a_date_field_cannot_hold_an_order_and_one_of_another_name_takes_its_place(taken: str, free: str) -> None:
    dated = evolve(FIELD, type="date", name=f"{CODE}_{taken}")
    check = check_campaign(CAMPAIGN, list(GROUPS.values()), [dated])
    assert found(check.findings) == [FindingRule.FIELD_TYPE_MISMATCH]
    assert check.field == dated
    assert f"Make a field {CODE}_{free} of type number" in check.findings[0].advice
    made = CustomField("9999", f"{CODE}_{free}", "k", "number")
    for fields in ([dated, made], [made, dated]):
        check = check_campaign(CAMPAIGN, list(GROUPS.values()), fields)
        assert (check.field, check.findings) == (made, ())


def test_where_both_names_are_taken_by_dates_they_must_be_renamed() -> None:
    dates = [CustomField(str(n), f"{CODE}_{word}", word, "date") for n, word in enumerate(("PURCHASE", "PURCHASED"))]
    (only,) = check_campaign(CAMPAIGN, list(GROUPS.values()), dates).findings
    assert (only.rule, "other ones" in only.advice) == (FindingRule.FIELD_TYPE_MISMATCH, True)


@pytest.mark.parametrize(("groups", "fields", "subjects"), [(899, 89, []), (900, 90, ["groups", "fields"])])
def test_a_nearly_full_account(groups: int, fields: int, subjects: list[str]) -> None:
    all_groups = [*GROUPS.values(), *(Group(str(n), f"Fans {n}") for n in range(groups - 8))]
    all_fields = [FIELD, *(CustomField(str(n), f"Note {n}", f"note_{n}", "text") for n in range(fields - 1))]
    check = check_campaign(CAMPAIGN, all_groups, all_fields)
    assert [one.subject for one in check.findings] == subjects
    assert {one.rule for one in check.findings} <= {FindingRule.ACCOUNT_NEARLY_FULL}
