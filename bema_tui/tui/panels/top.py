"""What stands above every screen: the top line, the tabs, and the one answer line."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from textual.content import Content

from bema_tui.model import LockState, RunState, Severity
from bema_tui.store.snapshot.views import HealthView, ServiceView, Snapshot
from bema_tui.tui.format import Part, age, bar, count, cut, fit, line, pack, width_of
from bema_tui.tui.render_context import RenderContext

SCREENS = ("Overview", "Campaigns", "Runs", "Findings", "Locks", "Health", "Activity")
EXISTING = frozenset({1})
"""The numbers of the screens that this version has."""

_SERVICE_WORDS = {"ok": "good", "slow": "warn", "down": "bad", "refused": "bad", "unknown": "muted"}


def score_word(score: int) -> str:
    """The health score in a word."""
    return "good" if score >= 90 else "fair" if score >= 70 else "poor"


def score_style(score: int) -> str:
    """The style of the score's sign."""
    return "good" if score >= 90 else "warn" if score >= 70 else "bad"


def mode_badge(context: RenderContext) -> Content:
    """``[LIVE]``, ``[SIMULATOR]``, or either with ``READ-ONLY``."""
    if context.read_only:
        return line((f"[{context.mode} READ-ONLY]", "readonly"))
    return line((f"[{context.mode}]", "live" if context.mode == "LIVE" else "simulator"))


def _service(service: ServiceView | None, name: str, context: RenderContext) -> Content:
    if service is None:
        return line((f"{name} ", "muted"), ("unknown", "muted"))
    style = _SERVICE_WORDS.get(service.state, "warn")
    sign = "" if service.state in ("ok", "unknown") else context.glyphs.warn if style == "warn" else context.glyphs.bad
    return line((f"{name} ", "muted"), (f"{sign} {service.state}".strip(), style))


def _quota(service: ServiceView | None, cells: int, context: RenderContext) -> Content:
    if service is None or not service.quota_limit or service.quota_left is None:
        return line()
    share = service.quota_left / service.quota_limit
    style = "accent" if share > 0.1 else "warn"
    left = f"{service.quota_left}/{service.quota_limit} left"
    return line((bar(share, cells, context.glyphs), style), " ", left) if cells else line((left, style))


def _score(health: HealthView | None, label: str, context: RenderContext, room: int) -> Content:
    if health is None:
        return line((f"{label}no check yet", "muted"))
    word = score_word(health.score)
    made: list[Part] = [(label, "muted"), (f"{health.score} {word}", score_style(health.score))]
    if health.reasons and health.score < 90:
        sign = context.glyphs.warn if health.score >= 70 else context.glyphs.bad
        reason = cut(health.reasons[0], room - len(f"{label}{health.score} {word} {sign} "))
        made += [" ", (f"{sign} ", score_style(health.score)), reason if len(reason) > 3 else ""]
    return line(*made)


def top_line(snapshot: Snapshot | None, context: RenderContext, width: int) -> Content:
    """Name, mode, both services with the requests left, health with its worst reason, people, clock.

    Where the reason has no room, the bar of the requests gives its own: the number beside it says the same.
    """
    wide, widest = width >= 110, width >= 170
    clock = _clock(snapshot, context, widest=widest)
    health = snapshot.health if snapshot else None
    label = "health " if wide else ""
    made = _services(snapshot, context, width, 8 if wide else 5)
    room = width - width_of(clock) - 1
    if width_of(made) + width_of(_score(health, label, context, width)) > room:
        made = _services(snapshot, context, width, 0)
    left = line(made, _score(health, label, context, room - width_of(made)))
    return line(fit(left, width - width_of(clock)), clock)


