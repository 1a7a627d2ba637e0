"""Campaigns, settings and activity."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from bema_tui.errors import StoreError, UsageError, WrongAccount
from bema_tui.model import Campaign, ReadSizes
from bema_tui.store.activity import Activity
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.database import Database
from bema_tui.store.database_settings import CURRENCIES, CURRENCY, DatabaseSettings
from bema_tui.store.ownership import Owner, Ownership
from tests.support.activity import latest_activity
from tests.support.clock import SetClock

LOVE = Campaign("2024_ETB_NBL", "No Better Love", ("101", "102"), start=datetime(2024, 3, 1, tzinfo=UTC))


async def test_a_campaign_comes_back_as_it_was_added_and_says_who_did(db: Database) -> None:
    store = Campaigns(db)
    other = Campaign("2023_LOLA_ER", "Early Riser", ("9",))
    await store.add(LOVE, "maria")
    await store.add(other, "jon")
    assert await store.all() == (other, LOVE)
    assert await store.get(LOVE.code) == LOVE
    (line, _) = await latest_activity(db, 2)
    assert (line.who, line.action, line.campaign) == ("jon", "campaign", other.code)


@pytest.mark.parametrize(
    ("clash", "named"),
    [
        (evolve(LOVE, album="Never Been Lost", product_ids=("103",)), "No Better Love"),
        (Campaign("2025_X_Y", "Other", ("102",)), "2024_ETB_NBL"),
        (Campaign("2025_X_Y", "Other", ()), "2025_X_Y"),
    ],
)
async def test_a_clash_names_the_other_campaign_and_adds_nothing(db: Database, clash: Campaign, named: str) -> None:
    store = Campaigns(db)
    await store.add(LOVE, "maria")
    with pytest.raises(UsageError, match=named) as caught:
        await store.add(clash, "maria")
    assert caught.value.advice
    assert await store.all() == (LOVE,)


@pytest.mark.fault("E9")
async def test_what_is_there_already_is_not_added_twice(db: Database) -> None:
    store = Campaigns(db)
    assert await store.add(LOVE, "maria")
    for same in (LOVE, evolve(LOVE, product_ids=("102",))):
        assert not await store.add(same, "jon")
    assert await store.all() == (LOVE,)
    assert [line.who for line in await latest_activity(db, 5)] == ["maria"]


async def test_a_bundle_counts_for_each_campaign_that_lists_it(db: Database) -> None:
    store = Campaigns(db)
    await store.add(LOVE, "maria")
    other = Campaign("2025_X_Y", "Other", ("7",))
    await store.add(evolve(other, product_ids=("7", "102")), "maria")
    await store.add(evolve(other, product_ids=("7", "200")), "maria")
    await store.add(evolve(LOVE, product_ids=("200",)), "maria")
    assert [(one.code, one.product_ids) for one in await store.all()] == [
        (LOVE.code, ("101", "102", "200")),
        (other.code, ("102", "200", "7")),
    ]
    assert (await store.get(LOVE.code)).start == LOVE.start


async def test_an_unknown_code_names_the_nearest_and_the_command(db: Database) -> None:
    store = Campaigns(db)
    await store.add(LOVE, "maria")
    with pytest.raises(UsageError, match="2024_EBT_NBL") as caught:
        await store.get("2024_EBT_NBL")
    assert "2024_ETB_NBL" in caught.value.advice
    assert "campaigns list" in caught.value.advice
    with pytest.raises(UsageError):
        await store.set_read_sizes("nothing", members=1)


async def test_read_sizes_are_kept_one_by_one(db: Database) -> None:
    store = Campaigns(db)
    await store.add(LOVE, "maria")
    assert await store.read_sizes(LOVE.code) == ReadSizes(None, None)
    await store.set_read_sizes(LOVE.code, members=120)
    await store.set_read_sizes(LOVE.code, orders=0)
    assert await store.read_sizes(LOVE.code) == ReadSizes(120, 0)


async def test_settings_are_kept_and_replaced(db: Database) -> None:
    store = DatabaseSettings(db)
    assert await store.get("timezone") is None
    await store.set("timezone", "Europe/Berlin")
    await store.set("timezone", "America/New_York")
    assert await store.get("timezone") == "America/New_York"


async def test_the_first_contact_is_stored_and_another_one_refused(db: Database) -> None:
    store = Ownership(db)
    await store.belongs_to(Owner.SHOP, "https://shop.example.org")
    await store.belongs_to(Owner.SHOP, "https://shop.example.org")
    await store.belongs_to(Owner.MAILERLITE_ACCOUNT, "4711")
    with pytest.raises(WrongAccount, match=r"https://shop\.example\.org.*https://other\.example\.org") as caught:
        await store.belongs_to(Owner.SHOP, "https://other.example.org")
    assert caught.value.exit_status == 2
    assert await store.owner(Owner.SHOP) == "https://shop.example.org"


@pytest.mark.fault("D8")
async def test_every_currency_that_the_shop_had_is_kept(db: Database) -> None:
    store = DatabaseSettings(db)
    await store.set(CURRENCY, "EUR")  # of a database from before the others were kept
    for code in ("EUR", "USD", "EUR"):
        await store.saw_currency(code)
    assert (await store.get(CURRENCY), await store.get(CURRENCIES)) == ("EUR", "EUR USD")


async def test_of_two_first_contacts_at_once_one_is_refused(db: Database) -> None:
    store = Ownership(db)
    outcomes = await asyncio.gather(
        *(store.belongs_to(Owner.MAILERLITE_ACCOUNT, name) for name in ("1", "2")), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [WrongAccount]


def _take_away(file: Path, to: Path, *, copied: bool) -> None:
    file.rename(to)
    if copied:
        file.write_bytes(to.read_bytes())


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_database_that_was_taken_away_is_neither_read_nor_written(
    replaced: bool, db: Database, tmp_path: Path
) -> None:
    """SQLite itself would go on in the removed file, beside everybody else's locks."""
    _take_away(Path(db.where), tmp_path / "away", copied=replaced)
    with pytest.raises(StoreError, match="removed or replaced"):
        await latest_activity(db, 1)
    with pytest.raises(StoreError, match="removed or replaced"):
        await Activity(db).add("maria", "sync", "lost")
    (tmp_path / "away").replace(db.where)
    await Activity(db).add("maria", "sync", "back again")


async def test_activity_is_newest_first_and_plain(db: Database, clock: SetClock) -> None:
    store = Activity(db)
    await store.add("maria", "sync", "first", campaign=LOVE.code, run=7)
    clock.forward(1)
    await store.add("jon\x1b[2J", "release", "evil \x1b[31m\u202eline\nbreak \x9b")
    newest, oldest = await latest_activity(db, 5)
    assert (newest.who, newest.text) == ("jon␛[2J", "evil ␛[31m‹202e›line break ‹9b›")
    assert (oldest.text, oldest.campaign, oldest.run) == ("first", LOVE.code, 7)
    assert await latest_activity(db, 1) == (newest,)
