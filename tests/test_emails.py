"""One form of an e-mail address for all comparing. Domain rules, section 4."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bema_tui.emails import could_be_email, domain_key, email_key, spellings, trimmed

pytestmark = pytest.mark.fault("A3")

INVISIBLE = "\u200b\u2060\ufeff\u00ad\u200e\u202a\u061c \t\n\r\u00a0\u2003\u3000"

typed = st.one_of(
    st.text(max_size=12),
    st.builds("{}@{}".format, st.text(max_size=6), st.text(max_size=12)),
    st.builds("{}@{}.example".format, st.text(max_size=6), st.text(st.characters(categories=["L", "M", "N"]))),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana@Example.ORG", "ana@example.org"),
        (" ana@example.org\t", "ana@example.org"),
        ("ana @exa mple.org", "ana@example.org"),
        ("an\u200ba@example.org", "ana@example.org"),
        ("ana@\u2060example.org\ufeff", "ana@example.org"),
        ("an\u00ada@example.org", "ana@example.org"),
        ("\u200eana@example.org\u202c", "ana@example.org"),
        ("zoe\u0308@example.org", "zoë@example.org"),
        ("ZOE\u0308@example.org", "zoë@example.org"),
        ("mia@käse.example", "mia@xn--kse-qla.example"),
        ("mia@ka\u0308se.example", "mia@xn--kse-qla.example"),
        ("mia@KÄSE.example", "mia@XN--KSE-QLA.example"),
        ("mia@ｋäse。example", "mia@xn--kse-qla.example"),
        ("mia@straße.example", "mia@xn--strae-oqa.example"),
    ],
)
def test_what_looks_and_is_delivered_alike_is_equal(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    "email",
    ["ana+list@example.org", "a.n.a@example.org", "o'neil@example.org", "ana@käse_.example", "ana@a..ä", "a@b@c.org"],
)
def test_everything_else_stays(email: str) -> None:
    assert email_key(email) == email


@pytest.mark.parametrize(
    ("one", "other"),
    [("ana+list@example.org", "ana@example.org"), ("a.na@example.org", "ana@example.org"), ("é@x.org", "e@x.org")],
)
def test_different_addresses_stay_different(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


@given(typed)
@example("H\u0331@x.org")
@example("İ@İ.org")
@example("a@ΑΣ.example")
@example("x@" + "ä" * 70 + ".example")
def test_a_key_is_its_own_key(email: str) -> None:
    key = email_key(email)
    assert email_key(key) == key
    assert email_key(unicodedata.normalize("NFD", email)) == email_key(unicodedata.normalize("NFC", email))


@given(typed, st.text(INVISIBLE, max_size=3), st.text(INVISIBLE, max_size=3), st.integers(0, 20))
def test_what_is_invisible_changes_nothing(email: str, around: str, inside: str, place: int) -> None:
    key = email_key(email)
    assert email_key(around + key[:place] + inside + key[place:] + around) == key
    assert trimmed(around + key + around) == key


@pytest.mark.parametrize(
    ("email", "could"),
    [
        ("ana@example.org", True),
        ("ana@example.org\t", True),
        ("an\u200ba@example.org", True),
        ("ana.example.org", False),
        ("", False),
        ("  ", False),
        ("an\x00a@example.org", False),
        ("ana@example.org\x1f", False),
        ("ana\x9b@example.org", False),
        ("ana\ud800@example.org", False),
    ],
)
def test_what_can_not_be_an_address(email: str, could: bool) -> None:
    assert could_be_email(email) is could


@pytest.mark.parametrize(
    ("email", "forms"),
    [
        (" Ana@Example.org", ("ana@example.org",)),
        ("mia@KÄSE.example", ("mia@käse.example", "mia@xn--kse-qla.example")),
        ("mia@xn--kse-qla.example", ("mia@xn--kse-qla.example", "mia@käse.example")),
        ("zo\u200be@x.org", ("zo\u200be@x.org", "zoe@x.org")),
        ("ana@xn--a.org", ("ana@xn--a.org",)),
    ],
)
def test_the_spellings_of_an_address(email: str, forms: tuple[str, ...]) -> None:
    assert spellings(email) == forms


@given(typed)
def test_every_spelling_is_of_the_same_address(email: str) -> None:
    assert {email_key(form) for form in spellings(email)} == {email_key(email)}


def test_a_domain_alone_has_the_same_form() -> None:
    assert domain_key(" @KÄSE.example") == domain_key("xn--kse-qla.example") == "xn--kse-qla.example"