def _services(snapshot: Snapshot | None, context: RenderContext, width: int, cells: int) -> Content:
    """Name, mode and both services; ``cells`` are those of the bar of requests left."""
    wide, widest = width >= 110, width >= 170
    gap = "   " if wide else "  "
    services = snapshot.services if snapshot else {}
    mail, shop = services.get("mailerlite"), services.get("shop")
    mail_part = line(_service(mail, "MailerLite" if wide else "ML", context), " ", _quota(mail, cells, context))
    shop_part = _service(shop, "shop (EDD)" if widest else "shop" if wide else "EDD", context)
    if widest and shop and shop.latency_ms is not None:
        shop_part = line(shop_part, f" {shop.latency_ms / 1000:.1f} s")
    name = line(" ", ("bema-tui  ", "strong") if wide else "", cut(context.profile, 16), "  " if wide else " ")
    return line(name, mode_badge(context), gap, mail_part, gap, shop_part, gap)


def _clock(snapshot: Snapshot | None, context: RenderContext, *, widest: bool) -> Content:
    """The time; on the widest screens with the date and those who are here."""
    local = context.now.astimezone(context.zone)
    if not widest:
        return line(f"{local:%H:%M} ")
    clock = line(f"{local:%a} {local.day} {local:%b}  {local:%H:%M} ")
    people = snapshot.people_here if snapshot else ()
    if not people:
        return clock
    here = f"{len(people)} {'person' if len(people) == 1 else 'people'} here: {', '.join(people)}"
    return line(cut(here, 40), "   ", clock)


def tabs_line(snapshot: Snapshot | None, context: RenderContext, width: int, current: int) -> Content:
    """The screens; the current one in brackets, those that this version has not yet in grey."""
    wide = width >= 110
    notes = _tab_notes(snapshot, context, wide=wide) if snapshot else {}
    made: list[Part] = []
    for number, name in enumerate(SCREENS, 1):
        note = notes.get(number, "")
        text = f"{number} {name}{note}"
        if number == current:
            made.append((f"[{text}]", "title"))
        else:
            blank = " " if wide else ""
            made.append((f"{blank}{text}{blank}", "text" if number in EXISTING else "muted"))
        made.append("  " if wide else " ")
    gaps = line("" if wide else " ", *made)
    if width_of(gaps) > width:
        short: list[Part] = [
            (f"[{n} {name}]" if n == current else f" {n} ", "title" if n == current else "muted")
            for n, name in enumerate(SCREENS, 1)
        ]
        return line(*short)
    return gaps


def _tab_notes(snapshot: Snapshot, context: RenderContext, *, wide: bool) -> dict[int, str]:
    errors = snapshot.finding_counts.get(Severity.ERROR, 0)
    active = sum(run.state.active or run.state.waiting for run in snapshot.runs)
    late = sum(lock.state in (LockState.DEAD, LockState.EXPIRED, LockState.STALE) for lock in snapshot.locks)
    findings = sum(snapshot.finding_counts.values())
    notes = {4: f" {count(findings)}", 5: f" {len(snapshot.locks)}"}
    if wide:
        notes |= {2: f" {len(snapshot.campaigns)}", 3: f" {active}"}
        notes[4] += f" {context.glyphs.bad}{errors}" if errors else ""
        notes[5] += f" {context.glyphs.warn}{late}" if late else ""
    return notes


@frozen
class Need:
    """One thing that needs a person: what to say at each width, and where it is."""

    sign: str
    style: str
    short: str
    long: str
    screen: int
    run: int | None = None
    lock: str | None = None
    panel: str = "campaigns"


