"""Everything about runs: plan, apply, sync, resume, stop, pause, discard, and their history."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypedDict, Unpack

import click

from bema_tui import signals
from bema_tui.bounds import SETTINGS
from bema_tui.cli.common import World, common, is_terminal, open_world, print_json, run_async, unless_hung_up
from bema_tui.cli.tables import table
from bema_tui.errors import UsageError
from bema_tui.model import Lock
from bema_tui.run_records import RunKind, RunOptions
from bema_tui.settings import Settings, require_services


def _carry(settings: Settings, as_json: bool, begin: Callable[[Any], Awaitable[Any]]) -> None:
    """Carry a run out, show how it ended, and exit with its status."""
    require_services(settings)

    async def work() -> int:
        from bema_tui.cli.headless import carry_out, exit_status

        async with open_world(settings) as world:
            with signals.held():  # before the run it has no number; after it, how it ended is what counts
                ended = await carry_out(world, begin, quiet=as_json)
                status = await exit_status(world, ended)
                await _tell(world, ended, as_json)
                signals.finish()
        return status

    sys.exit(run_async(work))


async def _tell(world: World, ended: Any, as_json: bool) -> None:
    from bema_tui.cli.headless import ATTENTION, attention, exit_status, run_document
    from bema_tui.cli.texts import plan_text, run_text

    run = ended.run
    if as_json:
        document = await run_document(world, run)
        if ended.error is not None and not document["error"]:
            document["error"] = ended.error.as_dict()
        with unless_hung_up():
            print_json(document)
    else:
        text = await plan_text(world, run) if run.state.waiting else await run_text(world, run)
        if await exit_status(world, ended) == ATTENTION and (why := await attention(world, run)):
            text = f"{text}\n{why}"
        with unless_hung_up():
            click.echo(text)


_RUN = click.IntRange(1, 2**63 - 1)  # the database's whole numbers
_MOVES = click.IntRange(int(SETTINGS["rules.max_moves"].least), int(SETTINGS["rules.max_moves"].most))
_CREATE = click.option("--create-missing", is_flag=True, help="Also create the groups and the field that are missing.")
_QUICK = click.option(
    "--quick",
    is_flag=True,
    help="Read only the shop's newest orders, if its whole list was read within edd.full_read_seconds.",
)
_RETRY = click.option("--retry-refused", is_flag=True, help="Plan again also what MailerLite has refused before.")


class _Asked(TypedDict):
    """The options that a plan and a sync have in common."""

    create_missing: bool
    quick: bool
    retry_refused: bool


@click.command()
@click.argument("code")
@_CREATE
@_QUICK
@_RETRY
@common
def plan(code: str, settings: Settings, as_json: bool, **asked: Unpack[_Asked]) -> None:
    """Dry run: read both sides and write the plan down; nothing is written outside."""
    _carry(settings, as_json, lambda runner: runner.begin(code, kind=RunKind.PLAN, options=RunOptions(**asked)))


@click.command()
@click.argument("run", type=_RUN)
@common
def apply(run: int, settings: Settings, as_json: bool) -> None:
    """Apply a plan that waits. This is the yes of somebody who has seen it."""
    _carry(settings, as_json, lambda runner: runner.begin_apply(run))


@click.command()
@click.argument("run", type=_RUN)
@common
def resume(run: int, settings: Settings, as_json: bool) -> None:
    """Take up a stopped, failed or lost run from its ledger."""
    _carry(settings, as_json, lambda runner: runner.begin_resume(run))


@click.command()
@click.argument("code")
@click.option("--yes", is_flag=True, help="Apply the plan without asking.")
@_CREATE
@_QUICK
@_RETRY
@click.option("--max-moves", type=_MOVES, help="Let a plan of up to so many moves go by itself.")
@common
def sync(
    code: str, yes: bool, max_moves: int | None, settings: Settings, as_json: bool, **asked: Unpack[_Asked]
) -> None:
    """Plan and apply. Without --yes the plan is shown and asked about, on a terminal only."""
    options = RunOptions(yes=yes, max_moves=max_moves, **asked)
    if yes:
        _carry(settings, as_json, lambda runner: runner.begin(code, kind=RunKind.SYNC, options=options))
    if as_json or not is_terminal():
        raise UsageError(
            "A sync asks before it writes, and nobody can answer here.",
            advice=f"Give --yes, or make a plan (bema-tui plan {code}) and apply it (bema-tui apply RUN).",
        )
    require_services(settings)

    async def work() -> int:
        from bema_tui.cli.headless import STOPPED, carry_out, exit_status

        async with open_world(settings) as world:
            with signals.held():
                ended = await carry_out(
                    world, lambda runner: runner.begin(code, kind=RunKind.SYNC, options=options), quiet=False
                )
                await _tell(world, ended, as_json)
                run = ended.run
                if run.state.waiting:
                    answer = _answer(f"Apply these {run.total:,} changes?")
                    if not answer:
                        signals.finish()
                        with unless_hung_up():
                            click.echo(f"Nothing was written. The plan waits: bema-tui apply {run.id}", err=True)
                        return STOPPED if answer is None else await exit_status(world, ended)
                    ended = await carry_out(world, lambda runner: runner.begin_apply(run.id), quiet=False)
                    await _tell(world, ended, as_json)
                status = await exit_status(world, ended)
                signals.finish()
        return status

    sys.exit(run_async(work))


def _answer(question: str) -> bool | None:
    """Yes or no; None for a signal, an end of the input, and a terminal that is gone."""
    with unless_hung_up():
        while True:
            click.echo(f"{question} [y/N]: ", err=True, nl=False)
            line = "" if signals.wait_readable(sys.stdin.fileno()) else sys.stdin.readline()
            if not line:
                click.echo(err=True)
                return None
            if line.strip().lower() in ("", "n", "no"):
                return False
            if line.strip().lower() in ("y", "yes"):
                return True
            click.echo("Please say y or n.", err=True)
    return None


def _ask(settings: Settings, as_json: bool, run: int, verb: str, reason: str) -> None:
    from bema_tui.cli.texts import when_obeyed

    async def work() -> Lock | None:
        from bema_tui.model import RunState
        from bema_tui.store.activity import Activity
        from bema_tui.store.runs import Runs

        async with open_world(settings) as world:
            if (await world.reader.run(run)).state is RunState.LOST:
                raise UsageError(
                    f"Run {run} is lost: its process is gone.", advice=f"Go on with: bema-tui resume {run}"
                )
            runs_table = Runs(world.db)
            await runs_table.ask(run, verb, world.me.user, reason)
            campaign = (await runs_table.get(run)).campaign
            text = f"asked run {run} to {verb}" + (f": {reason}" if reason else "")
            await Activity(world.db).add(world.me.user, verb, text, campaign=campaign, run=run)
            held: tuple[Lock, ...] = await world.locks.get_active_locks()
            return next((lock for lock in held if lock.key == campaign and lock.run in (None, run)), None)

    lock = run_async(work)
    if as_json:
        print_json({"run": run, "asked": verb, "reason": reason, "suspended": lock is not None and lock.suspended})
    else:
        click.echo(f"Run {run} was asked to {verb}; {when_obeyed(lock, verb)}.")


@click.command()
@click.argument("run", type=_RUN)
@click.option("--reason", default="", help="Shown to everybody.")
@common
def stop(run: int, reason: str, settings: Settings, as_json: bool) -> None:
    """Ask a run to stop at its next safe point, whoever started it, on whatever machine."""
    _ask(settings, as_json, run, "stop", reason)


@click.command()
@click.argument("run", type=_RUN)
@click.option("--go-on", is_flag=True, help="Let a paused run go on.")
@click.option("--reason", default="", help="Shown to everybody.")
@common
def pause(run: int, go_on: bool, reason: str, settings: Settings, as_json: bool) -> None:
    """Ask a run to pause; it keeps its lock. --go-on lets it go on."""
    _ask(settings, as_json, run, "continue" if go_on else "pause", reason)


@click.command()
@click.argument("run", type=_RUN)
@common
def discard(run: int, settings: Settings, as_json: bool) -> None:
    """Throw a waiting plan away; nothing of it was written."""

    async def work() -> None:
        from bema_tui.store.activity import Activity
        from bema_tui.store.runs import Runs

        async with open_world(settings) as world:
            await Runs(world.db).discard(run, world.me.user)
            await Activity(world.db).add(world.me.user, "discard", f"discarded plan {run}", run=run)

    run_async(work)
    if as_json:
        print_json({"run": run, "state": "discarded"})
    else:
        click.echo(f"Plan {run} is discarded.")


@click.command()
@click.argument("run", type=_RUN, required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@common
def runs(run: int | None, limit: int, settings: Settings, as_json: bool) -> None:
    """The history of runs, or one run in full."""

    async def work() -> None:
        from bema_tui.cli.headless import run_document
        from bema_tui.cli.texts import run_text, runs_table

        async with open_world(settings, reading=True) as world:
            found = [await world.reader.run(run)] if run is not None else list(await world.reader.runs(limit, 0))
            if as_json and run is None:  # a list's rows lack what only a run in full has, its changes by kind for one
                found = [await world.reader.run(view.id) for view in found]
            documents = [await run_document(world, view) for view in found] if as_json else []
            text = "" if as_json or run is None else await run_text(world, found[0])
            now = world.db.now()
        if as_json:
            print_json(documents[0] if run is not None else documents)
        elif run is not None:
            click.echo(text)
        elif found:
            click.echo(runs_table(found, now))
        else:
            click.echo("No runs yet. Start with: bema-tui plan CODE")

    run_async(work)


@click.command()
@click.argument("run", type=_RUN)
@click.option("--state", help="Only rows of this state: planned, applied, failed, skipped, unknown, …")
@common
def changes(run: int, state: str | None, settings: Settings, as_json: bool) -> None:
    """The ledger of one run: every change with what was before and after."""

    async def work() -> None:
        from bema_tui.cli.texts import change_document, change_row
        from bema_tui.model import ChangeState

        if state is not None and state not in {known.value for known in ChangeState}:
            raise UsageError(f"There is no state {state!r}.", advice=f"Use one of {', '.join(ChangeState)}.")
        async with open_world(settings, reading=True) as world:
            await world.reader.run(run)
            wanted = ChangeState(state) if state else None
            found: list[Any] = []
            while page := await world.reader.changes(run, len(found), 5000, wanted):
                found += page
        if as_json:
            print_json([change_document(change) for change in found])
        else:
            head = ("e-mail", "change", "target", "before", "after", "rule", "state", "error")
            click.echo(table(head, [change_row(change) for change in found]))

    run_async(work)
