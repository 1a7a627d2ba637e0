"""The campaigns table and the statistics of the highlighted one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from textual.content import Content

from bema_tui.amounts import count
from bema_tui.model import CampaignStatus, Tier
from bema_tui.rules.tiers import LABEL
from bema_tui.rules.wording.campaigns import status_text
from bema_tui.store.snapshot.views import CampaignView, RunView, Snapshot
from bema_tui.tui.format import fit, folded, line, pack, percent, solid, spark, spread, width_of
from bema_tui.tui.glyphs import Glyphs
from bema_tui.tui.render_context import RenderContext
from bema_tui.tui.widgets.columns import Column, Row

COLUMNS = (
    Column("code", "code", 22, least=15),
    Column("album", "album", 19, rank=7, grow=True),
    Column("state", "state", 17, least=17),
    Column("members", "members", 9, rank=1, right=True, least=8),
    Column("buyers", "buyers", 8, rank=3, right=True, least=7),
    Column("conversion", "bought", 8, rank=4, right=True, least=7),
    Column("revenue", "revenue", 11, rank=8, right=True),
    Column("findings", "findings", 9, rank=2, right=True),
    Column("last", "synced", 8, rank=5, right=True, least=7),
)
EMPTY = (
    line(),
    line(("  No campaigns yet.", "strong")),
    line(),
    line("  Leave the console and run  bema-tui campaigns discover --add  to find them."),
    line(("  Then press d on a campaign: it makes its plan and writes nothing outside.", "muted")),
)
NO_MATCH = (line(("  No code and no album has this text. esc shows all.", "muted")),)

TIERS = ((Tier.OPT_IN, None), (Tier.GOLD, Tier.GOLD_PURCHASED), (Tier.SILVER, Tier.SILVER_PURCHASED))
_ROOMY: Final = 70
"""From how many cells on the statistics panel has room for long bars and for the products."""
TIERS_ALL = (*TIERS, (Tier.BRONZE, Tier.BRONZE_PURCHASED), (Tier.WOOD, None))


def money(amount: str | None) -> str:
    """An amount without cents, grouped by thousands; as it is when it is no number."""
    if amount is None:
        return "-"
    try:
        return f"{Decimal(amount):,.0f}"
    except InvalidOperation:
        return amount


def _revenue(campaign: CampaignView) -> str:
    """The revenue where there is no room for more: a sum of unlike amounts is none."""
    return "mixed" if campaign.revenue and campaign.revenue_mixed else money(campaign.revenue)


def _units(campaign: CampaignView) -> str:
    """What the revenue is a sum of. The shop does not say in which currency an order was paid."""
    if campaign.revenue_mixed:
        return f"{money(campaign.revenue)} adds up units of {', '.join(campaign.currencies)}"
    own = f"; the shop's own are {campaign.currencies[0]}" if campaign.currencies else ""
    return f"in shop units{own}"


def state_of(campaign: CampaignView, context: RenderContext, last: RunView | None = None) -> Content:
    """Sign and word of a campaign's state."""
    g = context.glyphs
    part = f" {campaign.percent} %" if campaign.percent is not None else ""
    seen = campaign.lock.last_beat if campaign.lock else last.started_at if last else None
    lost = f" {context.clock(seen)}" if seen else ""
    signs: Mapping[CampaignStatus, tuple[str, str, str]] = {
        CampaignStatus.UP_TO_DATE: (g.ok, "good", ""),
        CampaignStatus.NEVER: (g.ring, "muted", ""),
        CampaignStatus.PLAN_WAITS: (g.arrow, "waits", ""),
        CampaignStatus.PLANNING: (g.dot, "accent", ""),
        CampaignStatus.APPLYING: (g.dot, "accent", part),
        CampaignStatus.PAUSED: (g.dot, "accent", part),
        CampaignStatus.LOST: (g.bad, "bad", lost),
        CampaignStatus.FAILED: (g.bad, "bad", ""),
        CampaignStatus.STOPPED: (g.ring, "warn", part),
        CampaignStatus.BLOCKED: (g.bad, "bad", ""),
    }
    sign, style, more = signs[campaign.status]
    return line((sign, style), f" {status_text(campaign.status)}{more}")


def rows(snapshot: Snapshot, context: RenderContext, matching: str = "") -> list[Row]:
    """The table's rows, those only whose code or album has the text."""
    wanted = folded(matching)
    runs = {run.campaign: run for run in reversed(snapshot.runs)}
    return [
        Row(
            campaign.code,
            {
                "code": campaign.code,
                "album": campaign.album,
                "state": state_of(campaign, context, runs.get(campaign.code)),
                "members": count(campaign.members),
                "buyers": count(campaign.buyers),
                "conversion": percent(campaign.conversion),
                "revenue": _revenue(campaign),
                "findings": count(campaign.open_findings),
                "last": context.clock(campaign.last_sync),
            },
        )
        for campaign in snapshot.campaigns
        if wanted in folded(campaign.code) or wanted in folded(campaign.album)
    ]


