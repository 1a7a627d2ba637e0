"""At which sizes the console shows more, and where its panels stand: pure, because rows drop by a written order."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from attrs import frozen
from textual.geometry import Region, Size


class Width(IntEnum):
    """From how many columns on there is room for more."""

    BESIDE = 76
    """The activity beside the locks; below, the locks keep their words."""
    WIDE = 110
    """Two columns of panels, headers, and whole words."""
    WIDEST = 170
    """A wider left column, thresholds, and every detail of the top line."""


class Height(IntEnum):
    """From how many lines on there is room for more."""

    NEWEST = 18
    """A findings block of this height: the newest ones under the rules."""
    DETAIL = 22
    """The row under the cursor of a plan, in full."""
    HIGH = 34
    """Blank lines between the panels, and the side panels of a plan."""


@frozen
class Share:
    """The heights of the Overview's panels in one column, titles included."""

    campaigns: int
    """Lines of the campaigns."""
    stats: int
    """Lines of the statistics."""
    runs: int
    """Lines of the runs."""
    findings: int
    """Lines of the findings."""
    locks: int
    """Lines of the locks."""


def one_column(height: int) -> Share:
    """Heights for narrow screens. ``height`` is what is left between the gauges and the footer.

    Activity and locks shrink first, then findings, then runs (to one row each), then campaigns (to three).
    """
    stats = 2 if height >= 13 else 0
    share = {"campaigns": 5, "runs": 2, "findings": 2, "locks": 2}
    room = height - stats - sum(share.values())
    if room < 0:
        share["findings"] += room  # its title has the counts
        room = 0
    wanted = (("campaigns", 7), ("runs", 3), ("findings", 3), ("locks", 3))
    for name, most in wanted:
        more = max(0, min(room, most - share[name]))
        share[name] += more
        room -= more
    for name, part in (("campaigns", 0.35), ("runs", 0.25), ("findings", 0.15)):
        more = int(max(0, room) * part)
        share[name] += more
    used = sum(share.values())
    share["locks"] += max(0, height - stats - used)
    return Share(share["campaigns"], stats, share["runs"], share["findings"], share["locks"])


def overview(size: Size) -> Mapping[str, Region]:
    """The Overview's panels by id; the first two lines and the last are taken."""
    if size.width < Width.WIDE:
        return _narrow(size)
    return _wide(size)


def _narrow(size: Size) -> Mapping[str, Region]:
    width, height = size
    share = one_column(height - 6)
    regions = {"answer": Region(0, 2, width, 1), "gauges": Region(0, 3, width, 2)}
    y = 5
    regions["campaigns"] = Region(0, y, width, share.campaigns)
    regions["filter"] = Region(0, y, width // 2, 1)
    y += share.campaigns
    if share.stats:
        regions["stats"] = Region(0, y, width, share.stats)
        y += share.stats
    regions["runs"] = Region(0, y, width, share.runs)
    y += share.runs
    regions["findings"] = Region(0, y, width, share.findings)
    y += share.findings
    half = max(40, width // 2) if width >= Width.BESIDE else width
    regions["locks"] = Region(0, y, half, share.locks)
    if width >= Width.BESIDE:
        regions["activity"] = Region(half + 2, y, width - half - 2, share.locks)
    return regions


def _wide(size: Size) -> Mapping[str, Region]:
    width, height = size
    airy = height >= Height.HIGH
    left = 118 if width >= Width.WIDEST else 76
    right = left + 2
    top = 7 if airy else 5
    regions = {
        "answer": Region(0, 2, width, 1),
        "gauges": Region(0, 4 if airy else 3, width, 2),
    }
    body = height - top - 1
    campaigns = max(5, round(body * 0.34))
    runs = max(4, round(body * 0.25))
    findings = body - campaigns - runs
    gap = 1 if airy else 0
    regions["campaigns"] = Region(0, top, left, campaigns - gap)
    regions["filter"] = Region(0, top, left // 2, 1)
    regions["stats"] = Region(right, top, width - right, campaigns)
    y = top + campaigns
    regions["runs"] = Region(0, y, left, runs - gap)
    regions["locks"] = Region(right, y, width - right, runs - gap - 1)
    regions["operators"] = Region(right, y + runs - gap - 1, width - right, 1)
    y += runs
    rules = min(10, findings) if findings >= Height.NEWEST else findings
    regions["findings"] = Region(0, y, left, rules - (gap if rules < findings else 0))
    if rules < findings:
        regions["newest"] = Region(0, y + rules, left, findings - rules)
    regions["activity"] = Region(right, y, width - right, findings)
    return regions


def plan(size: Size, *, begun: bool) -> Mapping[str, Region]:
    """The plan screen's panels by id; the first two lines and the last are taken. ``begun``: it is being applied."""
    width, height = size
    if width < Width.WIDE:
        head = 4 if begun else 3
        detail = 3 if height >= Height.DETAIL else 0
        now = 1
        body = height - 3 - head - detail - now
        rules = max(3, min(5, body // 3)) if height < Height.HIGH else max(5, body // 3)
        y = 2 + head
        list_id = "wrong" if begun else "subscribers"
        return {
            "head": Region(0, 2, width, head),
            "rules": Region(0, y, width, rules),
            list_id: Region(0, y + rules, width, body - rules),
            "filter": Region(0, y + rules, width // 2, 1),
            "detail": Region(0, y + body, width, detail),
            "now": Region(0, height - 2, width, 1),
        }
    return _wide_plan(size, begun=begun)


def _wide_plan(size: Size, *, begun: bool) -> Mapping[str, Region]:
    width, height = size
    airy = height >= Height.HIGH
    head = 5 if airy else 4
    left = 62 if width >= Width.WIDEST else 44
    right = left + 2
    y = 2 + head
    body = height - y - 2
    checks = 8 if airy else 0
    out = 7 if airy else 0
    rules = body - checks - out
    detail = 8 if airy else 4
    regions = {
        "head": Region(0, 2, width, head - (1 if airy else 0)),
        "rules": Region(0, y, left, rules - (1 if airy else 0)),
        "subscribers": Region(right, y, width - right, body - detail - (1 if airy else 0)),
        "filter": Region(right, y, (width - right) // 2, 1),
        "detail": Region(right, y + body - detail, width - right, detail),
        "now": Region(0, height - 2, width, 1),
    }
    if begun:
        regions["wrong"] = regions.pop("subscribers")
    if airy:
        regions["leftout"] = Region(0, y + rules, left, out - 1)
        regions["checks"] = Region(0, y + rules + out, left, checks)
    return regions
