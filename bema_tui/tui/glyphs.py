"""The signs of the console in two sets, because a terminal without UTF-8 must stay readable."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from bema_tui.environment import shows_utf8


@frozen
class Glyphs:
    """One set of signs; every sign is one cell wide, and a word always stands beside it."""

    ok: str
    """All is well."""
    bad: str
    """Something is wrong."""
    warn: str
    """Something should be looked at."""
    dot: str
    """At work."""
    ring: str
    """At rest, or not begun."""
    note: str
    """A fact."""
    arrow: str
    """From before to after; also: waits for a person."""
    cursor: str
    """Stands before the row under the cursor."""
    corner: str
    """Joins a line to the row above it."""
    heavy: str
    """The rule of the panel with the focus."""
    light: str
    """The rule of the other panels, and the empty rest of a bar."""
    full: str
    """A full cell of a bar."""
    parts: str
    """The growing part of a bar's last cell, empty to nearly full."""
    spark: str
    """The steps of a sparkline, lowest first."""
    axis: str
    """The left edge of a plot."""
    ascii: bool = False
    """Whether all signs are ASCII."""


UTF8 = Glyphs(
    ok="✓",
    bad="✗",
    warn="▲",
    dot="●",
    ring="○",
    note="•",
    arrow="→",
    cursor="▌",
    corner="└",
    heavy="━",
    light="─",
    full="█",
    parts="▏▎▍▌▋▊▉",
    spark="▁▂▃▄▅▆▇█",
    axis="│",
)

ASCII = Glyphs(
    ok="v",
    bad="x",
    warn="!",
    dot="*",
    ring="o",
    note="-",
    arrow=">",
    cursor=">",
    corner="\\",
    heavy="=",
    light="-",
    full="#",
    parts="",
    spark=" .:-=+*#",
    axis="|",
    ascii=True,
)


def choose_glyphs(environment: Mapping[str, str]) -> Glyphs:
    """UTF-8 signs where the terminal shows them, else ASCII."""
    return UTF8 if shows_utf8(environment) else ASCII
