"""Who is cancelled while the database works leaves nothing behind that the process would wait for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import asyncio, sys
from sqlalchemy import text
from bema_tui.store.database import Database

NUMBERS = text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000) SELECT count(*) FROM n")

async def read(db, begun):
    async with db.read() as connection:
        while True:
            await connection.execute(NUMBERS)
            begun.set()

async def turns(number):
    for _ in range(number):
        await asyncio.sleep(0)

async def main():
    async with await Database.open(sys.argv[1]) as db:
        for first in range(6):
            for second in range(12):
                begun = asyncio.Event()
                task = asyncio.create_task(read(db, begun))
                await begun.wait()
                await turns(first)
                task.cancel()
                await turns(second)
                task.cancel()
                await asyncio.wait([task])

asyncio.run(main())
"""


@pytest.mark.fault("E13")
def test_a_reading_that_is_cancelled_twice_keeps_no_process_from_ending(tmp_path: Path) -> None:
    """Once by who began it, once more by the end of the loop: the driver's thread was then asked to end twice."""
    url = f"sqlite:///{tmp_path / 'bema.db'}"
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, url], timeout=120, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
