"""The words of a plan's checks, made from their figures."""

from __future__ import annotations

import pytest

from bema_tui.model import (
    Check,
    CheckResult,
    CreatedCheck,
    MembersCheck,
    MovesCheck,
    OlderCheck,
    ReadSide,
    ShopCheck,
    ShrunkCheck,
    ShrunkRead,
    TakenBackCheck,
    TiersCheck,
)
from bema_tui.rules.wording.checks import check_text, hold_text, refusal_text

WELL, LOOK, HOLD, REFUSE = CheckResult
BOTH = (ShrunkRead(ReadSide.MEMBERS, 500, 300), ShrunkRead(ReadSide.ORDERS, 1_000, 700))


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (ShopCheck(WELL, whole=True, orders=31_204, unreadable=0), "shop read whole, 31,204 orders"),
        (ShopCheck(LOOK, whole=True, orders=31_204, unreadable=2), "shop read whole, 31,204 orders, 2 unreadable"),
        (ShopCheck(WELL, whole=False, orders=12, unreadable=0), "the shop's newest orders read"),
        (ShopCheck(LOOK, whole=False, orders=12, unreadable=1), "the shop's newest orders read, 1 unreadable"),
        (ShopCheck(REFUSE, whole=False, orders=0, unreadable=0), "the shop was not read whole"),
        (MembersCheck(WELL, 41_877, 0), "MailerLite read whole, 41,877 people"),
        (MembersCheck(LOOK, 41_877, 2), "MailerLite read whole, 41,877 people, 2 left alone"),
        (MembersCheck(LOOK, 9, 1, ("A", "B")), "MailerLite read but for some of A and B, 9 people, 1 left alone"),
        (MembersCheck(REFUSE, 0, 0), "MailerLite was not read whole"),
        (TiersCheck(WELL, 0), "nobody is left without a tier"),
        (TiersCheck(REFUSE, 1), "1 person would be left without a tier"),
        (CreatedCheck(WELL, 0), "nobody is created"),
        (CreatedCheck(LOOK, 1), "1 person is created"),
        (CreatedCheck(LOOK, 1_200), "1,200 people are created"),
        (CreatedCheck(REFUSE, 2), "2 people would be created, which the settings do not allow"),
        (TakenBackCheck(WELL, 0), "no purchase is taken back"),
        (TakenBackCheck(HOLD, 2), "2 purchases are taken back after a refund"),
        (TakenBackCheck(REFUSE, 1), "1 purchase would be taken back, which the settings or the reads do not allow"),
        (ShrunkCheck(WELL, 20.0), "no read shrank over 20 %"),
        (ShrunkCheck(HOLD, 2.5, BOTH), "a read shrank over 2.5 %"),
        (MovesCheck(WELL, 41, 12_480, 1_248), "41 moves; over 1,248 wait for a yes"),
        (MovesCheck(HOLD, 1_000, 0, 50), "1,000 moves; over 50 wait for a yes"),
        (OlderCheck(LOOK, "in its own words"), "in its own words"),
    ],
)
def test_what_a_check_found(check: Check, text: str) -> None:
    assert check_text(check) == text


def test_what_holds_a_plan_names_every_read_that_shrank() -> None:
    words = "300 members were read, 500 at the last good read, and 700 orders were read, 1,000 at the last good read"
    assert hold_text([ShrunkCheck(HOLD, 20.0, BOTH), CreatedCheck(LOOK, 3)]) == words
    needs = "1 purchase is taken back after a refund: that needs a yes of its own"
    many = "1,051 moves are over the limit of 50 moves without approval"
    assert hold_text([TakenBackCheck(HOLD, 1), MovesCheck(HOLD, 1_051, 300, 50)]) == f"{needs}; {many}"
    assert hold_text([OlderCheck(HOLD, "60 moves are more than 50")]) == "60 moves are more than 50"


def test_a_refusal_is_a_sentence() -> None:
    assert refusal_text(MembersCheck(REFUSE, 0, 0)) == "MailerLite was not read whole; the plan is not applied."
