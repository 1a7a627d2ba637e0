"""The JSON columns of a run are records on the way in and out, also those that an older version wrote."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bema_tui.errors import LockHeld, NeedsNewSync
from bema_tui.model import (
    AutomationEffect,
    Check,
    CheckName,
    CheckResult,
    Completeness,
    CreatedCheck,
    MailerLiteReadResult,
    MembersCheck,
    MovesCheck,
    OlderCheck,
    ReadingStrategy,
    ReadKind,
    ReadSide,
    RunError,
    RunOptions,
    ShopCheck,
    ShopReadResult,
    ShrunkCheck,
    ShrunkRead,
    TakenBackCheck,
    TiersCheck,
)
from bema_tui.store.run_documents import (
    automations_of,
    checks_of,
    document_of,
    documents_of,
    error_of,
    mailerlite_read_of,
    options_of,
    shop_read_of,
)

AT = datetime(2026, 11, 29, 14, 32, 1, 5, tzinfo=UTC)
CHECKS: tuple[Check, ...] = (
    ShopCheck(CheckResult.LOOK, whole=True, orders=31_204, unreadable=2),
    MembersCheck(CheckResult.LOOK, members=41_877, left_alone=1, incomplete_groups=("GOLD", "WOOD")),
    TiersCheck(CheckResult.REFUSE, stranded=1),
    CreatedCheck(CheckResult.LOOK, created=3),
    TakenBackCheck(CheckResult.HOLD, subscribers=4),
    ShrunkCheck(CheckResult.HOLD, percent=20.0, reads=(ShrunkRead(ReadSide.ORDERS, 500, 300),)),
    MovesCheck(CheckResult.PASSED, moves=41, members=300, limit=50),
    OlderCheck(CheckResult.PASSED, text="in its own words"),
)


def through_json(document: Any) -> Any:
    return json.loads(json.dumps(document))


def test_every_check_comes_back_as_it_was() -> None:
    assert {check.name for check in CHECKS} == {*CheckName}
    assert checks_of(through_json(documents_of(CHECKS))) == CHECKS
    assert checks_of(None) == ()


@pytest.mark.parametrize(
    "options", [RunOptions(), RunOptions(yes=True, create_missing=True, quick=True, retry_refused=True, max_moves=0)]
)
def test_options_come_back_as_they_were(options: RunOptions) -> None:
    assert options_of(through_json(document_of(options))) == options


def test_reads_and_automations_come_back_as_they_were() -> None:
    shop = ShopReadResult(Completeness.COMPLETE, ReadKind.RECENT, AT, 12, 1, 2, full_read_at=AT, full_read_age=3.5)
    members = MailerLiteReadResult(
        Completeness.PARTIAL, AT, 41, ReadingStrategy.BY_SWEEP, 3, 4, batch_items_count=False
    )
    mails = (AutomationEffect("Thanks", "GOLD", 3), AutomationEffect("All", "GOLD", 3, groups_known=False))
    assert shop_read_of(through_json(document_of(shop))) == shop
    assert mailerlite_read_of(through_json(document_of(members))) == members
    assert automations_of(through_json(documents_of(mails))) == mails
    assert (shop_read_of(None), mailerlite_read_of(None), automations_of(None)) == (None, None, ())


def test_a_document_keeps_the_keys_that_databases_hold() -> None:
    members, taken_back = documents_of([CHECKS[1], CHECKS[4]])
    read = document_of(MailerLiteReadResult(Completeness.COMPLETE, members=41))
    assert (members["people"], members["unsettled"], taken_back["people"]) == (41_877, ["GOLD", "WOOD"], 4)
    assert (read["people"], document_of(AutomationEffect("Thanks", "GOLD", 3))["people"]) == (41, 3)


def test_an_error_comes_back_and_says_whether_a_resume_helps() -> None:
    asks = RunError.of(NeedsNewSync("No field.", tried="sync", where="MailerLite", advice="Create it."))
    assert error_of(through_json(document_of(asks))) == asks
    assert asks.needs_new_sync
    held = RunError.of(LockHeld("Held.", lock_id="k3f9", holder="jon", state="live"))
    assert (held.error, held.message, held.needs_new_sync) == ("LockHeld", "Held.", False)
    assert error_of(None) is None


def test_what_an_older_version_wrote_is_read() -> None:
    shop = {"completeness": "complete", "kind": "full", "at": AT.isoformat(), "orders": 9, "passes": 2}
    assert shop_read_of(shop) == ShopReadResult(Completeness.COMPLETE, at=AT, orders=9, passes=2)
    assert mailerlite_read_of({"completeness": "partial"}) == MailerLiteReadResult(Completeness.PARTIAL)
    mail = {"name": "Thanks", "group": "GOLD", "people": 3}
    assert automations_of([mail]) == (AutomationEffect("Thanks", "GOLD", 3),)
    held = {"error": "LockHeld", "message": "Held.", "advice": "Wait.", "lock": "k3f9"}
    assert error_of(held) == RunError("LockHeld", "Held.", advice="Wait.")
    assert options_of({"create_missing": True}) == RunOptions(create_missing=True)
