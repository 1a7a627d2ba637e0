"""What a sync costs in requests to MailerLite, against the fewest that are safe and against a naive client.

For each size the first sync is made, then 0 %, 1 % and 20 % of the campaign's members buy, and a second sync is
counted: by the simulator's own log, nothing is taken from what the engine says of itself but its forecast.

Reads are compared in what they take of the quota, since a look-up in a batch takes as much as a page of a thousand
(the simulator counts a batch as one and each of its items); writes in requests, because their items are given.

The lower bound, derived from the simulator's truth:

- *Reading for the plan.* Three lists (groups, fields, automations). Then the cheaper of the two safe ways:
  by groups, where every group is asked for its active people, and for any other status that its count does not call
  empty, ``ceil(members / rows of a page)`` requests each, at least one; and ``ceil(n / 50)`` for the ``n`` buyers who
  are in no group; or by one sweep, ``ceil(people of the account / rows of a page)``, and ``ceil(k / 50)`` for the
  ``k`` of those buyers whom MailerLite knows, since who bought and shows no tier must be read again; and either way
  one batch for 50 who show more than one tier, for the same reason.
- *Reading while it writes*, only if there is something to write: the three lists again, for they may be hours old;
  the first five people in full, and a sample: one batch each.
- *Writing.* A batch holds 50 items, and a move is three: ``ceil(items / 50)``. The first five people go before the
  rest, and everybody's adds must be answered before their removes leave: so each of the two parts takes at least
  two batches if somebody of it is removed from a group.

A naive client asks for each member and each buyer by themselves, and sends each change by itself, as the plugin that
this program replaces did. Run: ``python -m benchmarks.requests [SUBSCRIBERS …]``
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from bema_tui.config import EddSettings, MailerLiteSettings, Secret, Settings
from bema_tui.model import Holder
from bema_tui.store.database import Database
from bema_tui.store.identity import current_holder
from bema_tui.store.locks import DatabaseLocks, LockAges
from bema_tui.store.runs import Runs
from bema_tui.sync.discovering import discover_campaigns
from bema_tui.sync.interrupt import RunInterrupt
from bema_tui.sync.job import Meter
from bema_tui.sync.runner import Runner
from bema_tui.sync.services import connector
from benchmarks.sync_cost import simulator

SIZES = (1_000, 10_000, 100_000)
SHARES = (0.0, 0.01, 0.2)
_NO_QUOTA = 10_000_000
_BATCH = 50
_GROUP_PAGE = 1000
_ACCOUNT_PAGE = 100
_LISTS = 3
_FIRST = 5
_SETTLED = {"complete", "partially_refunded", "revoked", "on_hold"}
_UNPURCHASED = ("OPT-IN", "GOLD", "SILVER", "BRONZE")


class Stage:
    """A simulator seen through its control paths."""

    def __init__(self, where: dict[str, Any]) -> None:
        self._control = str(where["state_url"]).removesuffix("state")
        self._http = httpx.Client(timeout=300)

    def state(self) -> dict[str, Any]:
        """The whole truth."""
        state: dict[str, Any] = self._http.get(self._control + "state").json()
        return state

    def log(self, since: int = 0) -> list[dict[str, Any]]:
        """Requests to MailerLite after the one with this number."""
        rows = self._http.get(self._control + f"requests?since={since}").json()
        return [row for row in rows if row["side"] == "mailerlite"]

    def last(self) -> int:
        """The number of the last request so far."""
        rows = self._http.get(self._control + "requests?since=0").json()
        return int(rows[-1]["n"]) if rows else 0

    def sell(self, product: str, addresses: list[str]) -> None:
        """Let people buy."""
        for address in addresses:
            order = {"add_order": {"email": address, "product": product}}
            self._http.post(self._control + "change", json=order).raise_for_status()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


class Truth:
    """What the simulator holds of one campaign, and what follows from it."""

    def __init__(self, state: dict[str, Any], code: str, products: set[str]) -> None:
        people = state["subscribers"]
        self.account = len(people)
        self.members = [p for p in people if any(name.startswith(f"{code}_") for name in p["groups"])]
        self.sizes: Counter[tuple[str, str]] = Counter()
        for group in state["groups"]:
            if group["name"].startswith(f"{code}_"):
                self.sizes[group["name"], "active"] += 0
        for person in self.members:
            self.sizes.update((name, person["status"]) for name in person["groups"] if name.startswith(f"{code}_"))
        self.buyers = {
            order["email"].strip().lower()
            for order in state["orders"]
            if order["status"] in _SETTLED and any(str(item["id"]) in products for item in order["products"])
        }
        self.several = sum(sum(name.startswith(f"{code}_") for name in p["groups"]) > 1 for p in self.members)
        inside = {person["email"] for person in self.members}
        known = {person["email"] for person in people}
        self.outside = len(self.buyers - inside)
        self.outside_known = len((self.buyers & known) - inside)

    def could_buy(self, code: str, share: float) -> list[str]:
        """Active members in one tier that is not bought, as many as that share of the members."""
        tiers = {f"{code}_{suffix}" for suffix in _UNPURCHASED}
        fitting = [
            person["email"]
            for person in self.members
            if person["status"] == "active"
            and person["email"] not in self.buyers
            and len(ours := [name for name in person["groups"] if name.startswith(f"{code}_")]) == 1
            and ours[0] in tiers
        ]
        return fitting[: round(share * len(self.members))]

    def fewest_reads(self, written: int) -> int:
        """What the reads that no safe client can do without take of the quota, when it writes to so many people."""
        by_groups = sum(max(1, math.ceil(size / _GROUP_PAGE)) for size in self.sizes.values())
        by_sweep = math.ceil(self.account / _ACCOUNT_PAGE)
        plan = _LISTS + min(by_groups + _looks(self.outside), by_sweep + _looks(self.outside_known))
        proof = _LISTS + _looks(min(written, _FIRST)) + _looks(min(written, _BATCH)) if written else 0
        return plan + _looks(self.several) + proof


def _looks(people: int) -> int:
    """What looking at people by id or address takes of the quota: one a batch, and one each."""
    return people + math.ceil(people / _BATCH)


def fewest_writes(rows: list[dict[str, Any]]) -> int:
    """The write requests that no safe client can do without, for these writes: one part for five people, one for all
    others."""
    items = [item for row in rows for item in row["items"]]
    first = list(dict.fromkeys(_person(item) for item in items))[:_FIRST]
    parts = [[item for item in items if (_person(item) in first) is among] for among in (True, False)]
    return sum(max(math.ceil(len(part) / _BATCH), len({item["method"] == "DELETE" for item in part})) for part in parts)


def _person(item: dict[str, Any]) -> str:
    return str(item["path"].split("/")[2])


async def measure(subscribers: int, share: float) -> dict[str, Any]:
    """The second sync of a campaign that half of the account is in, after a share of its members bought."""
    with tempfile.TemporaryDirectory() as folder, simulator(subscribers, subscribers // 4) as where:
        stage = Stage(where)
        try:
            async with await Database.open(f"sqlite:///{Path(folder) / 'bema.sqlite3'}") as db:
                return await _two_syncs(db, _settings(where, folder), stage, subscribers, share)
        finally:
            stage.close()


async def _two_syncs(db: Database, settings: Settings, stage: Stage, subscribers: int, share: float) -> dict[str, Any]:
    me = current_holder()
    code, products = await _first_campaign(db, settings, me)
    await _sync(db, settings, me, code)
    truth = Truth(stage.state(), code, products)
    stage.sell(min(products), truth.could_buy(code, share))
    truth = Truth(stage.state(), code, products)
    before = stage.last()
    run = await _sync(db, settings, me, code)
    rows = stage.log(before)
    writes = [row for row in rows if row["write"]]
    items = sum(len(row["items"]) for row in writes)
    written = len({_person(item) for row in writes for item in row["items"]})
    reads = sum(row["cost"] for row in rows if not row["write"])
    fewest, fewest_w = truth.fewest_reads(written), fewest_writes(writes)
    foretold = await _forecast(db, run)
    return {
        "subscribers": subscribers,
        "changes_percent": round(share * 100),
        "members": len(truth.members),
        "items": items,
        "strategy": foretold["strategy"],
        "reads": len(rows) - len(writes),
        "reads_quota": reads,
        "reads_quota_fewest": fewest,
        "reads_ratio": round(reads / fewest, 3),
        "reads_forecast": foretold["reads"],
        "writes": len(writes),
        "writes_fewest": fewest_w,
        "writes_ratio": round(len(writes) / fewest_w, 3) if fewest_w else 1.0,
        "writes_forecast": foretold["writes"],
        "forecast_error": foretold["reads"] + foretold["writes"] - len(rows),
        "quota_units": sum(row["cost"] for row in rows),
        "naive": _LISTS + len(truth.members) + truth.outside + items,
        "refused_429": sum(row["status"] == 429 for row in rows),
    }


async def _forecast(db: Database, run: int) -> dict[str, Any]:
    from sqlalchemy import select

    from bema_tui.store.schema import runs

    async with db.read() as connection:
        row = (await connection.execute(select(runs).where(runs.c.id == run))).one()
    return {"reads": row.read_forecast, "writes": row.write_forecast, "strategy": row.mailerlite_read["strategy"]}


def _settings(where: dict[str, Any], folder: str) -> Settings:
    mailerlite, edd = where["mailerlite"], where["edd"]
    return Settings(
        database_url=f"sqlite:///{Path(folder) / 'bema.sqlite3'}",
        mailerlite=MailerLiteSettings(url=mailerlite["url"], key=Secret(mailerlite["key"]), quota=_NO_QUOTA),
        edd=EddSettings(url=edd["url"], key=Secret(edd["key"]), token=Secret(edd["token"])),
    )


async def _first_campaign(db: Database, settings: Settings, me: Holder) -> tuple[str, set[str]]:
    interrupt = RunInterrupt()
    connections = connector(db, settings)(interrupt, Meter())
    try:
        found = await discover_campaigns(db, settings, connections, interrupt, add=True, by=me.user)
    finally:
        await connections.close()
    return found.proposals[0].code, set(found.proposals[0].product_ids)


async def _sync(db: Database, settings: Settings, me: Holder, code: str) -> int:
    """One sync with the yes given; answers its run."""
    runner = Runner(db, settings, me, DatabaseLocks(db, LockAges(), me), connector(db, settings))
    options = {"create_missing": True, "max_moves": 10_000_000}
    begun = await runner.begin(code, kind="sync", yes=True, options=options)
    await runner.carry_out(begun, RunInterrupt())
    return (await Runs(db).get(begun.run)).id


def main() -> None:
    """Print a line for each size and share of changes."""
    for size in [int(size) for size in sys.argv[1:]] or SIZES:
        for share in SHARES:
            print(json.dumps(asyncio.run(measure(size, share))), flush=True)


if __name__ == "__main__":
    main()