def needs(snapshot: Snapshot, context: RenderContext) -> tuple[Need, ...]:
    """What needs a person, worst first."""
    g = context.glyphs
    made: list[Need] = []
    locks_of_lost: set[str] = set()
    newest = {run.campaign: run.id for run in sorted(snapshot.runs, key=lambda run: run.id)}
    for run in snapshot.runs:
        if run.state is RunState.LOST and newest[run.campaign] == run.id:
            lock = next((lock for lock in snapshot.locks if lock.run == run.id), None)
            tail = ""
            if lock is not None:
                locks_of_lost.add(lock.id)
                tail = f", lock {lock.state} {age(context.now, lock.last_beat)}"
            made.append(
                Need(
                    g.bad,
                    "bad",
                    f"run {run.id} lost",
                    f"run {run.id} {run.campaign} lost{tail}",
                    5,
                    run.id,
                    None,
                    "runs",
                )
            )
    for name, service in sorted(snapshot.services.items()):
        if service.state in ("down", "refused"):
            title = "MailerLite" if name == "mailerlite" else "shop"
            made.append(Need(g.bad, "bad", f"{title} {service.state}", f"{title} {service.state}: {service.detail}", 6))
    health = snapshot.health
    if health is not None and score_word(health.score) == "poor":
        text = f"health {health.score} poor"
        made.append(Need(g.bad, "bad", text, ": ".join((text, *health.reasons[:1])), 6))
    for campaign in snapshot.campaigns:
        if campaign.status == "failed":
            text = f"{campaign.code} failed"
            made.append(Need(g.bad, "bad", text, f"{text}: {campaign.last_sync_text}".rstrip(": "), 3))
    errors = snapshot.finding_counts.get(Severity.ERROR, 0)
    if errors:
        text = f"{count(errors)} error{'' if errors == 1 else 's'}"
        made.append(Need(g.bad, "bad", text, text, 4, panel="findings"))
    made += _lock_needs(snapshot, context, locks_of_lost)
    made += [
        Need(
            g.arrow,
            "waits",
            f"plan {run.id} waits",
            f"plan {run.id} {run.campaign} waits for a yes",
            3,
            run.id,
            None,
            "runs",
        )
        for run in snapshot.runs
        if run.state.waiting
    ]
    return tuple(made)


def _lock_needs(snapshot: Snapshot, context: RenderContext, told: set[str]) -> list[Need]:
    late = {LockState.DEAD, LockState.EXPIRED, LockState.STALE}
    return [
        Need(
            context.glyphs.warn,
            "warn",
            f"lock {lock.id} {lock.state}",
            f"lock {lock.id} {lock.key} {lock.state}, {lock.holder.user}",
            5,
            None,
            lock.id,
            "locks",
        )
        for lock in snapshot.locks
        if lock.state in late and lock.id not in told
    ]


def problem_line(problem: str, context: RenderContext) -> Content:
    """Why the picture is not today's."""
    return line((f" {context.glyphs.bad} {problem}", "bad"))


def answer_line(snapshot: Snapshot | None, context: RenderContext, width: int, problem: str = "") -> Content:
    """``all is well`` with the time of the last full check, or what needs a person, worst first."""
    g = context.glyphs
    if problem:
        return problem_line(problem, context)
    if snapshot is None:
        return line((" reading", "muted"))
    wanted = needs(snapshot, context)
    if not wanted:
        checked = snapshot.health.full_check_at if snapshot.health else None
        when = f"  last full check {context.clock(checked)}" if checked else "  no full check yet"
        return line(" ", (f"{g.ok} all is well", "good"), (when, "muted"))
    wide = width >= 110
    number = len(wanted)
    things = "thing needs" if number == 1 else "things need"
    start = f"{g.warn} {number} {things} you:" if wide else f"{g.warn} {number} need{'s' if number == 1 else ''} you:"
    return line(" ", (start, "warn"), "  ", _needs_parts(wanted, context, width - width_of(start) - 4, wide=wide))


def _needs_parts(wanted: Sequence[Need], context: RenderContext, room: int, *, wide: bool) -> Content:
    def part(need: Need, *, long: bool) -> Content:
        where = f" {context.glyphs.arrow} {need.screen}" if need.screen in EXISTING else ""
        return line((need.sign + " ", need.style), need.long if long else need.short, (where, "muted"))

    full = [part(need, long=True) for need in wanted]
    if wide and sum(width_of(text) + 2 for text in full) <= room:
        return pack(full, room)
    first = [part(need, long=wide and index == 0) for index, need in enumerate(wanted)]
    return pack(first, room, "  " if wide else "   ")
