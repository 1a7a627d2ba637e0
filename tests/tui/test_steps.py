"""The line of a run's steps: which is at work, which are done, and which are still to come."""

from __future__ import annotations

from attrs import evolve

from bema_tui.model import Phase, PhaseEntry, RunState
from bema_tui.store.snapshot.views import RunView
from bema_tui.tui.panels.plan_head import phases_line
from bema_tui.tui.render_context import RenderContext
from tests.support.weekend import NOW
from tests.tui.sample import APPLYING

_FIRST_SITTING = tuple(PhaseEntry(step, NOW, 2.0) for step in (Phase.LOCK, Phase.READ_SHOP, Phase.PLAN, Phase.YES))


def steps(view: RunView) -> str:
    return phases_line(view, RenderContext(now=NOW), 200).plain


def test_a_resumed_run_that_reads_what_is_unknown_has_that_step_at_work_and_apply_still_to_come() -> None:
    again = (PhaseEntry(Phase.APPLY, NOW, 9.0), PhaseEntry(Phase.LOCK, NOW, 0.0), PhaseEntry(Phase.CHECK_UNKNOWN, NOW))
    view = evolve(APPLYING, phase=Phase.CHECK_UNKNOWN, phases=(*_FIRST_SITTING, *again))
    shown = steps(view)
    assert "● check unknown  ○ apply" in shown
    assert "✓ apply" not in shown


def test_a_step_that_was_taken_twice_has_its_time_in_all() -> None:
    twice = (
        PhaseEntry(Phase.APPLY, NOW, 9.0),
        PhaseEntry(Phase.CHECK_UNKNOWN, NOW, 3.0),
        PhaseEntry(Phase.APPLY, NOW, 4.0),
    )
    view = evolve(APPLYING, phase=Phase.READ_BACK, phases=(*_FIRST_SITTING, *twice))
    assert "✓ check unknown 3s  ✓ apply 13s  ● read back" in steps(view)


def test_nothing_unknown_is_no_step_to_look_at() -> None:
    at_once = (PhaseEntry(Phase.CHECK_UNKNOWN, NOW, 0.1), PhaseEntry(Phase.APPLY, NOW))
    view = evolve(APPLYING, phase=Phase.APPLY, phases=(*_FIRST_SITTING, *at_once))
    assert "✓ yes 2s  ● apply" in steps(view)


def test_every_step_of_a_run_that_is_done_is_ticked_off() -> None:
    view = evolve(
        APPLYING, state=RunState.DONE, phase=Phase.UNLOCK, phases=tuple(PhaseEntry(step, NOW, 1.0) for step in Phase)
    )
    assert steps(view).count("✓") == len(Phase)
