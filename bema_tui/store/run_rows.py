"""A run as the engine knows it, read from its row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Row

from bema_tui.model import DEFAULT_OPTIONS, Check, Phase, RunKind, RunOptions, RunState, holding_checks, refusing_checks
from bema_tui.store.run_documents import checks_of, options_of


@frozen
class Run:
    """What the engine needs to know of a run; the screens read ``views.RunView``."""

    id: int
    kind: RunKind
    campaign: str
    state: RunState
    phase: Phase
    by_user: str
    host: str
    pid: int
    lock_token: int | None
    started_at: datetime
    planned_at: datetime | None
    yes_at: datetime | None
    apply_started_at: datetime | None
    active_seconds: float
    options: RunOptions = DEFAULT_OPTIONS
    """What it was asked for."""
    checks: tuple[Check, ...] = ()
    """The checks of its plan."""
    canary_done: bool = False
    """Its first people were read back, and the rest may follow."""

    @property
    def may_apply(self) -> bool:
        """Whether a yes stands: it applied before, somebody saw the plan, or nothing holds it and it was told yes."""
        if self.planned_at is None or refusing_checks(self.checks):
            return False
        if self.apply_started_at is not None or self.yes_at is not None:
            return True
        return self.options.yes and not holding_checks(self.checks)


def run_of(row: Row[Any]) -> Run:
    """Return the run of a row."""
    return Run(
        id=row.id,
        kind=RunKind(row.kind),
        campaign=row.campaign,
        state=RunState(row.state),
        phase=Phase(row.phase),
        by_user=row.by_user,
        host=row.host,
        pid=row.pid,
        lock_token=row.lock_token,
        started_at=row.started_at,
        planned_at=row.planned_at,
        yes_at=row.yes_at,
        apply_started_at=row.apply_started_at,
        active_seconds=row.active_seconds,
        options=options_of(row.options),
        checks=checks_of(row.checks),
        canary_done=row.canary_done,
    )
