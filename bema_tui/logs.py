"""Logging: to a file of this user, never to the screen the console draws on."""

from __future__ import annotations

import logging
import os
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from bema_tui.errors import ConfigurationError
from bema_tui.text import clean

MAX_BYTES = 10 * 1024 * 1024
KEEP_FILES = 9
_LONGEST = 4000  # characters of one line
KEEP_DAYS = 30
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _CleanLines(logging.Formatter):
    """Writes what comes from outside with its controls visible: a log is read in a terminal, too."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the library's names)
        return clean(super().formatMessage(record), _LONGEST)

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the library's names; its own type of ``ei`` is private)
        return "\n".join(clean(line, _LONGEST) for line in super().formatException(ei).split("\n"))


class _PrivateFile(RotatingFileHandler):
    """A rotating log that only its owner can read: it holds subscribers' e-mails."""

    def _open(self):  # type: ignore[no-untyped-def]
        os.close(os.open(self.baseFilename, os.O_CREAT | os.O_APPEND, 0o600))
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the library's names)
        """Lose the line: a full disk fails the run in its own words, and no traceback belongs on the screen."""


def set_up(file: Path, *, level: str = "INFO") -> None:
    """Log to ``file`` (10 MB each; nine older ones, for 30 days at most) from ``level`` on; never to the screen.

    Raises:
        ConfigurationError: the level is unknown, or the file can't be written.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ConfigurationError(f"Unknown log level {level!r}.", advice="Use debug, info, warning or error.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _drop_old(file)
        handler = _PrivateFile(file, maxBytes=MAX_BYTES, backupCount=KEEP_FILES, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The log file can't be written: {error.strerror}.",
            where=str(file),
            advice="Set BEMA_LOG_FILE to a file that you may write (or log_file in the settings file).",
        ) from error
    formatter = _CleanLines(_FORMAT)
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger("bema_tui")
    replaced, root.handlers[:] = root.handlers[:], [handler]
    for old in replaced:
        old.close()
    root.setLevel(number)
    root.propagate = False


def keep_quiet() -> None:
    """Log to nowhere: not to the screen either, which is where lines go that have no place of their own."""
    root = logging.getLogger("bema_tui")
    root.handlers[:] = [logging.NullHandler()]
    root.propagate = False


def _drop_old(file: Path) -> None:
    """Remove the older files of this log, which are numbered, and nothing else of that name."""
    oldest = time.time() - KEEP_DAYS * 86_400
    for old in (file.with_name(f"{file.name}.{number}") for number in range(1, KEEP_FILES + 1)):
        if old.exists() and old.stat().st_mtime < oldest:
            old.unlink(missing_ok=True)
