"""Finds the style sheets, which stand beside the package in the repository and inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from bema_tui.errors import ConfigurationError

_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "styles", _PACKAGE.parent / "styles")


def style_sheet(name: str) -> Path:
    """The path of ``<name>.tcss``.

    Raises:
        ConfigurationError: the installation has no such file.
    """
    for folder in _FOLDERS:
        path = folder / f"{name}.tcss"
        if path.is_file():
            return path
    raise ConfigurationError(
        f"The style sheet {name}.tcss is missing.",
        where=", ".join(str(folder) for folder in _FOLDERS),
        advice="Install bema-tui again.",
    )
