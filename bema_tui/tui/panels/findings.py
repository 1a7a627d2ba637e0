"""Open findings by what they say, worst first, and the newest of them."""

from __future__ import annotations

from textual.content import Content

from bema_tui.amounts import age, count
from bema_tui.model import Severity
from bema_tui.rules.wording.findings import FINDING_TEXT
from bema_tui.store.snapshot.views import FindingGroup, Snapshot
from bema_tui.tui.format import line, short_count
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.widgets.columns import Column, Row

COLUMNS = (
    Column("sign", "", 2),
    Column("finding", "finding", 32, least=31),
    Column("open", "open", 6, right=True),
    Column("new", "new", 6, rank=1, right=True),
    Column("newest", "newest", 8, rank=2, right=True),
    Column("gap", "", 2, rank=3),
    Column("where", "where", 14, rank=3, grow=True),
)
SHORT_COLUMNS = (
    Column("sign", "", 2),
    Column("finding", "", 32, least=12, grow=True),
    Column("few", "", 5, right=True),
)
NEWEST_COLUMNS = (
    Column("sign", "", 2),
    Column("finding", "finding", 32, least=23),
    Column("who", "who", 30, grow=True, least=20),
    Column("campaign", "campaign", 20, rank=2),
    Column("what", "what", 34, grow=True, rank=3, least=20),
    Column("seen", "seen", 5, right=True),
    Column("times", "times", 6, right=True, rank=1),
)
EMPTY = (line(("  None. What needs a person shows here, after the first plan.", "muted")),)


def severity_sign(severity: Severity, context: RenderContext) -> Content:
    """The sign of a severity."""
    g = context.glyphs
    signs = {Severity.ERROR: (g.bad, "bad"), Severity.WARNING: (g.warn, "warn"), Severity.INFO: (g.note, "text")}
    return line(signs[severity])


def where(group: FindingGroup) -> str:
    """The campaign that has most of them, and how many others have some."""
    if not group.campaigns:
        return ""
    code, number = group.campaigns[0]
    code = code or "the account"
    others = len(group.campaigns) - 1
    more = f", {others} other{'' if others == 1 else 's'}" if others else ""
    return f"{code} {count(number)}{more}" if others or number != group.open else code


def rows(snapshot: Snapshot, context: RenderContext) -> list[Row]:
    """One row a rule."""
    return [
        Row(
            group.rule,
            {
                "sign": severity_sign(group.severity, context),
                "finding": FINDING_TEXT[group.rule],
                "open": count(group.open),
                "few": short_count(group.open),
                "new": count(group.new) if group.new else "-",
                "newest": age(context.now, group.newest),
                "where": where(group),
            },
        )
        for group in snapshot.finding_groups
    ]


def newest_rows(snapshot: Snapshot, context: RenderContext) -> list[Row]:
    """The newest findings, one by one."""
    return [
        Row(
            str(finding.id),
            {
                "sign": severity_sign(finding.severity, context),
                "finding": FINDING_TEXT[finding.rule],
                "who": finding.subject,
                "campaign": finding.campaign or "the account",
                "what": finding.message,
                "seen": age(context.now, finding.last_seen),
                "times": count(finding.count),
            },
        )
        for finding in snapshot.newest_findings
    ]


def title(snapshot: Snapshot, context: RenderContext) -> tuple[Content, Content]:
    """The panel's name with the open findings, and how many of each severity."""
    g = context.glyphs
    counts = snapshot.finding_counts
    signs = ((Severity.ERROR, g.bad, "bad"), (Severity.WARNING, g.warn, "warn"), (Severity.INFO, g.note, "muted"))
    shown = [line(f"{count(counts[key])} ", (sign, style)) for key, sign, style in signs if counts.get(key)]
    right = line()
    for part in shown:
        right = line(right, "  " if right else "", part)
    total = sum(counts.values())
    return line(f"Findings {count(total)}{' open' if total else ''}"), right
