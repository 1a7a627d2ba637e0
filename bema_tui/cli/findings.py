"""``bema-tui findings``: what needs a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from attrs import asdict

from bema_tui.cli.common import common, open_workspace, print_json, run_async
from bema_tui.errors import UsageError
from bema_tui.model import FindingRule, FindingState, Severity
from bema_tui.settings import Settings

if TYPE_CHECKING:
    from bema_tui.store.snapshot.views import FindingView

_STATES = ("open", "resolved", "all")


@click.command()
@click.option("--campaign", help="Only of this campaign.")
@click.option("--rule", help="Only of this rule, two_tiers for one.")
@click.option("--severity", type=click.Choice(["error", "warning", "info"]))
@click.option("--state", type=click.Choice(_STATES), default="open", show_default=True)
@common
def findings(
    campaign: str | None, rule: str | None, severity: str | None, state: str, settings: Settings, as_json: bool
) -> None:
    """What needs a person, worst first."""

    async def work() -> tuple[FindingView, ...]:
        from bema_tui.operations.findings import find

        if rule is not None and rule not in {known.value for known in FindingRule}:
            raise UsageError(f"There is no rule {rule!r}.", advice=f"Use one of {', '.join(FindingRule)}.")
        async with open_workspace(settings, reading=True) as workspace:
            return await find(
                workspace,
                state=None if state == "all" else FindingState(state),
                campaign=campaign,
                rule=FindingRule(rule) if rule else None,
                severity=Severity(severity) if severity else None,
            )

    found = run_async(work)
    if as_json:
        print_json([asdict(finding) for finding in found])
    elif found:
        for f in found:
            about = "" if f.message.lower().startswith(f.subject.lower()) else f"{f.subject}: "
            click.echo(f"{f.severity:<7}  {f.rule:<20}  {f.campaign:<20}  {about}{f.message} {f.advice}")
    else:
        click.echo("None. What needs a person shows here, after the first plan.")
