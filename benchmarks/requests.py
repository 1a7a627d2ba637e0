"""What a sync costs in requests to MailerLite, against the fewest that are safe and against a naive client.

For each size the first sync is made, then 0 %, 1 % and 20 % of the campaign's members buy, and a second sync is
counted, by the simulator's own log: nothing is taken from what the engine says of itself but its forecast and the
way of reading it chose. The last lines do the same at the real quota, 120 in a window (which is short here), under both
readings of what a batch costs; they tell how full the windows were while it wrote.

The lower bound is derived in ``benchmarks/fewest.py``.

A naive client asks for each member and each buyer by themselves, and sends each change by itself, as the plugin that
this program replaces did. Run: ``python -m benchmarks.requests [SUBSCRIBERS …]``
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from attrs import evolve

from bema_tui.model import Holder, RunKind, RunOptions
from bema_tui.monitor.settings import MonitorSettings
from bema_tui.operations.discover import discover_campaigns
from bema_tui.operations.workspace import workspace_on
from bema_tui.providers.quota.settings import QuotaSettings
from bema_tui.secrets import Secret
from bema_tui.settings import EddSettings, MailerLiteSettings, Settings
from bema_tui.store.database import Database
from bema_tui.store.identity import current_holder
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.runs import Runs
from bema_tui.sync.connections import connector
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.sync.runner import Runner
from benchmarks.fewest import FIRST, LISTS, Cost, Truth, fewest_writes, subscriber_of
from benchmarks.sync_cost import simulator

SIZES = (1_000, 10_000, 100_000)
SHARES = (0.0, 0.01, 0.2)
_NO_QUOTA = 10_000_000
_QUOTA, _RESERVE, _WINDOW_SECONDS = 120, 10, 3.0


class Stage:
    """A simulator seen through its control paths."""

    def __init__(self, where: dict[str, Any]) -> None:
        self._control = str(where["state_url"]).removesuffix("state")
        self._http = httpx.Client(timeout=300)

    def state(self) -> dict[str, Any]:
        """The whole truth."""
        state: dict[str, Any] = self._http.get(self._control + "state").json()
        return state

    def set(self, **switches: Any) -> None:
        """Change how the simulator behaves."""
        self._http.post(self._control + "set", json=switches).raise_for_status()

    def log(self, since: int = 0) -> list[dict[str, Any]]:
        """Requests to MailerLite after the one with this number."""
        rows = self._http.get(self._control + f"requests?since={since}").json()
        return [row for row in rows if row["side"] == "mailerlite"]

    def last(self) -> int:
        """The number of the last request so far."""
        rows = self._http.get(self._control + "requests?since=0").json()
        return int(rows[-1]["number"]) if rows else 0

    def sell(self, product: str, addresses: list[str]) -> None:
        """Let people buy."""
        for address in addresses:
            order = {"add_order": {"email": address, "product": product}}
            self._http.post(self._control + "change", json=order).raise_for_status()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def _fullness(rows: list[dict[str, Any]]) -> list[float]:
    """How full the windows with batches that write were, of what may be used; not the last one, which ends the work."""
    began, windows = -math.inf, []
    for row in rows:
        if row["seconds_since_start"] >= began + _WINDOW_SECONDS:
            began = row["seconds_since_start"]
            windows.append([0, False])
        windows[-1][0] += row["cost"]
        windows[-1][1] |= row["write"]
    return [round(used / (_QUOTA - _RESERVE), 3) for used, writes in windows if writes][:-1]


async def measure(subscribers: int, share: float, paced_item_cost: int | None = None) -> dict[str, Any]:
    """The second sync of a campaign that half of the account is in, after a share of its members bought; at the real
    quota if the cost of a batch's item is given."""
    with (
        tempfile.TemporaryDirectory() as folder,
        simulator(subscribers, subscribers // 4, window_seconds=_WINDOW_SECONDS) as where,
    ):
        stage = Stage(where)
        try:
            async with await Database.open(f"sqlite:///{Path(folder) / 'bema.sqlite3'}") as db:
                return await _two_syncs(db, _settings(where, folder), stage, subscribers, share, paced_item_cost)
        finally:
            stage.close()


async def _two_syncs(
    db: Database, settings: Settings, stage: Stage, subscribers: int, share: float, paced_item_cost: int | None
) -> dict[str, Any]:
    me = current_holder()
    code, products = await _first_campaign(db, settings)
    first = await _sync(db, settings, me, code)
    item_cost = 1 if paced_item_cost is None else paced_item_cost
    truth = Truth(stage.state(), code, products)
    stage.sell(min(products), truth.could_buy(code, share))
    truth = Truth(stage.state(), code, products, item_cost)
    before = stage.last()
    if paced_item_cost is not None:
        stage.set(quota=_QUOTA, batch_item_cost=paced_item_cost)
        await asyncio.sleep(_WINDOW_SECONDS)
        paced = QuotaSettings(quota=_QUOTA, reserve=_RESERVE, window_seconds=_WINDOW_SECONDS)
        settings = evolve(settings, quota=paced)
    run = await _sync(db, settings, me, code)
    rows = stage.log(before)
    made = {side: _cost([row for row in rows if row["write"] is (side == "writes")]) for side in ("reads", "writes")}
    items = [item for row in rows if row["write"] for item in row["items"]]
    written = list(dict.fromkeys(map(subscriber_of, items)))
    fewest = {
        "reads": truth.fewest_reads(len(written)),
        "writes": fewest_writes(truth, Truth(stage.state(), code, products, item_cost), set(written[:FIRST])),
    }
    foretold, foretold_first = await _forecast(db, run), await _forecast(db, first)
    said: dict[str, Any] = {
        "subscribers": subscribers,
        "changes_percent": round(share * 100),
        "quota": None if paced_item_cost is None else _QUOTA,
        "item_cost": item_cost,
        "members": len(truth.members),
        "items": len(items),
        "strategy": foretold["strategy"],
    }
    for side, cost in made.items():
        said |= {
            side: cost.requests,
            f"{side}_fewest": fewest[side].requests,
            f"{side}_ratio": _ratio(cost.requests, fewest[side].requests),
            f"{side}_quota": cost.units,
            f"{side}_quota_fewest": fewest[side].units,
            f"{side}_quota_ratio": _ratio(cost.units, fewest[side].units),
            f"{side}_forecast": foretold[side],
        }
    return said | {
        "forecast_error": foretold["error"],
        "first_sync": foretold_first["reads"] + foretold_first["writes"] - foretold_first["error"],
        "first_sync_forecast_error": foretold_first["error"],
        "naive": LISTS + len(truth.members) + truth.outside + len(items),
        "refused_429": sum(row["status"] == 429 for row in rows),
        "windows_full": [] if paced_item_cost is None else _fullness(rows),
    }


def _cost(rows: list[dict[str, Any]]) -> Cost:
    return Cost(len(rows), sum(row["cost"] for row in rows))


def _ratio(made: int, fewest: int) -> float | None:
    """None where something was done that need not be done at all."""
    return round(made / fewest, 3) if fewest else (None if made else 1.0)


async def _forecast(db: Database, run: int) -> dict[str, Any]:
    from sqlalchemy import select

    from bema_tui.store.schema import runs

    async with db.read() as connection:
        row = (await connection.execute(select(runs).where(runs.c.id == run))).one()
    reads, writes = row.read_forecast, row.write_forecast
    error = reads + writes - row.requests_read - row.requests_write
    return {"reads": reads, "writes": writes, "error": error, "strategy": row.mailerlite_read["strategy"]}


def _settings(where: dict[str, Any], folder: str) -> Settings:
    mailerlite, edd = where["mailerlite"], where["edd"]
    return Settings(
        database_url=f"sqlite:///{Path(folder) / 'bema.sqlite3'}",
        mailerlite=MailerLiteSettings(url=mailerlite["url"], key=Secret(mailerlite["key"])),
        quota=QuotaSettings(quota=_NO_QUOTA),
        edd=EddSettings(url=edd["url"], key=Secret(edd["key"]), token=Secret(edd["token"])),
        # This process holds the simulator's truth as well, and a run waits rather than pass its limit.
        health=MonitorSettings(memory_limit=4 << 30),
    )


async def _first_campaign(db: Database, settings: Settings) -> tuple[str, set[str]]:
    found = await discover_campaigns(workspace_on(db, settings), add=True)
    return found.proposals[0].code, set(found.proposals[0].product_ids)


async def _sync(db: Database, settings: Settings, me: Holder, code: str) -> int:
    """One sync with the yes given; answers its run."""
    runner = Runner(db, settings, me, DatabaseLocks(db, LockAges(), me), connector(db, settings))
    options = RunOptions(yes=True, create_missing=True, max_moves=10_000_000)
    claimed = await runner.claim(code, kind=RunKind.SYNC, options=options)
    await runner.execute(claimed, RunInterrupt())
    return (await Runs(db).get(claimed.run)).id


def main() -> None:
    """Print a line for each size and share of changes, and one for each cost of an item at the real quota."""
    for size in [int(size) for size in sys.argv[1:]] or SIZES:
        for share in SHARES:
            print(json.dumps(asyncio.run(measure(size, share))), flush=True)
    for item_cost in (0, 1):
        print(json.dumps(asyncio.run(measure(min(SIZES), max(SHARES), item_cost))), flush=True)


if __name__ == "__main__":
    main()
