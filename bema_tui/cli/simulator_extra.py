"""The simulator's web server is an optional extra of the package; this says so where it is missing."""

from __future__ import annotations

from importlib.util import find_spec

from bema_tui.errors import ConfigurationError

_PACKAGES = ("starlette", "uvicorn")
"""What the extra `simulator` in pyproject.toml installs."""


def require_simulator() -> None:
    """Checks that the simulator can run, without loading it.

    Raises:
        ConfigurationError: a package of the extra is not installed.
    """
    if any(find_spec(name) is None for name in _PACKAGES):
        raise ConfigurationError(
            "The simulator is not installed.", advice="Install it with: pip install 'bema-tui[simulator]'"
        )
