"""A run as the engine knows it, read from its row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Row

from bema_tui.errors import UsageError
from bema_tui.model import DEFAULT_OPTIONS, Check, RunOptions, RunState, holding_checks, refusing_checks
from bema_tui.store.run_documents import checks_of, options_of


@frozen
class Run:
    """What the engine needs to know of a run; the screens read ``views.RunView``."""

    id: int
    """Its number."""
    campaign: str
    """Its campaign's code."""
    state: RunState
    """What it is doing, or how it ended."""
    planned_at: datetime | None
    """When its plan was written."""
    yes_at: datetime | None
    """When somebody said yes to its plan."""
    apply_started_at: datetime | None
    """When the first change was about to be sent."""
    options: RunOptions = DEFAULT_OPTIONS
    """What it was asked for."""
    checks: tuple[Check, ...] = ()
    """The checks of its plan."""
    canary_done: bool = False
    """Its first subscribers were read back, and the rest may follow."""

    @property
    def may_apply(self) -> bool:
        """Whether a yes stands: it applied before, somebody saw the plan, or nothing holds it and it was told yes."""
        if self.planned_at is None or refusing_checks(self.checks):
            return False
        if self.apply_started_at is not None or self.yes_at is not None:
            return True
        return self.options.yes and not holding_checks(self.checks)


def run_record(row: Row[Any]) -> Run:
    """Return the run of a row."""
    return Run(
        id=row.id,
        campaign=row.campaign,
        state=RunState(row.state),
        planned_at=row.planned_at,
        yes_at=row.yes_at,
        apply_started_at=row.apply_started_at,
        options=options_of(row.options),
        checks=checks_of(row.checks),
        canary_done=row.canary_done,
    )


def no_run(number: int) -> UsageError:
    """The error for a run that is not there."""
    return UsageError(f"There is no run {number}.", advice="`bema-tui runs` lists them.")
