"""Runs the engine without a screen: signals stop it at a safe point, and its end becomes an exit status."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import click
from attrs import asdict, frozen

from bema_tui import signals
from bema_tui.cli.common import World
from bema_tui.cli.progress import follow
from bema_tui.errors import BemaError, LockLost, StoreError
from bema_tui.model import ChangeState, RunState
from bema_tui.plan_checks import Check, CheckResult
from bema_tui.rules.check_wording import automation_text, check_text
from bema_tui.run_records import AutomationEffect, MailerLiteReadResult, ShopReadResult
from bema_tui.store.findings import Findings
from bema_tui.store.snapshot.views import RunView
from bema_tui.sync.connections import connector
from bema_tui.sync.interrupt import RunInterrupt, stopped
from bema_tui.sync.runner import Begun, Runner

logger = logging.getLogger("bema_tui.cli")

DONE, FAILED, ATTENTION, STOPPED = 0, 1, 3, 5
_OPEN_ROWS = (ChangeState.FAILED, ChangeState.UNKNOWN)
_GRACE_SECONDS = 1.0  # what the request in flight gets after SIGTERM or SIGHUP


class _Interruption:
    """What signals do to a run: the first asks for a stop; a second, or one that means the line is gone, cuts short."""

    def __init__(self) -> None:
        self.interrupt = RunInterrupt()
        self.task: asyncio.Task[RunState] | None = None
        self._loop = asyncio.get_running_loop()

    def __call__(self, name: str) -> None:
        self._loop.call_soon_threadsafe(self._stop, name)

    def _stop(self, name: str) -> None:
        again = self.interrupt.asked
        self.interrupt.stop(stopped(name, ""))
        if again:
            self._cut_short()
        elif name != "SIGINT":
            self._loop.call_later(_GRACE_SECONDS, self._cut_short)

    def _cut_short(self) -> None:
        if self.task is not None:
            self.task.cancel()


@frozen
class Ended:
    """A run as it stands at its end, and the error that ended it, also where the database could not take it in."""

    run: RunView
    error: BemaError | None = None


async def carry_out(world: World, begin: Callable[[Runner], Awaitable[Begun]], *, quiet: bool) -> Ended:
    """Begin a run, carry it to its end, and answer how it stands then.

    A signal while it begins stops it as soon as it has begun: then it has a number, and nothing is left half open.

    Raises:
        BemaError: it could not begin. How it ended otherwise stands in the run.
    """
    runner = Runner(world.db, world.settings, world.me, world.locks, connector(world.db, world.settings))
    interruption = _Interruption()
    with signals.handed_to(interruption):
        begun = await begin(runner)
        task = interruption.task = asyncio.create_task(runner.carry_out(begun, interruption.interrupt))
        progress = asyncio.create_task(follow(world, begun.run, quiet=quiet))
        try:
            await asyncio.wait([task])
        finally:
            progress.cancel()
            (ended,) = await asyncio.gather(progress, return_exceptions=True)
            if isinstance(ended, Exception):  # the terminal is gone, for one: that ends no run
                logger.warning("what stderr says of the run ended: %s", ended)
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, BemaError):
        raise error
    try:
        run = await world.reader.run(begun.run)
    except StoreError as unreadable:  # most likely for the very reason that ended the run: that is said once
        raise error or unreadable from None
    if error is not None and not isinstance(error, LockLost):
        click.echo(f"bema-tui: run {begun.run}: {error}", err=True)
    return Ended(run, error)


async def attention(world: World, run: RunView) -> str:
    """What of a run that came to its end needs a person, and where it is read; empty if nothing does."""
    rows = [f"{count:,} {state}" for state in _OPEN_ROWS if (count := run.changes.get(state, 0))]
    lines = [f"{' and '.join(rows)}: bema-tui changes {run.id}"] if rows else []
    errors = await Findings(world.db).open_errors(run.campaign)
    if errors:
        found = f"{errors:,} open findings" if errors > 1 else "1 open finding"
        lines.append(f"{found} of severity error about {run.campaign}: bema-tui findings --severity error")
    return "\n".join(f"Needs a person: {line}" for line in lines)


async def exit_status(world: World, ended: Ended) -> int:
    """0 done, 1 failed, 2 wrong settings, 3 done but somebody is needed, 5 stopped. Precedence: 2, 5, 1, 3, 0."""
    run = ended.run
    if ended.error is not None:
        return ended.error.exit_status
    if run.state in {RunState.STOPPED, RunState.LOST, RunState.PAUSED}:
        return STOPPED
    if run.state is RunState.FAILED:
        return FAILED
    return ATTENTION if run.state is RunState.NEEDS_APPROVAL or await attention(world, run) else DONE


async def run_document(world: World, run: RunView) -> dict[str, Any]:
    """A run for ``--json``. The five row counts are of ledger rows by their state now; ``total`` is their sum."""
    counts = await Findings(world.db).counts_of_run(run.id)
    kinds = {str(kind): sum(states.values()) for kind, states in run.kinds.items()}
    return {
        "run": run.id,
        "campaign": run.campaign,
        "kind": run.kind,
        "state": run.state,
        "phase": run.phase,
        "by": f"{run.by_user}@{run.host}",
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "waiting_for": run.waiting_for and {**asdict(run.waiting_for), "text": str(run.waiting_for)},
        "waiting_until": run.waiting_until,
        "people": run.people,
        "moves": run.moves,
        "members": run.members,
        "left_out": run.left_out,
        **{str(state): run.changes.get(state, 0) for state in ChangeState},
        "total": run.total,
        "changes": kinds,
        "findings": {"error": 0, "warning": 0, "info": 0} | {str(k): v for k, v in counts.items()},
        "requests": {
            "read": run.requests_read,
            "write": run.requests_write,
            "retried": run.requests_retried,
            "shop": run.shop_requests,
            "read_forecast": run.read_forecast,
            "write_forecast": run.write_forecast,
            "seconds_forecast": round(run.seconds_forecast, 1),
        },
        "seconds": round(run.seconds, 3),
        "automations": [_automation_document(one) for one in run.automations],
        "checks": [_check_document(check) for check in run.checks],
        "reads": {"shop": _or_nothing(run.shop_read), "mailerlite": _or_nothing(run.mailerlite_read)},
        "phases": [
            {"phase": p.phase, "started_at": p.started_at, "seconds": p.seconds, "note": p.note} for p in run.phases
        ],
        "note": run.note,
        "error": asdict(run.error) if run.error else None,
    }


def _check_document(check: Check) -> dict[str, Any]:
    """A check in words, with its figures."""
    words = {
        "text": check_text(check),
        "ok": check.result is not CheckResult.REFUSE,
        "look": check.result in {CheckResult.LOOK, CheckResult.HOLD},
    }
    return {"name": check.name, **words, **asdict(check)}


def _automation_document(effect: AutomationEffect) -> dict[str, Any]:
    return {**asdict(effect), "name": automation_text(effect)}


def _or_nothing(read: ShopReadResult | MailerLiteReadResult | None) -> dict[str, Any]:
    return asdict(read) if read is not None else {}
