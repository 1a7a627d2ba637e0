"""The subscriber's record. Domain rules, section 5."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.model import FindingRule, Severity, Tier
from bema_tui.validators.base import findings_of
from bema_tui.validators.subscriber import SubscriberRecord, SubscriberValidator

GOOD = SubscriberRecord("ana@example.org", "gold", "2026_ETB_NBL", name="Ana", last_name="Núñez", source="api")


def errors_of(**changes: Any) -> list[tuple[str, bool]]:
    return errors_by(SubscriberValidator(), **changes)


def errors_by(validator: SubscriberValidator, **changes: Any) -> list[tuple[str, bool]]:
    validator.validate(evolve(GOOD, **changes))
    return [(error.field, error.blocking) for error in validator.get_errors()]


def test_a_good_record_passes() -> None:
    assert errors_of() == []
    assert errors_of(creating=True) == []


@pytest.mark.parametrize("field", ["email", "tier", "campaign"])
@pytest.mark.parametrize("value", ["", "  "])
def test_required_fields_block(field: str, value: str) -> None:
    assert errors_of(**{field: value}) == [(field, True)]


def test_everything_is_collected() -> None:
    validator = SubscriberValidator()
    assert not validator.validate(SubscriberRecord("", None, "", name="x" * 101, source="s" * 101))
    assert [error.field for error in validator.get_errors()] == ["email", "tier", "campaign", "name", "source"]


@pytest.mark.parametrize("tier", list(Tier))
def test_every_tier_is_one(tier: Tier) -> None:
    assert errors_of(tier=tier) == errors_of(tier=tier.value) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("tier", "Platinum"), ("tier", "GOLD"), ("campaign", "2026_ETB"), ("campaign", f"2026_ETB_{'A' * 42}")],
)
def test_unknown_tiers_and_malformed_campaigns_block(field: str, value: str) -> None:
    assert errors_of(**{field: value}) == [(field, True)]


def test_a_campaign_may_have_fifty_characters() -> None:
    assert errors_of(campaign=f"2026_ETB_{'A' * 41}") == []


@pytest.mark.parametrize("email", ["pierre@@example.com", "no-at-sign", "a b@example.org", f"{'a' * 250}@example.org"])
def test_syntax_blocks_only_who_is_created(email: str) -> None:
    assert set(errors_of(email=email)) == {("email", False)}
    assert set(errors_of(email=email, creating=True)) == {("email", True)}


def test_block_lists_always_block() -> None:
    validator = SubscriberValidator(blocked_emails=["Ana@Example.org "], blocked_domains=["@Spam.example"])
    assert errors_by(validator) == [("email", True)]
    assert errors_by(validator, email="bo@SPAM.example") == [("email", True)]
    assert errors_by(validator, email="bo@example.org") == []


@pytest.mark.parametrize(
    "name", ["O'Neil", "Jean-Luc", "Smith, Jr.", "Ana & Bo (duo)", "李小龍", "فاطمة", "नेहा", "Zoë", "José", "Bo 2"]
)
def test_names_of_any_script_are_fine(name: str) -> None:
    assert errors_of(name=name, last_name=name) == []


@pytest.mark.parametrize("name", ["[/bold][red]", "a\x1b", "tab\there", "x" * 101, "<b>"])
def test_odd_names_are_warnings(name: str) -> None:
    assert set(errors_of(name=name)) == {("name", False)}
    assert set(errors_of(last_name=name)) == {("last_name", False)}


def test_a_message_shows_no_control_characters() -> None:
    validator = SubscriberValidator()
    validator.validate(evolve(GOOD, name="a\x1b[31m\u202e"))
    errors = validator.get_errors()
    assert {error.field for error in errors} == {"name"}
    assert all(error.message.isprintable() for error in errors)


@given(st.text(max_size=120))
def test_a_name_never_blocks(name: str) -> None:
    assert SubscriberValidator().validate(evolve(GOOD, name=name, last_name=name))


def test_findings_say_what_blocks_and_what_does_not() -> None:
    validator = SubscriberValidator(blocked_emails=["ana@example.org"])
    validator.validate(evolve(GOOD, tier="x", name="<b>", source="s" * 101))
    blocked, warned = findings_of(validator, "2026_ETB_NBL", "ana@example.org", "17")
    assert (blocked.rule, blocked.severity) == (FindingRule.BLOCKED_RECORD, Severity.ERROR)
    assert (warned.rule, warned.severity) == (FindingRule.RECORD_WARNING, Severity.WARNING)
    assert "block list" in blocked.message
    assert "tier 'x'" in blocked.message
    assert "source" in warned.message
    assert (blocked.subject, blocked.subscriber_id, blocked.campaign) == ("ana@example.org", "17", "2026_ETB_NBL")
    validator.validate(evolve(GOOD, email="bo@example.org"))
    assert findings_of(validator, "2026_ETB_NBL", "bo@example.org") == ()


@pytest.mark.fault("A3")
@pytest.mark.parametrize("email", ["mia@käse.example", "Mia@XN--kse-qla.example", "mia@ka\u0308se.example\u200b"])
def test_block_lists_know_an_address_in_every_form(email: str) -> None:
    by_email = SubscriberValidator(blocked_emails=["mia@KÄSE.example"])
    by_domain = SubscriberValidator(blocked_domains=["@käse.example"])
    assert ("email", True) in errors_by(by_email, email=email)
    assert ("email", True) in errors_by(by_domain, email=email)
