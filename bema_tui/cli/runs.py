"""``bema-tui plan``, ``apply``, ``sync`` and ``resume``: start a run and execute it to its end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from bema_tui import signals
from bema_tui.bounds import NUMBER_FROM, NUMBER_SHARE, SETTINGS
from bema_tui.cli.common import common, is_terminal, open_workspace, print_json, run_async, unless_hung_up
from bema_tui.errors import UsageError
from bema_tui.model import RunKind, RunOptions
from bema_tui.settings import Settings, require_services

if TYPE_CHECKING:
    from bema_tui.cli.headless import EndedRun, StartRun
    from bema_tui.operations.jobs import Jobs
    from bema_tui.operations.workspace import Workspace
    from bema_tui.store.snapshot.views import RunView


class _RunNumber(click.IntRange):
    """A run's number; a mistake is told with this name."""

    name = "run number"


RUN = _RunNumber(1, 2**63 - 1)
"""A run's number: one of the database's whole numbers."""
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
    """Dry run: read both sides, save the plan, change nothing."""
    _execute(settings, as_json, _new(code, RunKind.PLAN, RunOptions(**asked)))


@click.command(
    help=f"""Apply a plan that waits: read it before (bema-tui changes RUN).

    A plan of over {NUMBER_FROM:,} changes, or for over {NUMBER_SHARE * 100:.0f} % of the members, asks on a terminal
    for its number of changes.
    """
)
@click.argument("run", type=RUN)
@common
def apply(run: int, settings: Settings, as_json: bool) -> None:
    """Apply a plan that waits."""
    require_services(settings)

    async def work(workspace: Workspace) -> int:
        from bema_tui.cli.headless import stands
        from bema_tui.operations import questions, runs
        from bema_tui.operations.possible import may_apply, require

        view = await runs.one(workspace, run)
        if not as_json and is_terminal() and questions.needs_number(view):
            require(may_apply(view, read_only=workspace.read_only))  # so that nobody types in vain
            if (said := _said_yes(view, workspace)) is not True:
                return await _left_waiting(await stands(workspace, view), said)
        return await _execute_on(workspace, _yes(run), as_json)

    _exit_with(settings, work)


@click.command()
@click.argument("run", type=RUN)
@common
def resume(run: int, settings: Settings, as_json: bool) -> None:
    """Go on with a stopped, failed or lost run from its ledger."""

    async def start(workspace: Workspace, jobs: Jobs) -> int:
        from bema_tui.operations import runs

        return await runs.resume(workspace, jobs, run)

    _execute(settings, as_json, start)


@click.command()
@click.argument("code")
@click.option("--yes", is_flag=True, help="Apply the plan without asking.")
@_CREATE
@_QUICK
@_RETRY
@click.option("--max-moves", type=_MOVES, help="Apply a plan of up to so many moves without asking for approval.")
@common
def sync(
    code: str, yes: bool, max_moves: int | None, settings: Settings, as_json: bool, **asked: Unpack[_Asked]
) -> None:
    """Plan and apply.

    Without --yes it shows the plan and asks before it applies it. That takes a terminal.
    """
    start = _new(code, RunKind.SYNC, RunOptions(yes=yes, max_moves=max_moves, **asked))
    if yes:
        _execute(settings, as_json, start)
    if as_json or not is_terminal():
        raise UsageError(
            "A sync asks before it writes, and nobody can answer here.",
            advice=f"Give --yes, or make a plan (bema-tui plan {code}) and apply it (bema-tui apply RUN).",
        )
    require_services(settings)

    async def work(workspace: Workspace) -> int:
        from bema_tui.cli.headless import execute

        ended = await execute(workspace, start, quiet=False)
        await _tell(workspace, ended, as_json)
        if not ended.run.state.waiting:
            return ended.status
        said = _said_yes(ended.run, workspace)
        if said is not True:
            return await _left_waiting(ended, said)
        return await _execute_on(workspace, _yes(ended.run.id), as_json)

    _exit_with(settings, work)


