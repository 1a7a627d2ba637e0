"""What a run counts of its campaign at its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.label import opened_label


def test_a_buyer_counts_for_the_day_of_the_label(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    # The label lives where it is after midnight, before one, so an order of two hours ago is of the day before:
    # for the first two hours of UTC's own day a place where it is noon tells the two days apart.
    hour, back = (12, 6) if now.hour < 2 else (0, 2)
    offset = (now.hour - hour + 12) % 24 - 12
    with opened_label(tmp_path, f'timezone = "Etc/GMT{offset:+d}"\n', subscribers=40, orders=0) as label:
        label.buy(label.somebody("non-buyer in GOLD"), date_utc=f"{now - timedelta(hours=back):%Y-%m-%d %H:%M:%S}")
        label.sync()
        stats = label.run("stats", label.code)
    today, yesterday = stats["buyers_per_day"][-1], stats["buyers_per_day"][-2]
    assert (today, yesterday) == ((1, 0) if now.hour < 2 else (0, 1))
