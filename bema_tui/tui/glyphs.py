"""The signs of the console in two sets, because a terminal without UTF-8 must stay readable."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen


@frozen
class Glyphs:
    """One set of signs; every sign is one cell wide, and a word always stands beside it."""

    ok: str
    bad: str
    warn: str
    dot: str
    ring: str
    note: str
    arrow: str
    cursor: str
    corner: str
    heavy: str
    light: str
    full: str
    parts: str
    """The growing part of a bar's last cell, empty to nearly full."""
    spark: str
    """The steps of a sparkline, lowest first."""
    axis: str
    ascii: bool = False


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
    """UTF-8 signs when the locale says so, else ASCII.

    Python turns the C locale into UTF-8 for itself, so its own encoding does not tell what the terminal can show.
    """
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = environment.get(name, "")
        if value:
            return UTF8 if value.lower().replace("-", "").endswith("utf8") else ASCII
    return ASCII
