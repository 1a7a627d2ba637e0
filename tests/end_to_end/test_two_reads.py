"""What the shop's list proves is said by its newest complete read, also where another command has made that one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bema_tui.model import RunState
from bema_tui.store.orders import Orders
from tests.end_to_end.engine import engine_on
from tests.support.fixtures import StartSimulator


@pytest.mark.fault("A1")
async def test_a_sale_that_breaks_while_mailerlite_is_read_takes_no_place(
    simulators: StartSimulator, tmp_path: Path
) -> None:
    """The field names it, and the same person has another order: that one must not take its place."""
    simulated = simulators(seed=7, subscribers=120, orders=130, campaigns=1)
    async with engine_on(simulated, tmp_path) as engine:
        (release,) = await engine.discover()
        code = release.code
        state = simulated.state()
        bought = {order["email"].strip().lower() for order in state["orders"]}
        gold = [one for one in state["subscribers"] if one["groups"] == [f"{code}_GOLD"]]
        fan = next(one for one in gold if one["email"] not in bought and one["status"] == "active")
        order = {"email": fan["email"], "product": int(next(iter(release.products)))}
        first = simulated.ask("change", {"add_order": {**order, "date_utc": "2026-11-20 10:00:00"}})["add_order"]
        assert await engine.sync(code) is RunState.DONE
        simulated.ask("change", {"add_order": {**order, "date_utc": "2026-11-21 10:00:00"}})
        # It was asked for by its key today already, and so is not again.
        await Orders(engine.db).mark_looked_up(first["key"])
        simulated.hold(at=4, when="before", side="mailerlite")  # behind groups, fields and automations
        second = asyncio.create_task(engine.sync(code))
        while not (await asyncio.to_thread(simulated.ask, "held"))["holding"]:
            assert not second.done()
        broken = {"kind": "order", "id": first["row_id"], "set": {"products.0.price": "12,50"}}
        await asyncio.to_thread(simulated.ask, "change", {"break_record": broken})
        await engine.discover()  # it reads the shop's list whole
        await asyncio.to_thread(simulated.ask, "release", {})
        assert await second is RunState.DONE
        after = next(one for one in simulated.state()["subscribers"] if one["email"] == fan["email"])
        assert first["id"] in {str(value) for value in after["fields"].values()}
        assert after["groups"] == [f"{code}_GOLD_PURCHASE"]
