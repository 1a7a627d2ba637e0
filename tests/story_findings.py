"""The story's 318 open findings: each rule and campaign with its number, the newest ones with their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bema_tui.model import FindingRule, FindingState, Purpose, Severity
from bema_tui.rules.findings import SEVERITY
from tests.story_ledger import GOLD, WOOD

_R = FindingRule
_NBL = "2024_ETB_NBL"

OPEN: tuple[tuple[str, FindingRule, int], ...] = (
    (_NBL, _R.TWO_TIERS, 9),
    (_NBL, _R.BLOCKED_RECORD, 3),
    (_NBL, _R.BUYER_UNKNOWN, 143),
    (_NBL, _R.WOOD_PURCHASE, 96),
    (_NBL, _R.REFUNDED_PURCHASE, 6),
    (_NBL, _R.ORDER_NOT_SETTLED, 12),
    (_NBL, _R.PARTIAL_REFUND, 5),
    ("2025_KAIRO_TNS", _R.TWO_TIERS, 3),
    ("2025_KAIRO_TNS", _R.REFUNDED_PURCHASE, 11),
    ("2025_KAIRO_TNS", _R.BUYER_UNKNOWN, 5),
    ("2026_DIVINE_HG", _R.BUYER_UNKNOWN, 4),
    ("2025_ETB_SW", _R.BUYER_UNKNOWN, 5),
    ("2025_ETB_SW", _R.PARTIAL_REFUND, 4),
    ("2025_ETB_SW", _R.ORDER_NOT_SETTLED, 2),
    ("2024_DIVINE_AFTERGLOW", _R.WOOD_PURCHASE, 1),
    ("2024_DIVINE_AFTERGLOW", _R.BUYER_UNKNOWN, 1),
    ("2023_LOLA_ER", _R.FIELD_TYPE_MISMATCH, 1),
    ("2023_LOLA_ER", _R.BLOCKED_RECORD, 1),
    ("2023_LOLA_ER", _R.WOOD_PURCHASE, 6),
)
"""How many open findings each campaign has of each rule; 318 in all."""

_NAMED: dict[tuple[str, FindingRule], tuple[tuple[str, str], ...]] = {
    (_NBL, _R.TWO_TIERS): (
        ("ana.petrova@example.org", "Gold and Silver, no purchase"),
        ("j.okafor@example.net", "Opt-In and Bronze, no purchase"),
    ),
    (_NBL, _R.BLOCKED_RECORD): (("pierre@@example.com", "order 10466: two @ signs"),),
    (_NBL, _R.BUYER_UNKNOWN): (
        ("miriam.katz@example.com", "order 10477, not in MailerLite"),
        ("t.nakagawa@example.jp", "order 10471, not in MailerLite"),
    ),
    (_NBL, _R.REFUNDED_PURCHASE): (("dora.lind@example.se", "order 10390 refunded 21 Nov"),),
    (_NBL, _R.ORDER_NOT_SETTLED): (("kofi.mensah@example.com", "order 10481 is on_hold"),),
    ("2025_KAIRO_TNS", _R.REFUNDED_PURCHASE): (("sam.whitlock@example.com", "order 9120 refunded 20 Nov"),),
    ("2025_ETB_SW", _R.PARTIAL_REFUND): (("lea.roth@example.de", "order 8804, still counts"),),
    ("2023_LOLA_ER", _R.FIELD_TYPE_MISMATCH): (("2023_LOLA_ER_PURCHASE", "a text field, orders are numbers"),),
}

_SAYS = {
    _R.TWO_TIERS: ("Gold and Silver, no purchase", "Decide which tier is right, in MailerLite."),
    _R.BLOCKED_RECORD: ("the address can't be used", "Correct it in the shop."),
    _R.BUYER_UNKNOWN: ("an order, not in MailerLite", "Ask the buyer whether they want the letters."),
    _R.WOOD_PURCHASE: ("bought, stays in Wood", "Move them by hand if they should get the letters."),
    _R.REFUNDED_PURCHASE: ("the order was refunded", "Take the purchase back if the refund was meant."),
    _R.ORDER_NOT_SETTLED: ("the order is on_hold", "Settle it in the shop."),
    _R.PARTIAL_REFUND: ("part of the money went back, still counts", "Look which item was refunded."),
    _R.FIELD_TYPE_MISMATCH: ("the field is of another type", "Make the field a number field."),
}
_LAST_SEEN = {
    _NBL: (timedelta(minutes=24), 418),
    "2025_KAIRO_TNS": (timedelta(minutes=46), 415),
    "2026_DIVINE_HG": (timedelta(minutes=31), 417),
    "2025_ETB_SW": (timedelta(minutes=46), 416),
    "2024_DIVINE_AFTERGLOW": (timedelta(hours=1), 411),
    "2023_LOLA_ER": (timedelta(days=3), 412),
}
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def finding_rows(now: datetime, people: Sequence[tuple[str, str, Purpose]]) -> list[dict[str, Any]]:
    """The rows. ``people`` are (id, e-mail, purpose) of run 418, whose Wood buyers are findings too."""
    wood = iter([person for person in people if person[2] == WOOD])
    moved = iter([person for person in people if person[2] == GOLD])
    rows: list[dict[str, Any]] = []
    for campaign, rule, count in OPEN:
        changed: Iterator[tuple[str, str, Purpose]] = iter(())
        if campaign == _NBL and rule is _R.WOOD_PURCHASE:
            changed = wood
        elif campaign == _NBL and rule is _R.PARTIAL_REFUND:
            changed = moved
        rows += [_row(now, campaign, rule, number, next(changed, None)) for number in range(count)]
    rows += [
        _row(now, campaign, _R.BUYER_UNKNOWN, 900 + number, None) | {"state": FindingState.ACCEPTED, "last_run": 408}
        for campaign, number in ((_NBL, 1), (_NBL, 2), ("2025_KAIRO_TNS", 3), ("2025_KAIRO_TNS", 4))
    ]
    return rows


def _row(
    now: datetime, campaign: str, rule: FindingRule, number: int, person: tuple[str, str, Purpose] | None
) -> dict[str, Any]:
    ago, run = _LAST_SEEN[campaign]
    names = _NAMED.get((campaign, rule), ())
    message, advice = _SAYS[rule]
    subject = f"{rule.value.replace('_', '.')}.{number}@example.org"
    if person is not None:
        subject = person[1]
    elif number < len(names):
        subject, message = names[number]
    new = campaign == _NBL
    return {
        "campaign": campaign,
        "rule": rule,
        "severity": SEVERITY[rule],
        "severity_rank": _RANK[SEVERITY[rule]],
        "subject": subject,
        "subscriber_id": person[0] if person else None,
        "state": FindingState.OPEN,
        "message": message,
        "advice": advice,
        "first_seen": now - (timedelta(hours=3) if new else ago + timedelta(days=3)),
        "last_seen": now - ago,
        "count": 2 if new else 4,
        "first_run": run - 10,
        "last_run": run,
    }
