"""What needs a person: each finding once, counted and aged, until it is accepted or no longer seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bema_tui.emails import email_key
from bema_tui.model import Finding, FindingRule, FindingState, Severity
from bema_tui.rules.findings import NO_CAMPAIGN, RANK
from bema_tui.store.database import Database
from bema_tui.store.order_rows import chunks
from bema_tui.store.schema import findings


class Findings:
    """The table of findings; one is known by campaign, rule and subject."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(self, found: Sequence[Finding], run: int | None) -> None:
        """Take over what a run found: new ones open, resolved ones open again, accepted ones stay accepted.

        A finding counts once for each run, however often the run records it; without a run, once for each call.
        """
        unique = {(finding.campaign, finding.rule, finding.subject): finding for finding in found}
        if not unique:
            return
        now = self._db.now()
        rows = [
            {
                "campaign": finding.campaign,
                "rule": finding.rule,
                "severity": finding.severity,
                "severity_rank": RANK[finding.severity],
                "subject": finding.subject,
                "subscriber_id": finding.subscriber_id,
                "about": finding.about,
                "state": FindingState.OPEN,
                "message": finding.message,
                "advice": finding.advice,
                "first_seen": now,
                "last_seen": now,
                "count": 1,
                "first_run": run,
                "last_run": run,
            }
            for finding in unique.values()
        ]
        async with self._db.write() as connection:
            await connection.execute(_UPSERT, rows)

    async def resolve_unseen(
        self,
        campaign: str,
        run: int | None,
        rules: Sequence[FindingRule] | None = None,
        *,
        keep: Sequence[str] = (),
        except_about: Callable[[str], bool] | None = None,
    ) -> int:
        """Resolve the campaign's open findings that this run did not see; returns how many.

        To be called only after a complete, full run: nothing less proves that something is gone. Without a ``run`` it
        is every one, whoever saw it. ``rules`` limits it to the rules that the run looked at. ``keep`` are the ids and
        e-mail keys of those whom it could not look at; ``except_about`` says of a subject's e-mail key that nothing is
        proved.
        """
        unseen = _unseen(campaign, run)
        if rules is not None:
            unseen = and_(unseen, findings.c.rule.in_(list(rules)))
        kept = frozenset(keep) - {""}  # an unreadable e-mail has no key, and "" stands for no subscriber
        query = select(findings.c.id, findings.c.subject, findings.c.subscriber_id).where(unseen)
        async with self._db.write() as connection:
            over = [
                row.id
                for row in await connection.execute(query)
                if kept.isdisjoint((row.subject, row.subscriber_id))
                and not (except_about is not None and except_about(email_key(row.subject)))
            ]
            for part in chunks(over):
                resolved = update(findings).where(findings.c.id.in_(part)).values(state=FindingState.RESOLVED)
                await connection.execute(resolved)
        return len(over)

    async def resolve_not_seen_since(self, moment: datetime, campaign: str, rule: FindingRule) -> None:
        """Resolve the open findings of a rule that nobody saw at or after ``moment``, whatever run they are of.

        To be called only after a complete, full read that began then.
        """
        statement = update(findings).where(
            findings.c.campaign == campaign,
            findings.c.rule == rule,
            findings.c.state == FindingState.OPEN,
            findings.c.last_seen < moment,
        )
        async with self._db.write() as connection:
            await connection.execute(statement.values(state=FindingState.RESOLVED))

    async def open_subjects(self, campaign: str, run: int, *, rules: Sequence[FindingRule]) -> set[str]:
        """Whom the campaign's open findings of these rules are about that this run did not see."""
        query = select(findings.c.subject).where(_unseen(campaign, run), findings.c.rule.in_([*rules]))
        async with self._db.read() as connection:
            return set((await connection.execute(query)).scalars())

    async def resolve_subjects(
        self, campaign: str, run: int, subjects: Iterable[str], *, rules: Sequence[FindingRule]
    ) -> None:
        """Resolve the campaign's open findings of these rules about these subjects that this run did not see."""
        unseen = and_(_unseen(campaign, run), findings.c.rule.in_([*rules]))
        async with self._db.write() as connection:
            for part in chunks(sorted(subjects)):
                of_these = update(findings).where(unseen, findings.c.subject.in_(part))
                await connection.execute(of_these.values(state=FindingState.RESOLVED))

    async def open_errors(self, campaign: str) -> int:
        """How many open findings of severity *error* the campaign has, with the shop's sales that can't be read."""
        shops = and_(findings.c.campaign == NO_CAMPAIGN, findings.c.rule == FindingRule.UNREADABLE_ORDER)
        query = select(func.count()).where(
            or_(findings.c.campaign == campaign, shops),
            findings.c.state == FindingState.OPEN,
            findings.c.severity_rank == RANK[Severity.ERROR],
        )
        async with self._db.read() as connection:
            return int(await connection.scalar(query) or 0)

    async def counts_of_run(self, run: int) -> dict[Severity, int]:
        """How many findings this run was the last to see, by severity, every severity named."""
        query = select(findings.c.severity, func.count()).where(findings.c.last_run == run)
        async with self._db.read() as connection:
            rows = (await connection.execute(query.group_by(findings.c.severity))).all()
        return dict.fromkeys(Severity, 0) | {Severity(severity): count for severity, count in rows}


def _unseen(campaign: str, run: int | None) -> Any:
    """The open findings of a campaign that a run did not see; without a run, all of them."""
    open_ones = and_(findings.c.campaign == campaign, findings.c.state == FindingState.OPEN)
    if run is None:
        return open_ones
    return and_(open_ones, or_(findings.c.last_run.is_(None), findings.c.last_run != run))


def _upsert() -> Any:
    statement = upsert(findings)
    new = statement.excluded
    same_run = findings.c.last_run == new.last_run  # unknown, so not true, where either is null
    return statement.on_conflict_do_update(
        index_elements=[findings.c.campaign, findings.c.rule, findings.c.subject],
        set_={
            **{
                name: new[name]
                for name in ("severity", "severity_rank", "subscriber_id", "about", "message", "advice", "last_seen")
            },
            "count": findings.c.count + case((same_run, 0), else_=1),
            "first_run": func.coalesce(findings.c.first_run, new.first_run),
            "last_run": func.coalesce(new.last_run, findings.c.last_run),
            "state": case((findings.c.state == FindingState.ACCEPTED, FindingState.ACCEPTED), else_=FindingState.OPEN),
        },
    )


_UPSERT: Final = _upsert()
