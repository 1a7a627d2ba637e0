"""``bema-tui demo``: the console on a simulator of its own and a throw-away database, with something left to do."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import click
from attrs import evolve

from bema_tui import signals
from bema_tui.cli.common import Flags, common, open_workspace, run_async
from bema_tui.cli.simulator_extra import require_simulator
from bema_tui.errors import BemaError
from bema_tui.model import RunKind
from bema_tui.secrets import Secret
from bema_tui.settings import EddSettings, MailerLiteSettings, Settings

# MailerLite's own quota in a quarter of its minute: a sync lasts long enough to be watched and stopped, not longer.
QUOTA = 120
WINDOW_SECONDS = 15
_REMOVALS = 50
_START_SECONDS = 60.0
_MADE_A_SECOND = 2000
"""People and orders that the simulator makes up in a second, on a slow machine."""


@click.command()
@click.option("--subscribers", type=click.IntRange(min=0), default=4000, show_default=True)
@click.option("--orders", type=click.IntRange(min=0), default=2400, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@common
def demo(subscribers: int, orders: int, seed: int, settings: Settings, as_json: bool) -> None:  # noqa: ARG001 (common's)
    """Open the console on a simulated shop and MailerLite.

    It needs no key, and touches nothing real.
    """
    from bema_tui.cli.console import require_screen

    require_simulator()
    require_screen()
    flags = click.get_current_context().find_object(Flags) or Flags()
    sys.exit(run_async(lambda: _demo(settings, subscribers, orders, seed, read_only=flags.read_only)))


async def _demo(settings: Settings, subscribers: int, orders: int, seed: int, *, read_only: bool) -> int:
    """Shows the console on a simulator; neither the simulator nor the folder with the database is left behind."""
    from bema_tui.cli.console import show_console

    click.echo("Starting the simulator …", err=True)
    with _folder() as folder, _simulator(subscribers, orders, seed) as endpoints:
        demo_settings = _settings(settings, endpoints, folder)
        click.echo("Looking for campaigns …", err=True)
        code = await _discover(demo_settings)
        if code is not None:
            _leave_a_lock_behind(demo_settings, code)
        return await show_console(evolve(demo_settings, read_only=read_only))


def _folder() -> AbstractContextManager[Path]:
    return signals.kept(lambda: Path(tempfile.mkdtemp(prefix="bema-demo-")), _remove)


def _remove(folder: Path) -> None:
    """Removes a folder, also while the database's own thread still writes into it: then more than once."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


@contextmanager
def _simulator(subscribers: int, orders: int, seed: int) -> Iterator[dict[str, Any]]:
    """A simulator in a process of its own, so that the console's memory and speed are its own."""
    command = [sys.executable, "-m", "bema_tui", "simulate", "--parent", str(os.getpid())]
    command += ["--quota", str(QUOTA), "--window-seconds", str(WINDOW_SECONDS)]
    command += ["--subscribers", str(subscribers), "--orders", str(orders), "--seed", str(seed)]
    with _process(command) as process:
        yield json.loads(first_line(process, _START_SECONDS + (subscribers + orders) / _MADE_A_SECOND))


def first_line(process: subprocess.Popen[str], seconds: float) -> bytes:
    """Returns the first line that a process writes.

    Raises:
        BemaError: the process ended before, or took longer than so many seconds.
    """
    assert process.stdout is not None
    source, end, line = process.stdout.fileno(), time.monotonic() + seconds, b""
    while not line.endswith(b"\n"):
        if not select.select([source], [], [], max(0.0, end - time.monotonic()))[0]:
            raise BemaError(
                f"The simulator did not start within {seconds:.0f} seconds.",
                advice="The machine may be very busy, or --subscribers or --orders too large: try again, or see what "
                "keeps it: bema-tui simulate",
            )
        part = os.read(source, 65536)
        if not part:
            raise BemaError("The simulator did not start.", advice="Try: bema-tui simulate")
        line += part
    return line


@contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Runs a process, and kills it in the end: it keeps nothing, so nobody has to wait until it ends by itself.

    It has a session of its own: ctrl+c in the console must not reach it before the console is done.
    """

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    with signals.kept(start, lambda process: process.kill()) as process, process:
        try:
            yield process
        finally:
            process.kill()


def _settings(settings: Settings, endpoints: dict[str, Any], folder: Path) -> Settings:
    mailerlite = endpoints["mailerlite"]
    shop = endpoints["edd"]
    return evolve(
        settings,
        database_url=f"sqlite:///{folder / 'demo.sqlite3'}",
        profile="demo",
        read_only=False,
        mailerlite=MailerLiteSettings(url=mailerlite["url"], key=Secret(mailerlite["key"])),
        quota=evolve(Settings().quota, quota=QUOTA, window_seconds=WINDOW_SECONDS),
        edd=EddSettings(url=shop["url"], key=Secret(shop["key"]), token=Secret(shop["token"])),
    )


async def _discover(settings: Settings) -> str | None:
    """Adds the campaigns that it finds. Returns the code of one of them."""
    from bema_tui.operations.discover import discover_campaigns

    async with open_workspace(settings) as workspace:
        found = await discover_campaigns(workspace, add=True)
    return found.proposals[-1].code if found.proposals else None


def _leave_a_lock_behind(settings: Settings, code: str) -> None:
    """Lets a real process take a campaign's lock and die with it, so that `r` has something to do."""
    keys = {"mailerlite": settings.mailerlite.key, "edd": settings.edd.key, "token": settings.edd.token}
    document = {
        "code": code,
        "database": settings.database_url,
        "log": settings.log_file,
        "mailerlite": {"url": settings.mailerlite.url, "key": keys["mailerlite"].reveal()},
        "edd": {"url": settings.edd.url, "key": keys["edd"].reveal(), "token": keys["token"].reveal()},
    }
    with _process([sys.executable, "-c", "from bema_tui.cli import demo; demo.take_and_die()"]) as process:
        process.communicate(json.dumps(document))


def take_and_die() -> None:
    """Takes a campaign's lock, as standard input names it, and dies by a signal that nobody can catch."""
    document = json.load(sys.stdin)
    settings = _settings(Settings(log_file=document["log"]), document, Path())
    settings = evolve(settings, database_url=document["database"])

    async def work() -> None:
        from bema_tui.operations import runs
        from bema_tui.operations.jobs import open_jobs

        async with open_workspace(settings) as workspace:
            await runs.start(workspace, open_jobs(workspace), document["code"], RunKind.SYNC)
            os.kill(os.getpid(), signal.SIGKILL)

    run_async(work)
