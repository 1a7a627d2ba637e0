"""What needs a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bema_tui.model import FindingRule, FindingState, Severity
from bema_tui.operations.workspace import Workspace
from bema_tui.store.findings import Findings
from bema_tui.store.snapshot.findings import list_findings
from bema_tui.store.snapshot.views import FindingView

_ALL: Final = 1_000_000


async def find(
    workspace: Workspace,
    *,
    state: FindingState | None = None,
    campaign: str | None = None,
    rule: FindingRule | None = None,
    severity: Severity | None = None,
) -> tuple[FindingView, ...]:
    """Findings, worst first; what is None lets everything through."""
    return await list_findings(workspace.db, state=state, campaign=campaign, rule=rule, severity=severity, limit=_ALL)


async def counts_of_run(workspace: Workspace, run: int) -> Mapping[Severity, int]:
    """How many findings this run was the last to see, by severity, every severity named."""
    return await Findings(workspace.db).counts_of_run(run)
