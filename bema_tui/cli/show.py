"""What stands in the database, for people and pipes: findings, locks, statistics, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bema_tui.cli.common import common, open_workspace, print_json, run_async
from bema_tui.cli.tables import table
from bema_tui.errors import UsageError
from bema_tui.health import CampaignHealth
from bema_tui.model import FindingRule, FindingState, HealthStatus, Lock, Severity, Tier
from bema_tui.settings import Settings

if TYPE_CHECKING:
    from bema_tui.operations.statistics import CampaignStatistics
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
        print_json(
            [
                {
                    "id": f.id,
                    "campaign": f.campaign,
                    "rule": f.rule,
                    "severity": f.severity,
                    "state": f.state,
                    "subject": f.subject,
                    "message": f.message,
                    "advice": f.advice,
                    "first_seen": f.first_seen,
                    "last_seen": f.last_seen,
                    "count": f.count,
                }
                for f in found
            ]
        )
    elif found:
        for f in found:
            about = "" if f.message.lower().startswith(f.subject.lower()) else f"{f.subject}: "
            click.echo(f"{f.severity:<7}  {f.rule:<20}  {f.campaign:<20}  {about}{f.message} {f.advice}")
    else:
        click.echo("None. What needs a person shows here, after the first plan.")


@click.group(invoke_without_command=True)
@common
@click.pass_context
def locks(context: click.Context, settings: Settings, as_json: bool) -> None:
    """Who holds which campaign, and how alive they are."""
    if context.invoked_subcommand is not None:
        return

    async def work() -> tuple[Lock, ...]:
        from bema_tui.operations.locks import held

        async with open_workspace(settings, reading=True) as workspace:
            return await held(workspace)

    found = run_async(work)
    if as_json:
        from bema_tui.cli.documents import lock_document

        print_json([lock_document(lock) for lock in found])
    elif found:
        head = ("id", "on", "holder", "for", "since (UTC)", "last beat", "state", "token")
        rows = [
            (
                lock.id,
                lock.key,
                str(lock.holder),
                lock.operation,
                lock.since.strftime("%m-%d %H:%M"),
                lock.last_beat.strftime("%m-%d %H:%M"),
                "suspended" if lock.suspended else lock.state,
                str(lock.token),
            )
            for lock in found
        ]
        click.echo(table(head, rows))
        for lock in found:
            if lock.suspended:
                click.echo(f"{lock.id}: its process is suspended; it goes on with: kill -CONT {lock.holder.pid}")
    else:
        click.echo("None held.")


@locks.command("release")
@click.argument("lock_id", metavar="ID")
@click.option("--reason", required=True, help="Why; everybody sees it.")
@click.option("--force", is_flag=True, help="Also a live or quiet one: its run ends at its next write.")
@common
def release(lock_id: str, reason: str, force: bool, settings: Settings, as_json: bool) -> None:
    """Release a lock by its id."""

    async def work() -> Lock:
        from bema_tui.operations import locks as operations

        async with open_workspace(settings) as workspace:
            return await operations.release(workspace, lock_id, reason=reason, force=force)

    lock = run_async(work)
    if as_json:
        from bema_tui.cli.documents import lock_document

        print_json({"released": True, **lock_document(lock)})
    else:
        text = f"Lock {lock.id} on {lock.key} is released; it was {lock.state}, held by {lock.holder}."
        click.echo(text + (f" Go on with: bema-tui resume {lock.run}" if lock.run else ""))


def _units(currencies: tuple[str, ...]) -> str:
    """What is known of the currency of the orders."""
    unsaid = "the shop does not say in which currency an order was paid"
    if not currencies:
        return f"{unsaid}."
    if len(currencies) == 1:
        return f"{unsaid}; its own is {currencies[0]}."
    return f"{unsaid}; its own has been {', then '.join(currencies)}, and these sums mix them."


@click.command()
@click.argument("code", required=False)
@common
def stats(code: str | None, settings: Settings, as_json: bool) -> None:
    """Members per tier, buyers, conversion and revenue (in the shop's units) of each campaign."""

    async def work() -> CampaignStatistics:
        from bema_tui.operations.statistics import statistics

        async with open_workspace(settings, reading=True) as workspace:
            return await statistics(workspace, code)

    numbers = run_async(work)
    found = numbers.campaigns
    if as_json:
        documents = [
            {
                "code": c.code,
                "album": c.album,
                "state": c.state,
                "members": c.members,
                "tiers": {str(tier): c.tiers.get(tier, 0) for tier in Tier},
                "buyers": c.buyers,
                "conversion": c.conversion,
                "revenue": c.revenue,
                "revenue_unit": "shop units",
                "revenue_mixed": c.revenue_mixed,
                "currency": c.currency,
                "currencies": list(c.currencies),
                "buyers_per_day": list(c.buyers_per_day),
                "runs": c.runs,
                "last_sync": c.last_sync,
                "open_findings": c.open_findings,
                "shop_full_read_at": numbers.full_read_at,
            }
            for c in found
        ]
        print_json(documents[0] if code is not None else documents)
    elif found:
        head = ("code", "state", "members", "buyers", "conv %", "revenue *", "runs", "last sync (UTC)")
        rows = [
            (
                c.code,
                c.status.value.replace("_", " "),
                "-" if c.members is None else f"{c.members:,}",
                "-" if c.buyers is None else f"{c.buyers:,}",
                "-" if c.conversion is None else f"{c.conversion * 100:.1f}",
                f"{c.revenue} mixed" if c.revenue and c.revenue_mixed else c.revenue or "-",
                c.runs,
                c.last_sync.strftime("%Y-%m-%d %H:%M") if c.last_sync else "never",
            )
            for c in found
        ]
        click.echo(table(head, rows))
        click.echo(f"* in shop units: {_units(found[0].currencies)}")
    else:
        click.echo("No campaigns yet. `bema-tui campaigns discover` finds them in the shop and the account.")


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
    click.echo(
        f"memory {status.memory_usage >> 20} of {status.memory_limit >> 20} MiB, load {load} on {status.cores} cores, "
        f"{status.active_processes} processes, database {status.database_ms:.0f} ms"
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
    click.echo(f"Health of {found.campaign}: {found.score} of 100" + "".join(f"\n  {why}" for why in found.reasons))
    lock = f"lock {found.lock.id} {found.lock.state}, held by {found.lock.holder}" if found.lock else "no lock"
    last = f"{found.last_sync:%Y-%m-%d %H:%M} UTC" if found.last_sync else "never"
    count = ", ".join(f"{number:,} {severity}" for severity, number in found.findings.items())
    click.echo(f"{found.status.value.replace('_', ' ')}, {lock}, last sync {last}, open findings: {count}")
