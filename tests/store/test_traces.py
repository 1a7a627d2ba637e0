"""Orders by the number that somebody's field holds, with the e-mails that they had, and what the ledger wrote."""

from __future__ import annotations

import pytest
from attrs import evolve

from bema_tui.rules.records import FormerEmail, Trace
from bema_tui.store.database import Database
from bema_tui.store.legacy_row_ids import RowIds
from bema_tui.store.orders import Orders
from bema_tui.store.traces import Mark, Traces
from tests.store.orders import order, read
from tests.support.clock import SetClock
from tests.support.emails import with_email

pytestmark = pytest.mark.fault("A12")


async def test_an_order_is_traced_through_the_e_mails_that_it_had(db: Database, clock: SetClock) -> None:
    store = Orders(db)
    one, other = evolve(order("k1"), number="10391"), evolve(order("k2", product="7"), number="10392")
    await read(store, [one, other])
    first = clock.at
    clock.forward(86_400)
    await read(store, [with_email(one, "Neu@example.org"), other])
    second = clock.at
    clock.forward(86_400)
    await read(store, [with_email(one, "neuer@example.org")])
    await RowIds(db).remember("57", other.identity)

    found = await Traces(db, "2026_ETB_NBL").of(
        {
            "1": Mark("10391", "ana@example.org"),
            "2": Mark("57", "x@x.org"),
            "3": Mark("9", "x@x.org"),
            "4": Mark(None, "neu@example.org"),
            "5": Mark(None, "x@x.org"),
        }
    )
    assert found["3"] == found["5"] == Trace()
    assert found["4"].sightings == found["1"].sightings
    (seen,) = found["1"].sightings
    assert (seen.email, seen.listed, seen.last_seen) == ("neuer@example.org", True, clock.at)
    assert seen.former == (
        FormerEmail("Neu@example.org", "neu@example.org", second),
        FormerEmail("ana@example.org", "ana@example.org", first),
    )
    (seen,) = found["2"].sightings
    assert (seen.email, seen.listed, seen.product_ids) == ("ana@example.org", False, frozenset({"7"}))
    assert await Traces(db, "2026_ETB_NBL").of({}) == {}
