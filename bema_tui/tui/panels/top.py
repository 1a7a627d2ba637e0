"""What stands above every screen: the top line and the tabs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.content import Content

from bema_tui.amounts import count
from bema_tui.cells import cut
from bema_tui.health import HealthWord, health_word
from bema_tui.model import Mode, ServiceName, ServiceState, Severity
from bema_tui.store.snapshot.views import HealthView, ServiceView, Snapshot
from bema_tui.tui.format import Part, bar, fit, line, pack, width_of
from bema_tui.tui.layout import Width
from bema_tui.tui.render_context import RenderContext

TABS = {1: "Overview"}
"""The screens by their number keys."""

_SERVICE_STYLES: Final[Mapping[ServiceState, str]] = {
    ServiceState.OK: "good",
    ServiceState.SLOW: "warn",
    ServiceState.DOWN: "bad",
    ServiceState.REFUSED: "bad",
    ServiceState.UNKNOWN: "muted",
}


_STYLE_OF_HEALTH = {HealthWord.GOOD: "good", HealthWord.FAIR: "warn", HealthWord.POOR: "bad"}


def score_style(score: int) -> str:
    """The style of the score's sign."""
    return _STYLE_OF_HEALTH[health_word(score)]


def mode_badge(context: RenderContext) -> Content:
    """``[LIVE]``, ``[SIMULATOR]``, or either with ``READ-ONLY``."""
    if context.read_only:
        return line((f"[{context.mode} READ-ONLY]", "readonly"))
    return line((f"[{context.mode}]", "live" if context.mode is Mode.LIVE else "simulator"))


def _service(service: ServiceView | None, name: str, context: RenderContext) -> Content:
    if service is None:
        return line((f"{name} ", "muted"), ("unknown", "muted"))
    style = _SERVICE_STYLES[service.state]
    sign = {"warn": context.glyphs.warn, "bad": context.glyphs.bad}.get(style, "")
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
    word = health_word(health.score)
    parts: list[Part] = [(label, "muted"), (f"{health.score} {word}", score_style(health.score))]
    if health.reasons and word is not HealthWord.GOOD:
        sign = context.glyphs.warn if word is HealthWord.FAIR else context.glyphs.bad
        reason = cut(health.reasons[0], room - len(f"{label}{health.score} {word} {sign} "))
        parts += [" ", (f"{sign} ", score_style(health.score)), reason if len(reason) > 3 else ""]
    return line(*parts)


def top_line(snapshot: Snapshot | None, context: RenderContext, width: int) -> Content:
    """Name, mode, both services with the requests left, health with its worst reason, people, clock.

    Where the reason has no room, the bar of the requests gives its own: the number beside it says the same.
    """
    wide, widest = width >= Width.WIDE, width >= Width.WIDEST
    clock = _clock(snapshot, context, widest=widest)
    health = snapshot.health if snapshot else None
    label = "health " if wide else ""
    services = _services(snapshot, context, width, 8 if wide else 5)
    room = width - width_of(clock) - 1
    if width_of(services) + width_of(_score(health, label, context, width)) > room:
        services = _services(snapshot, context, width, 0)
    left = line(services, _score(health, label, context, room - width_of(services)))
    return line(fit(left, width - width_of(clock)), clock)


def _services(snapshot: Snapshot | None, context: RenderContext, width: int, cells: int) -> Content:
    """Name, mode and both services; ``cells`` are those of the bar of requests left."""
    wide, widest = width >= Width.WIDE, width >= Width.WIDEST
    gap = "   " if wide else "  "
    services = snapshot.services if snapshot else {}
    mail, shop = services.get(ServiceName.MAILERLITE), services.get(ServiceName.SHOP)
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
    operators = snapshot.operators_here if snapshot else ()
    if not operators:
        return clock
    here = f"{len(operators)} {'person' if len(operators) == 1 else 'people'} here: {', '.join(operators)}"
    return line(cut(here, 40), "   ", clock)


def tabs_line(snapshot: Snapshot | None, context: RenderContext, width: int, current: int) -> Content:
    """The screens, the current one in brackets; behind them how much there is of what the Overview lists."""
    gap = "  " if width >= Width.WIDE else " "
    tabs: list[Part] = ["" if width >= Width.WIDE else " "]
    for number, name in TABS.items():
        here = number == current
        tabs += [(f"[{number} {name}]", "title") if here else f" {number} {name} ", gap]
    counts = [line((text, "muted")) for text in _counts(snapshot, context)] if snapshot is not None else []
    return line(*tabs, gap, pack(counts, width - width_of(line(*tabs, gap))))


def _counts(snapshot: Snapshot, context: RenderContext) -> tuple[str, ...]:
    """Returns in words how many campaigns, active runs, open findings and locks there are, with those that are bad."""
    errors = snapshot.finding_counts.get(Severity.ERROR, 0)
    active = sum(run.state.active for run in snapshot.runs)
    late = sum(lock.state.releasable for lock in snapshot.locks)
    findings = sum(snapshot.finding_counts.values())
    bad = f" {context.glyphs.bad}{errors}" if errors else ""
    old = f" {context.glyphs.warn}{late}" if late else ""
    return (
        _of(len(snapshot.campaigns), "campaign"),
        f"{_of(active, 'run')} active",
        _of(findings, "finding") + bad,
        _of(len(snapshot.locks), "lock") + old,
    )


def _of(number: int, thing: str) -> str:
    return f"{count(number)} {thing}{'' if number == 1 else 's'}"
