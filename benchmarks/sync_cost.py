"""What a sync costs: requests against a client that asks for each person, peak memory, and seconds, by size.

Each sync is the real command in a process of its own, against a simulator in another one; counts are exact, seconds
depend on the machine. Run: ``python -m benchmarks.sync_cost [SUBSCRIBERS …]``
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SIZES = (1_000, 10_000, 100_000)
_COMMAND = (sys.executable, "-m", "bema_tui")


@contextlib.contextmanager
def simulator(subscribers: int, orders: int, window_seconds: float = 60.0) -> Iterator[dict[str, Any]]:
    """A simulator with one campaign, without a quota: pacing is not what is measured here."""
    command = [
        *_COMMAND,
        "simulate",
        "--campaigns",
        "1",
        "--quota",
        "1000000",
        "--window-seconds",
        str(window_seconds),
    ]
    command += ["--subscribers", str(subscribers), "--orders", str(orders)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def run(environment: dict[str, str], *arguments: str) -> tuple[Any, float, int]:
    """One command: its JSON, its seconds, and its peak memory in bytes."""
    started = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = subprocess.run(
        [*_COMMAND, *arguments, "--json"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 3):
        raise SystemExit(f"{arguments} failed: {done.stderr}")
    peak = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    return json.loads(done.stdout), time.monotonic() - started, peak * 1024


def surroundings(folder: str, where: dict[str, Any]) -> dict[str, str]:
    """The environment that points the command at a simulator, with a database of its own."""
    return os.environ | {
        "BEMA_DATABASE_URL": str(Path(folder) / "bema.sqlite3"),
        "BEMA_LOG_FILE": str(Path(folder) / "bema.log"),
        "BEMA_MAILERLITE_URL": where["mailerlite"]["url"],
        "BEMA_MAILERLITE_KEY": where["mailerlite"]["key"],
        "BEMA_MAILERLITE_QUOTA": "1000000",
        "BEMA_EDD_URL": where["edd"]["url"],
        "BEMA_EDD_KEY": where["edd"]["key"],
        "BEMA_EDD_TOKEN": where["edd"]["token"],
    }


def first_campaign(environment: dict[str, str]) -> str:
    """Take up the simulator's campaigns, and answer the first one's code."""
    found, _, _ = run(environment, "campaigns", "discover", "--add")
    return str(found["campaigns"][0]["code"])


def measure(subscribers: int) -> dict[str, Any]:
    """The first sync and an unchanged second one of a campaign that half of the account is in."""
    with tempfile.TemporaryDirectory() as folder, simulator(subscribers, subscribers // 2) as where:
        environment = surroundings(folder, where)
        code = first_campaign(environment)
        first, seconds, peak = run(environment, "sync", code, "--yes", "--max-moves", "1000000")
        second, again, peak = run(environment, "sync", code, "--yes")
    return {
        "subscribers": subscribers,
        "members": first["members"],
        "changes": first["total"],
        "writes": first["requests"]["write"],
        "writes_forecast": first["requests"]["write_forecast"],
        "writes_one_by_one": first["total"],
        "reads": first["requests"]["read"],
        "unchanged_writes": second["requests"]["write"],
        "seconds": round(seconds, 1),
        "unchanged_seconds": round(again, 1),
        "peak_mb": peak >> 20,
    }


def main() -> None:
    """Print a line for each size."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    for size in sizes:
        print(json.dumps(measure(size)), flush=True)


if __name__ == "__main__":
    main()