def _new(code: str, kind: RunKind, options: RunOptions) -> StartRun:
    """Starts a run that reads and plans."""

    async def start(workspace: Workspace, jobs: Jobs) -> int:
        from bema_tui.operations import runs

        return await runs.start(workspace, jobs, code, kind, options)

    return start


def _yes(run: int) -> StartRun:
    """Starts to apply a plan."""

    async def start(workspace: Workspace, jobs: Jobs) -> int:
        from bema_tui.operations import runs

        return await runs.apply(workspace, jobs, run)

    return start


def _execute(settings: Settings, as_json: bool, start: StartRun) -> None:
    """Execute a run, show how it ended, and exit with its status."""
    require_services(settings)
    _exit_with(settings, lambda workspace: _execute_on(workspace, start, as_json))


def _exit_with(settings: Settings, work: Callable[[Workspace], Coroutine[Any, Any, int]]) -> None:
    """Do work on the open database, and exit with the status that it returns."""

    async def held() -> int:
        async with open_workspace(settings) as workspace:
            with signals.held():  # before a run it has no number; after it, how it ended is what counts
                status = await work(workspace)
                signals.finish()
        return status

    sys.exit(run_async(held))


async def _execute_on(workspace: Workspace, start: StartRun, as_json: bool) -> int:
    from bema_tui.cli.headless import execute

    ended = await execute(workspace, start, quiet=as_json)
    await _tell(workspace, ended, as_json)
    return ended.status


async def _tell(workspace: Workspace, ended: EndedRun, as_json: bool) -> None:
    from bema_tui.cli.documents import run_document
    from bema_tui.cli.headless import ATTENTION
    from bema_tui.cli.texts import attention_text, plan_text, run_text

    run = ended.run
    if as_json:
        document = await run_document(workspace, run)
        if ended.error is not None and not document["error"]:
            document["error"] = ended.error.as_dict()
        with unless_hung_up():
            print_json(document)
    else:
        text = await plan_text(workspace, run) if run.state.waiting else run_text(run, workspace.db.now())
        if ended.status == ATTENTION and (why := attention_text(run, ended.attention)):
            text = f"{text}\n{why}"
        with unless_hung_up():
            click.echo(text)


async def _left_waiting(ended: EndedRun, said: bool | None) -> int:
    """Say that the plan waits; ``said`` is False for a no, and None where nobody said anything."""
    from bema_tui.cli.headless import STOPPED

    signals.finish()
    with unless_hung_up():
        click.echo(f"Nothing was written. The plan waits: bema-tui apply {ended.run.id}", err=True)
    return STOPPED if said is None else ended.status


def _said_yes(run: RunView, workspace: Workspace) -> bool | None:
    """Ask for the yes to a plan, or for its number where it is over the limits; None: nobody answered."""
    from bema_tui.operations import questions
    from bema_tui.operations.marked_text import unmarked

    question = questions.apply(run, workspace.mode)
    if question is None:
        return _answer(f"Apply these {run.total:,} changes? [y/N]: ", ("y", "yes"), "Please say y or n.")
    with unless_hung_up():
        click.echo("\n".join((question.title, *map(unmarked, question.lines))), err=True)
    return _answer(f"{question.typed_label}: ", (question.typed,), f"Please type {question.typed}, or n for no.")


def _answer(question: str, yes: tuple[str, ...], hint: str) -> bool | None:
    """Yes or no; None for a signal, an end of the input, and a terminal that is gone."""
    with unless_hung_up():
        while True:
            click.echo(question, err=True, nl=False)
            line = "" if signals.wait_readable(sys.stdin.fileno()) else sys.stdin.readline()
            if not line:
                click.echo(err=True)
                return None
            said = line.strip().lower().replace(",", "")
            if said in ("", "n", "no"):
                return False
            if said in yes:
                return True
            click.echo(hint, err=True)
    return None
