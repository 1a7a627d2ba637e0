"""Files of the database are taken away under a running sync: nobody writes twice, and no ledger is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from bema_tui.store import files
from tests.support.operator import Operator
from tests.support.processes import held_at_a_write
from tests.support.simulated import Simulated


@pytest.mark.fault("E2")
def test_the_log_is_removed_under_a_running_sync(
    simulated: Simulated, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_OPENING_SECONDS", 0.05)
    code = operator.discover()
    process = held_at_a_write(simulated, operator, code, 1)
    for ending in ("-wal", "-shm"):
        Path(f"{operator.database}{ending}").unlink()

    # A second one can't see the first one's lock any more: it is told who has the database, and begins nothing.
    second = operator.run("sync", code, "--yes", "--json", expect=1)
    assert f"process {process.pid}, " in second.complaint
    assert f"bema-tui sync {code}" in second.complaint
    assert len(simulated.writes()) == 1

    # The first one finds out before its next write. What it wrote down is kept when it ends.
    simulated.release()
    first = operator.finish(process)
    assert first.status == 1, first
    assert "log file was removed or replaced" in first.complaint
    assert len(simulated.writes()) == 1
    (run,) = operator.run("runs", "--json", expect=0).document
    assert (run["state"], run["sending"] + run["unknown"] > 0) == ("lost", True)

    done = operator.run("resume", str(run["run"]), "--json").document
    assert (done["state"], done["sending"], done["unknown"], done["planned"]) == ("done", 0, 0, 0)
    assert simulated.violations() == []
