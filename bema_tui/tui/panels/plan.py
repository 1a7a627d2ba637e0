"""The lists of a plan: rules, subscribers with their diffs, who is not planned, the checks, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from bema_tui.amounts import count
from bema_tui.cells import cut
from bema_tui.model import ChangeKind, ChangeState, CheckResult, passed_checks
from bema_tui.rules.tiers import label
from bema_tui.rules.wording.changes import heading, outcome_text
from bema_tui.rules.wording.checks import automation_text, check_text
from bema_tui.rules.wording.findings import FINDING_TEXT
from bema_tui.store.snapshot.views import ChangeView, LeftOut, PlanRule, PlanSubscriber, RunView
from bema_tui.tui.format import Part, line, pack
from bema_tui.tui.panels.findings import severity_sign
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.widgets.columns import Column, Row

ALL_RULES = "all"

RULE_COLUMNS = (
    Column("rule", "cause", 28, least=26, grow=True),
    Column("subscribers", "people", 8, right=True),
    Column("changes", "changes", 9, rank=1, right=True, least=8),
    Column("share", "%", 8, rank=3, right=True),
)
SHORT_RULE_COLUMNS = (
    Column("rule", "cause", 28, least=20, grow=True),
    Column("subscribers", "people", 8, right=True),
    Column("words", "changes", 16, rank=1, right=True),
)
SUBSCRIBER_COLUMNS = (
    Column("email", "e-mail", 34, least=26, grow=True),
    Column("name", "name", 22, rank=2, grow=True),
    Column("groups", "groups", 32, least=26, grow=True),
    Column("field", "field", 17, rank=1, least=15),
)
WRONG_COLUMNS = (
    Column("sign", "", 2),
    Column("who", "who", 26, grow=True),
    Column("change", "change", 20, rank=1, least=18),
    Column("what", "what happened", 44, least=26, grow=True),
    Column("tries", "tries", 7, rank=2, right=True),
)
SIGNS = {
    ChangeKind.ADD_GROUP: ("+", "good"),
    ChangeKind.REMOVE_GROUP: ("-", "bad"),
    ChangeKind.SET_FIELD: ("~", "warn"),
    ChangeKind.CREATE_GROUP: ("+", "good"),
    ChangeKind.CREATE_FIELD: ("+", "good"),
    ChangeKind.CREATE_SUBSCRIBER: ("+", "good"),
}
_COMES = (ChangeKind.ADD_GROUP, ChangeKind.CREATE_SUBSCRIBER)


def rule_rows(rules: Sequence[PlanRule]) -> list[Row]:
    """All subscribers first, then one row a rule."""
    subscribers = sum(rule.subscribers for rule in rules)
    changes = sum(rule.changes for rule in rules)

    def row(key: str, name: str, subscribers_here: int, changes_here: int) -> Row:
        share = f"{subscribers_here * 100 / subscribers:.0f} %" if subscribers else ""
        values = {"rule": name, "subscribers": count(subscribers_here), "changes": count(changes_here)}
        return Row(key, {**values, "share": share, "words": f"{count(changes_here)} changes"})

    if not rules:
        return []
    return [
        row(ALL_RULES, "all", subscribers, changes),
        *(row(r.key, heading(r.purpose), r.subscribers, r.changes) for r in rules),
    ]


def short_group(name: str, campaign: str) -> str:
    """A group's or field's name without its campaign in front."""
    for prefix in (f"{campaign}_", f"{campaign} "):
        if name.casefold().startswith(prefix.casefold()):
            return name[len(prefix) :]
    return name


def tier_name(change: ChangeView, campaign: str) -> str:
    """The tier of a change's group as people read it, or the group's short name where no tier is known."""
    return short_group(change.target_name, campaign) if change.tier is None else label(change.tier)


def subscriber_row(subscriber: PlanSubscriber, campaign: str, context: RenderContext) -> Row:
    """One subscriber with what becomes of their groups and their field."""
    arrow = context.glyphs.arrow
    gone = [tier_name(c, campaign) for c in subscriber.changes if c.kind is ChangeKind.REMOVE_GROUP]
    come = [tier_name(c, campaign) for c in subscriber.changes if c.kind in _COMES]
    fields = [c for c in subscriber.changes if c.kind in (ChangeKind.SET_FIELD, ChangeKind.CREATE_SUBSCRIBER)]
    groups = (
        f"{', '.join(gone) or 'no tier'} {arrow} {', '.join(come)}" if come else f"- {', '.join(gone)}" if gone else "-"
    )
    field = f"{fields[0].before or 'none'} {arrow} {fields[0].after or 'none'}" if fields else "-"
    email = subscriber.email or (subscriber.changes[0].target_name if subscriber.changes else "")
    return Row(subscriber_key(subscriber), {"email": email, "name": subscriber.name, "groups": groups, "field": field})


def subscriber_key(subscriber: PlanSubscriber) -> str:
    """What stays the same of a subscriber through every reading."""
    if subscriber.subscriber_id:
        return subscriber.subscriber_id
    return subscriber.email or (subscriber.changes[0].target_name if subscriber.changes else "")


def detail_lines(
    subscriber: PlanSubscriber | None, run: RunView, context: RenderContext, height: int, width: int
) -> list[Content]:
    """What happens to one subscriber, and why. Three lines or less are the short form."""
    if subscriber is None:
        return []
    arrow = context.glyphs.arrow

    def change(row: ChangeView, *, short: bool) -> Content:
        name = short_group(row.target_name, run.campaign) if short else row.target_name
        moved = f" {row.before or 'none'} {arrow} {row.after or 'none'}" if row.kind is ChangeKind.SET_FIELD else ""
        sign, style = SIGNS[row.kind]
        return line((sign, style), f" {name}{moved}")

    reasons = list(dict.fromkeys(row.reason for row in subscriber.changes if row.reason))
    number = len(subscriber.changes)
    if height < 4:
        parts = pack([change(row, short=True) for row in subscriber.changes], width - 2)
        return [line(" ", parts), line(" ", (cut("; ".join(reasons), width - 2), "muted"))]
    lines: list[Content] = [line(" ", change(row, short=False)) for row in subscriber.changes[: height - 2]]
    lines += [
        line((" why  ", "muted"), cut(reason, width - 7)) for reason in reasons[: max(1, height - 2 - len(lines))]
    ]
    how = f"{number} ledger row{'' if number == 1 else 's'}; a remove is sent only when its add is proved"
    return [*lines, line((" how  ", "muted"), (how, "muted"))][:height]


def left_out_lines(left_out: Sequence[LeftOut], context: RenderContext, height: int) -> list[Content]:
    """How many subscribers are not planned, by finding."""
    lines = [
        line(
            "  ",
            severity_sign(one.severity, context),
            f" {FINDING_TEXT[one.rule].ljust(32)}",
            count(one.subscribers).rjust(7),
        )
        for one in left_out
    ]
    return lines[:height] or [line(("  Nobody.", "muted"))]


def check_lines(run: RunView, context: RenderContext, height: int) -> list[Content]:
    """The automations that the plan sets off, then the checks; failed ones first."""
    g = context.glyphs
    lines: list[Content] = [
        line((f" {g.warn} ", "warn"), f"{count(one.subscribers)} people: automation {automation_text(one)}")
        for one in run.automations
    ]
    signs: Mapping[CheckResult, Part] = {
        CheckResult.REFUSE: (g.bad, "bad"),
        CheckResult.HOLD: (g.warn, "warn"),
        CheckResult.LOOK: (g.warn, "warn"),
        CheckResult.PASSED: (g.ok, "good"),
    }
    worst_first = list(signs)
    checks = sorted(run.checks, key=lambda check: worst_first.index(check.result))
    lines += [line(" ", signs[check.result], f" {check_text(check)}") for check in checks]
    return lines[:height] or [line(("  None are written down.", "muted"))]


def checks_title(run: RunView) -> str:
    """How many of the checks were passed."""
    return f"Checks {len(passed_checks(run.checks))} of {len(run.checks)}" if run.checks else "Checks"


def wrong_rows(changes: Sequence[ChangeView], run: RunView, context: RenderContext) -> list[Row]:
    """Failed and unknown ledger rows, then the skipped ones."""
    g = context.glyphs
    signs: Mapping[ChangeState, Part] = {
        ChangeState.FAILED: (g.bad, "bad"),
        ChangeState.UNKNOWN: (g.warn, "warn"),
        ChangeState.SKIPPED: (g.ring, "muted"),
    }
    rows = []
    for change in sorted(changes, key=lambda change: change.state is ChangeState.SKIPPED):
        sign, _ = SIGNS[change.kind]
        why = outcome_text(change)
        what = f"{change.state}: {why}" if why else str(change.state)
        rows.append(
            Row(
                str(change.id),
                {
                    "sign": line(signs.get(change.state, " ")),
                    "who": change.email or change.target_name,
                    "change": f"{sign} {short_group(change.target_name, run.campaign)}",
                    "what": what,
                    "tries": str(change.attempts),
                },
            )
        )
    return rows


def wrong_title(run: RunView) -> str:
    """How much went wrong."""
    bad = sum(run.changes.get(state, 0) for state in (ChangeState.FAILED, ChangeState.UNKNOWN, ChangeState.SKIPPED))
    return f"What went wrong  {count(bad)} changes" if bad else "What went wrong  nothing"


def wrong_detail(change: ChangeView | None, run: RunView, context: RenderContext) -> list[Content]:
    """All that is known of one ledger row that did not go through."""
    if change is None:
        return []
    sign, style = SIGNS[change.kind]
    arrow = context.glyphs.arrow
    error = outcome_text(change) or "no error told"
    tries = f" after {change.attempts} {'try' if change.attempts == 1 else 'tries'}" if change.attempts else ""
    moved = ""
    if change.kind is ChangeKind.SET_FIELD:
        moved = f"   {change.before or 'none'} {arrow} {change.after or 'none'}"
    return [
        line(" ", (sign, style), f" {change.target_name}{moved}"),
        line(f" {change.state}{tries}, {context.exact(change.recorded_at)}: {error}"),
        line((" why  ", "muted"), change.reason or heading(change.purpose)),
        line((f" run {run.id}, ledger row {change.seq}", "muted")),
    ]
