"""Three themes (dark, light, no colour) and the style behind each name that a panel uses."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import App
from textual.color import Color
from textual.style import Style
from textual.theme import Theme

_SHARED_DARK = {
    "text-muted": "#9aa4b2",
    "block-cursor-background": "#24405c",
    "block-cursor-foreground": "#ffffff",
    "block-cursor-text-style": "bold",
    "input-selection-background": "#2f5d8a",
    "input-cursor-background": "#e3e7ec",
    "input-cursor-foreground": "#101418",
}
_SHARED_LIGHT = {
    "text-muted": "#565d68",
    "block-cursor-background": "#cfe0f5",
    "block-cursor-foreground": "#0a1420",
    "block-cursor-text-style": "bold",
    "input-selection-background": "#b7d0f0",
    "input-cursor-background": "#1b2129",
    "input-cursor-foreground": "#fbfbf9",
}
_SHARED_MONO = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "text-muted": "ansi_default",
    "block-cursor-background": "ansi_default",
    "block-cursor-foreground": "ansi_default",
    "block-cursor-text-style": "reverse",
    "input-cursor-text-style": "reverse",
}

DARK = Theme(
    name="bema-dark",
    primary="#5fb0ff",
    secondary="#8fb8e0",
    accent="#5fc9f8",
    warning="#f0b24a",
    error="#ff7b72",
    success="#6bd08a",
    foreground="#e3e7ec",
    background="#101418",
    surface="#161b21",
    panel="#1b2129",
    dark=True,
    variables=_SHARED_DARK,
)
LIGHT = Theme(
    name="bema-light",
    primary="#0b5cad",
    secondary="#3b6ea5",
    accent="#00608f",
    warning="#8a5200",
    error="#b3261e",
    success="#1a6b34",
    foreground="#1b2129",
    background="#fbfbf9",
    surface="#f1f1ee",
    panel="#e8e8e4",
    dark=False,
    variables=_SHARED_LIGHT,
)
MONO = Theme(
    name="bema-mono",
    primary="ansi_default",
    secondary="ansi_default",
    accent="ansi_default",
    warning="ansi_default",
    error="ansi_default",
    success="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    ansi=True,
    variables=_SHARED_MONO,
)
THEMES: Mapping[str, Theme] = {"dark": DARK, "light": LIGHT, "mono": MONO}

_COLOUR_OF = {
    "text": "foreground",
    "muted": "text-muted",
    "accent": "accent",
    "title": "accent",
    "good": "success",
    "warn": "warning",
    "bad": "error",
    "live": "warning",
    "simulator": "success",
    "readonly": "text-muted",
    "strong": "foreground",
    "waits": "accent",
}
_BOLD = {"title", "bad", "live", "simulator", "readonly", "strong", "waits"}
_REVERSED = {"live", "simulator", "readonly"}


def style_of(app: App[object], name: str) -> Style:
    """The style behind a panel's name for it, in the theme that is on.

    Raises:
        KeyError: no panel may use this name.
    """
    theme = app.current_theme
    variables = app.theme_variables
    if name == "cursor":
        if theme.ansi:
            return Style(reverse=True)
        return Style(
            background=Color.parse(variables["block-cursor-background"]),
            foreground=Color.parse(variables["block-cursor-foreground"]),
            bold=True,
        )
    bold = name in _BOLD or (theme.ansi and name == "warn") or None
    if theme.ansi:
        return Style(bold=bold, reverse=name in _REVERSED or None)
    colour = Color.parse(variables[_COLOUR_OF[name]])
    if name in _REVERSED:
        return Style(background=colour, foreground=Color.parse(variables["background"]), bold=bold)
    return Style(foreground=colour, bold=bold)
