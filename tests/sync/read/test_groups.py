"""Which groups are asked for their members of a status."""

from __future__ import annotations

import pytest

from bema_tui.model import Group, SubscriberStatus
from bema_tui.sync.read.groups import worth_reading

BOUNCED = SubscriberStatus.BOUNCED


@pytest.mark.parametrize(
    ("status", "counts", "expected"),
    [
        (BOUNCED, {BOUNCED: 1}, True),
        (BOUNCED, {BOUNCED: 0}, False),
        (BOUNCED, {}, True),  # a count that is not told is not zero
        (SubscriberStatus.ACTIVE, {SubscriberStatus.ACTIVE: 0}, True),  # counts lag: the active ones are always read
    ],
)
def test_only_a_count_of_zero_spares_a_read(
    status: SubscriberStatus, counts: dict[SubscriberStatus, int], expected: bool
) -> None:
    assert worth_reading(Group(id="1", name="2026_ETB_NBL_GOLD", counts=counts), status) is expected
