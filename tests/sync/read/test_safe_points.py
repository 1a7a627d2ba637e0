"""A read of the shop passes a safe point before it stores each page, so that a stop or a pause is obeyed there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bema_tui.errors import Stopped
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.edd.paging import Paging
from bema_tui.providers.http.null_ports import NoInterrupt, NoMeter
from bema_tui.secrets import Secret
from bema_tui.store.database import Database
from bema_tui.store.orders import Orders
from bema_tui.sync.read.shop import read_orders
from tests.support.simulated import Simulated, small

PAGE = 10


@pytest.mark.slow
async def test_a_stop_between_two_pages_of_the_shop_stores_no_more_and_proves_nothing(tmp_path: Path) -> None:
    simulated = Simulated.start(small(subscribers=20, orders=60))
    at, passed = simulated.endpoints, 0

    async def safe_point() -> None:
        nonlocal passed
        passed += 1
        if passed == 3:
            raise Stopped("Stopped by ana.")

    shop = EasyDigitalDownloads(
        at.edd_url,
        Secret(at.edd_key),
        Secret(at.edd_token),
        interrupt=NoInterrupt(),
        meter=NoMeter(),
        paging=Paging(PAGE, 1),
    )
    try:
        async with shop, await Database.open(f"sqlite:///{tmp_path / 'bema.sqlite3'}") as db:
            with pytest.raises(Stopped):
                await read_orders(db, shop, safe_point)
            assert await Orders(db).count() == 2 * PAGE
            assert await Orders(db).latest_complete() is None
    finally:
        simulated.close()
