"""Finds the style sheets, which stand beside the package in the repository and inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from bema_tui.errors import ConfigurationError

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE / "styles", _PACKAGE.parent / "styles")


def style_sheet(name: str) -> Path:
    """The path of ``<name>.tcss``.

    Raises:
        ConfigurationError: the installation has no such file.
    """
    for place in _PLACES:
        path = place / f"{name}.tcss"
        if path.is_file():
            return path
    raise ConfigurationError(
        f"The style sheet {name}.tcss is missing.",
        where=", ".join(str(place) for place in _PLACES),
        advice="Install bema-tui again.",
    )
