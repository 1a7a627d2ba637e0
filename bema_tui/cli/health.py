"""``bema-tui health``: how the process, the machine and the jobs are, or one campaign."""

from __future__ import annotations

import click

from bema_tui.cli.common import common, open_workspace, print_json, run_async
from bema_tui.health import CampaignHealth
from bema_tui.model import HealthStatus
from bema_tui.rules.wording.campaigns import status_text
from bema_tui.settings import Settings


@click.command()
@click.argument("code", required=False)
@common
def health(code: str | None, settings: Settings, as_json: bool) -> None:
    """Check everything now, or one campaign, and say what is wrong."""
    if code is not None:
        _health_of_campaign(code, settings, as_json=as_json)
        return

    async def work() -> HealthStatus:
        from bema_tui.operations.health import check_health

        async with open_workspace(settings, reading=True) as workspace:
            return await check_health(workspace)

    status = run_async(work)
    if as_json:
        print_json(
            {
                "at": status.at,
                "memory_usage": status.memory_usage,
                "memory_limit": status.memory_limit,
                "load_average": list(status.load_average),
                "cores": status.cores,
                "cpu_percent": status.cpu_percent,
                "job_status": dict(status.job_status),
                "active_processes": status.active_processes,
                "database_ms": status.database_ms,
                "health_score": status.health_score,
                "reasons": list(status.reasons),
            }
        )
        return
    click.echo(f"Health {status.health_score} of 100" + "".join(f"\n  {reason}" for reason in status.reasons))
    load = " ".join(f"{value:.2f}" for value in status.load_average)
    processes = f"{status.active_processes} process{'' if status.active_processes == 1 else 'es'}"
    click.echo(
        f"memory {status.memory_usage >> 20} of {status.memory_limit >> 20} MiB, load {load} on {status.cores} cores, "
        f"{processes}, database {status.database_ms:.0f} ms"
    )


def _health_of_campaign(code: str, settings: Settings, *, as_json: bool) -> None:
    async def work() -> CampaignHealth:
        from bema_tui.operations.health import check_campaign

        async with open_workspace(settings, reading=True) as workspace:
            return await check_campaign(workspace, code)

    found = run_async(work)
    if as_json:
        from bema_tui.cli.documents import campaign_health_document

        print_json(campaign_health_document(found))
        return
    click.echo(health_text(found))


def health_text(found: CampaignHealth) -> str:
    """How a campaign is: its score with the reasons, then how it stands."""
    score = f"Health of {found.campaign}: {found.score} of 100" + "".join(f"\n  {why}" for why in found.reasons)
    lock = f"lock {found.lock.id} {found.lock.state}, held by {found.lock.holder}" if found.lock else "no lock"
    last = f"{found.last_sync:%Y-%m-%d %H:%M} UTC" if found.last_sync else "never"
    count = ", ".join(f"{number:,} {severity}" for severity, number in found.findings.items())
    return f"{score}\n{status_text(found.status)}, {lock}, last sync {last}, open findings: {count}"
