"""What is waited for, in words: made last, from data, with the day where it is not today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from bema_tui.waits import Wait, WaitReason, fitting_words, until_words, wait_words

NOW = datetime(2026, 11, 26, 14, 49, 13, tzinfo=UTC)

WORDS = {
    Wait(WaitReason.QUOTA, "MailerLite"): ("waits for MailerLite's quota", "waits for MailerLite's quota"),
    Wait(WaitReason.TOO_MANY, "EDD", "it answered 429"): ("waits for the shop: it answered 429", "waits for the shop"),
    Wait(WaitReason.UNAVAILABLE, "EDD", "it answered 503"): (
        "waits for the shop: it answered 503",
        "waits for the shop",
    ),
    Wait(WaitReason.RETRY, "MailerLite", "no answer within 30 seconds", 2, 3): (
        "waits for MailerLite: no answer within 30 seconds, try 2 of 3",
        "waits for MailerLite",
    ),
    Wait(WaitReason.DATABASE, detail="cron (process 7, ana) holds its write lock"): (
        "waits for the database: cron (process 7, ana) holds its write lock",
        "waits for the database",
    ),
    Wait(WaitReason.MEMORY, detail="240 MiB held, 230 allowed"): (
        "waits for memory: 240 MiB held, 230 allowed",
        "waits for memory",
    ),
    Wait(WaitReason.PERSON, detail="carol"): ("paused by carol", "paused by carol"),
}


@pytest.mark.parametrize("wait", WORDS)
def test_each_wait_in_words(wait: Wait) -> None:
    assert (str(wait), wait.brief) == WORDS[wait]


def test_every_reason_has_words() -> None:
    assert {wait.reason for wait in WORDS} == set(WaitReason)


@pytest.mark.fault("E5")
@pytest.mark.parametrize(
    ("seconds", "zone", "words"),
    [
        (60, "UTC", "until 14:50:13"),
        (60, "Europe/Berlin", "until 15:50:13"),
        (86_400, "UTC", "until 27 Nov 14:49"),
        (9 * 3600 + 11 * 60, "UTC", "until 27 Nov 00:00"),
        (8 * 3600 + 11 * 60, "Europe/Berlin", "until 27 Nov 00:00"),
    ],
)
def test_the_end_is_told_with_its_day_where_that_is_not_today(seconds: int, zone: str, words: str) -> None:
    assert until_words(NOW + timedelta(seconds=seconds), NOW, ZoneInfo(zone)) == words


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (99, "waits for the shop: it answered 503, until 14:50:13"),
        (51, "waits for the shop: it answered 503, until 14:50:13"),
        (50, "waits for the shop until 14:50:13"),
        (32, "waits until 14:50:13"),
        (3, "waits until 14:50:13"),
    ],
)
def test_the_longest_form_that_fits_is_taken(width: int, words: str) -> None:
    wait = Wait(WaitReason.UNAVAILABLE, "EDD", "it answered 503")
    assert fitting_words(wait, NOW + timedelta(seconds=60), NOW, UTC, width) == words


def test_the_room_for_a_wait_is_counted_in_cells_and_not_in_characters() -> None:
    wide = Wait(WaitReason.UNAVAILABLE, "EDD", "保守中です")
    fitting = fitting_words(wait=wide, until=NOW + timedelta(seconds=60), now=NOW, zone=UTC, width=46)
    assert "保守中です" in fitting
    assert cell_len(fitting) == 46
    assert "保守中です" not in fitting_words(wide, NOW + timedelta(seconds=60), NOW, UTC, 45)


def test_a_wait_and_its_end_are_one_clause() -> None:
    until = NOW + timedelta(seconds=60)
    quota, shop = Wait(WaitReason.QUOTA, "MailerLite"), Wait(WaitReason.UNAVAILABLE, "EDD", "it answered 503")
    assert wait_words(quota, until, NOW, UTC) == "waits for MailerLite's quota until 14:50:13"
    assert wait_words(shop, until, NOW, UTC) == "waits for the shop: it answered 503, until 14:50:13"


def test_a_name_with_a_colon_in_it_puts_no_comma_into_the_clause() -> None:
    until = NOW + timedelta(seconds=60)
    assert wait_words(Wait(WaitReason.PERSON, detail="ops: ana"), until, NOW, UTC).endswith("ops: ana until 14:50:13")
    retry = Wait(WaitReason.RETRY, "EDD", attempt=2, tries=3)
    assert wait_words(retry, until, NOW, UTC) == "waits for the shop, try 2 of 3, until 14:50:13"
