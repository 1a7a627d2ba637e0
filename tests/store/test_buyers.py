"""What a reading is expected to have to look up, and that the database need not go through everybody to say it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, insert

from bema_tui.store.buyers import Buyers, ExpectedBuyers
from bema_tui.store.database import Database
from bema_tui.store.schema import members
from bema_tui.store.schema_shop import order_items, orders

CODE = "2024_ETB_NBL"
KNOWN = {  # address -> tiers as bits, and the run whose read saw them last
    "gold@example.com": (2, 7),
    "two@example.com": (3, 7),
    "outside@example.com": (0, 7),
    "left@example.com": (2, 6),
    "forgotten@example.com": (2, 0),
}


async def filled(db: Database, by_address: dict[str, tuple[int, int]]) -> Buyers:
    """Everybody of these bought, and one whom nobody knows."""
    now = db.now()
    known = [
        {"campaign": CODE, "subscriber_id": address, "email": address, "email_key": address, "status": "active"}
        | {"tiers": tiers, "read_run": run, "read_at": now}
        for address, (tiers, run) in by_address.items()
    ]
    bought = [
        {
            "id": place,
            "key": address,
            "number": address,
            "email": address,
            "email_key": address,
            "status": "complete",
            "mode": "live",
        }
        | {"date_utc": now, "total": "1", "first_seen": now, "last_seen": now, "read_id": 1}
        for place, address in enumerate([*by_address, "unknown@example.com"])
    ]
    items = [{"order_id": row["id"], "position": 0, "product_id": "42", "name": "A", "price": "1"} for row in bought]
    async with db.write() as connection:
        await connection.execute(insert(members), known)
        await connection.execute(insert(orders), bought)
        await connection.execute(insert(order_items), items)
    return Buyers(db, CODE, ["42"], ["complete"])


async def test_what_the_last_read_lets_expect(db: Database) -> None:
    buyers = await filled(db, KNOWN)
    assert await buyers.expected() == ExpectedBuyers(read_before=True, outside=4, outside_known=1, several=1)
    assert await buyers.among(["gold@example.com", "nobody@example.com"]) == {"gold@example.com"}


async def test_subscribers_who_were_forgotten_are_no_read(db: Database) -> None:
    buyers = await filled(db, {"forgotten@example.com": (3, 0)})
    assert await buyers.expected() == ExpectedBuyers(read_before=False, outside=2, outside_known=0, several=0)


async def test_each_buyer_is_found_by_an_index_on_their_address(db: Database) -> None:
    """Else the work grows with members times orders: minutes for a big campaign."""
    buyers = await filled(db, KNOWN)
    asked: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    async with db.read() as connection:
        engine = connection.sync_engine
    event.listen(engine, "before_cursor_execute", listen)
    await buyers.expected()
    await buyers.among(list(KNOWN))
    event.remove(engine, "before_cursor_execute", listen)
    async with db.read() as connection:
        steps = [
            str(row.detail)
            for statement, parameters in asked
            if "orders.email_key" in statement
            for row in (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)).all()
        ]
    assert [step for step in steps if "members" in step and "email_key=?" not in step] == []
    assert [step for step in steps if step.startswith("SEARCH orders") and "email_key=?" in step], steps
