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
@click.option("--rule", help="Only of this rule, such as two_tiers.")
@click.option("--severity", type=click.Choice(["error", "warning", "info"]))
@click.option("--state", type=click.Choice(_STATES), default="open", show_default=True)
@common
def findings(
    campaign: str | None, rule: str | None, severity: str | None, state: str, settings: Settings, as_json: bool
) -> None:
    """Show what needs a person, worst first."""

    async def work() -> tuple[FindingView, ...]:
        from bema_tui.operations.campaigns import known_campaign
        from bema_tui.operations.findings import find

        if rule is not None and rule not in {known.value for known in FindingRule}:
            raise UsageError(f"There is no rule {rule!r}.", advice=f"Use one of {', '.join(FindingRule)}.")
        async with open_workspace(settings, reading=True) as workspace:
            if campaign:  # an empty one is the account
                await known_campaign(workspace, campaign)
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
            click.echo(f"{f.severity:<7}  {f.rule:<20}  {f.campaign:<20}  {f.text}")
    elif campaign or rule or severity or state != "open":
        click.echo("No finding is like that. `bema-tui findings --state all` shows every one.")
    else:
        click.echo("No finding is open. They come with the first plan.")