def stats_short(campaign: CampaignView | None, context: RenderContext, width: int) -> tuple[Content, Content]:
    """The statistics as two lines under the table."""
    if campaign is None:
        return line(), line()
    g = context.glyphs
    tiers: list[str] = []
    for tier, bought in TIERS_ALL:
        here = count(campaign.tiers.get(tier, 0))
        more = f"+{count(campaign.tiers.get(bought, 0))}" if bought else ""
        tiers.append(f"{LABEL[tier]} {here}{more}")
    first = line(
        (g.corner + " ", "muted"),
        " ".join(tiers) if campaign.tiers else ("tiers are counted at the end of a sync", "muted"),
    )
    days = campaign.buyers_per_day
    plot = spark(days, max((*days, 1)), min(7, len(days)), g).strip()
    units = " units, mixed" if campaign.revenue_mixed else " shop units"
    facts = (
        line(("buyers/day ", "muted"), (plot, "good"), f" {days[-1]}" if days else "-"),
        line(("revenue ", "muted"), money(campaign.revenue), (units, "muted")),
        line(("requests/24h ", "muted"), count(campaign.requests)),
        line(("last sync ", "muted"), context.clock(campaign.last_sync)),
    )
    return fit(first, width), line("  ", pack(facts, width - 2))


def stats_title(campaign: CampaignView | None, width: int) -> tuple[Content, Content]:
    """Name of the statistics panel and, with room, the products of the campaign."""
    if campaign is None:
        return line(("Statistics", "text")), line()
    products = f"products {', '.join(campaign.products)}" if width >= _ROOMY and campaign.products else ""
    return line(f"{campaign.code}  {campaign.album}"), line((products, "muted"))


def stats_lines(campaign: CampaignView | None, context: RenderContext, width: int, height: int) -> list[Content]:
    """The statistics panel: tiers as bars, the numbers, buyers a day; a plot where there are lines left."""
    if campaign is None:
        return [line(("  Nothing is highlighted.", "muted"))]
    lines = [*_tier_bars(campaign, context, width), *_facts(campaign, context, width)]
    if height - len(lines) >= 7 and campaign.buyers_per_day:
        return [*lines, line(), *_plot(campaign.buyers_per_day, context.glyphs, width, height - len(lines) - 2)]
    return lines[:height]


def _tier_bars(campaign: CampaignView, context: RenderContext, width: int) -> list[Content]:
    wide = width >= _ROOMY
    first, second = (24, 20) if wide else (10, 5)
    top = max((*campaign.tiers.values(), 1))
    head = f" {'':8}{'in tier':>8}" + " " * (first + 1) + "bought".rjust(8)
    lines = [line((head, "muted"))]
    for tier, bought in TIERS_ALL:
        here = campaign.tiers.get(tier, 0)
        parts = line(
            " ",
            (LABEL[tier].ljust(8), "muted"),
            (count(here) if campaign.tiers else "-").rjust(8),
            " ",
            (solid(here / top, first, context.glyphs), "accent"),
        )
        if bought is not None:
            more = campaign.tiers.get(bought, 0)
            shown = count(more) if campaign.tiers else "-"
            parts = line(parts, shown.rjust(8), " ", (solid(more / top, second, context.glyphs), "good"))
        lines.append(fit(parts, width))
    return lines


def _facts(campaign: CampaignView, context: RenderContext, width: int) -> list[Content]:
    days = campaign.buyers_per_day
    pairs = (
        ("members", count(campaign.members), "buyers", count(campaign.buyers)),
        ("revenue", _revenue(campaign), "conversion", percent(campaign.conversion)),
    )
    lines = [_pair(pair, width) for pair in pairs]
    newest = line(f" {days[-1]}" if days else "-", ("  requests/24h ", "muted"), count(campaign.requests))
    head = line((" buyers/day ", "muted"))
    cells = min(14, len(days), max(0, width - width_of(head) - width_of(newest)))
    lines.append(line(head, (spark(days, max((*days, 1)), cells, context.glyphs).strip(), "good"), newest))
    last = f"{context.clock(campaign.last_sync)}, {campaign.last_sync_text}".rstrip(", ")
    lines.append(line((" last sync  ", "muted"), last if campaign.last_sync else "never"))
    lines.append(line((f" revenue {_units(campaign)}", "muted")))
    return [fit(row, width) for row in lines]


def _pair(pair: tuple[str, str, str, str], width: int) -> Content:
    left = spread(line((f" {pair[0]}", "muted")), line(pair[1]), min(21, width // 2))
    right = spread(line((f"  {pair[2]}", "muted")), line(pair[3]), min(21, width // 2))
    return line(left, right)


def _plot(days: Sequence[int], g: Glyphs, width: int, height: int) -> list[Content]:
    """Buyers a day as bars, two cells a day where they fit."""
    high = max((*days, 1))
    cell = 2 if len(days) * 2 + 7 <= width else 1
    shown = list(days)[-(width - 7) // cell :]
    height = min(height - 1, 9)
    lines = []
    for level in range(height - 1, -1, -1):
        bars = "".join(_step(day / high * height - level, g) * cell for day in shown)
        label = count(high) if level == height - 1 else "0" if level == 0 else ""
        lines.append(line((label.rjust(5) + f" {g.axis}", "muted"), (bars, "good")))
    return [line((f" buyers a day, {len(shown)} days, today {shown[-1]}, best {high}", "muted")), *lines]


def _step(filled: float, g: Glyphs) -> str:
    if filled <= 0:
        return " "
    steps = g.spark
    return steps[min(len(steps) - 1, max(0, int(filled * len(steps) + 0.5) - 1))]
