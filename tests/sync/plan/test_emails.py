"""The shop and MailerLite write one address in two ways: still one person."""

from __future__ import annotations

import pytest

from tests.support.operator import Operator
from tests.support.simulated import Simulated

SYNC = ("--yes", "--max-moves", "1000", "--json")
KNOWN_AND_TYPED = {
    "mia@käse.example": "Mia@xn--kse-qla.example",
    "max@xn--kse-qla.example": "max@käse.example",
    "zoe\u0308@example.org": "zo\u00eb@example.org",
    "eva@example.org": "eva@exam\u200bple.org\ufeff",
    "ana@example.org": "ana@example.org\t",
    "bob@example.org": "\u200ebob@example.org\u00a0",
}


@pytest.mark.fault("A3", "D3")
@pytest.mark.parametrize("grouped", [True, False])
def test_a_buyer_is_found_however_the_address_is_written(
    simulated: Simulated, operator: Operator, grouped: bool
) -> None:
    code = operator.discover()
    numbers = {}
    for known, typed in KNOWN_AND_TYPED.items():
        simulated.sign_up(known, *([f"{code}_GOLD"] if grouped else []))
        numbers[known] = simulated.buy(typed)["id"]
    operator.run("sync", code, *SYNC, expect=3)
    subscribers = simulated.subscribers()
    for known, number in numbers.items():
        _, groups, fields = subscribers[known]
        assert f"{code}_GOLD_PURCHASE" in groups, known
        assert number in {str(value) for value in fields.values()}, known
