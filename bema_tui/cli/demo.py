"""``bema-tui demo``: the console on a simulator of its own and a throw-away database, with something left to do."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from attrs import evolve

from bema_tui.cli.common import common, open_world, run_async
from bema_tui.config import EddSettings, MailerLiteSettings, Secret, Settings
from bema_tui.errors import BemaError

# MailerLite's own quota in a quarter of its minute: a sync lasts long enough to be watched and stopped, not longer.
QUOTA = 120
WINDOW_SECONDS = 15


@click.command()
@click.option("--subscribers", type=click.IntRange(min=0), default=4000, show_default=True)
@click.option("--orders", type=click.IntRange(min=0), default=2400, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@common
def demo(subscribers: int, orders: int, seed: int, settings: Settings, as_json: bool) -> None:  # noqa: ARG001 (common's)
    """The console on a simulated shop and account; no key needed, nothing real is touched."""
    from bema_tui.cli.console import open_console, require_screen

    require_screen()
    click.echo("Starting the simulator …", err=True)
    with (
        tempfile.TemporaryDirectory(prefix="bema-demo-") as folder,
        _simulator(subscribers, orders, seed) as where,
    ):
        demo_settings = _settings(settings, where, Path(folder))
        click.echo("Looking for campaigns …", err=True)
        code = run_async(lambda: _discover(demo_settings))
        if code is not None:
            _leave_a_lock_behind(demo_settings, code)
        status = open_console(demo_settings)
    sys.exit(status)


@contextmanager
def _simulator(subscribers: int, orders: int, seed: int) -> Iterator[dict[str, Any]]:
    """A simulator in a process of its own, so that the console's memory and speed are its own."""
    command = [
        sys.executable,
        "-m",
        "bema_tui",
        "simulate",
        "--quota",
        str(QUOTA),
        "--window-seconds",
        str(WINDOW_SECONDS),
    ]
    command += ["--subscribers", str(subscribers), "--orders", str(orders), "--seed", str(seed)]
    # Its own session: ctrl+c in the console must not reach it before the console is done.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise BemaError("The simulator did not start.", advice="Try: bema-tui simulate")
            yield json.loads(line)
        finally:
            process.kill()  # it keeps nothing, and whoever leaves must not wait for its good-bye


def _settings(settings: Settings, where: dict[str, Any], folder: Path) -> Settings:
    mailerlite = where["mailerlite"]
    shop = where["edd"]
    return evolve(
        settings,
        database_url=f"sqlite:///{folder / 'demo.sqlite3'}",
        profile="demo",
        read_only=False,
        mailerlite=MailerLiteSettings(
            url=mailerlite["url"], key=Secret(mailerlite["key"]), quota=QUOTA, window_seconds=WINDOW_SECONDS
        ),
        edd=EddSettings(url=shop["url"], key=Secret(shop["key"]), token=Secret(shop["token"])),
    )


async def _discover(settings: Settings) -> str | None:
    """Take up the campaigns there are, and answer one of them."""
    from bema_tui.sync.discovering import discover_campaigns
    from bema_tui.sync.interrupt import RunInterrupt
    from bema_tui.sync.job import Meter
    from bema_tui.sync.services import connector

    async with open_world(settings) as world:
        interrupt = RunInterrupt()
        connections = connector(world.db, settings)(interrupt, Meter())
        try:
            found = await discover_campaigns(world.db, settings, connections, interrupt, add=True, by=world.me.user)
        finally:
            await connections.close()
    return found.proposals[-1].code if found.proposals else None


def _leave_a_lock_behind(settings: Settings, code: str) -> None:
    """Let a real process take a campaign's lock and die with it, so that `r` has something to do."""
    process = multiprocessing.get_context("spawn").Process(target=_take_and_die, args=(settings, code))
    process.start()
    process.join()


def _take_and_die(settings: Settings, code: str) -> None:
    async def work() -> None:
        from bema_tui.sync.runner import Runner
        from bema_tui.sync.services import connector

        async with open_world(settings) as world:
            runner = Runner(world.db, settings, world.me, world.locks, connector(world.db, settings))
            await runner.begin(code, kind="sync")
            os.kill(os.getpid(), signal.SIGKILL)

    run_async(work)
