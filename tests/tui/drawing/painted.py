"""What Textual composes and paints: all that the tests take from its private names, as of Textual 8.2.8."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from bema_tui.tui.app import BemaApp


def rows_of(screen: Screen[Any]) -> list[str]:
    """Returns the screen, line by line."""
    return ["".join(segment.text for segment in strip) for strip in screen._compositor.render_strips()]


def watch_painting(app: BemaApp) -> list[Any]:
    """Returns a list that grows by each update that the app paints from now on."""
    painted: list[Any] = []
    display = app._display

    def watched(screen: Screen[Any], renderable: Any) -> None:
        painted.append(renderable)
        display(screen, renderable)

    app._display = watched  # type: ignore[method-assign]
    return painted
