"""What the doctor says: one line for each thing that it looked at; a look that fails is a line as well."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Literal

from attrs import frozen

from bema_tui.errors import BemaError, ConfigurationError, WrongAccount

logger = logging.getLogger("bema_tui.operations")

Verdict = Literal["ok", "warning", "error"]

CONFIGURATION: Final = "configuration"
_RIGHTS: Final = "Check who owns it and its folders, and their rights."


@frozen
class Line:
    """One thing that was looked at."""

    about: str
    """What was looked at."""
    verdict: Verdict
    """How it is."""
    text: str
    """What was found, in one sentence."""
    advice: str = ""
    """What to do about it; empty when it is well."""
    exit_status: int = 1
    """That of an error: 2 when the configuration is wrong, and 1 for everything else."""


def failed(about: str, error: BemaError, verdict: Verdict = "error") -> Line:
    """An error as a line: what it says, where, and what to do; another account or shop is wrong configuration."""
    wrong = isinstance(error, (ConfigurationError, WrongAccount))
    known = not error.where or error.where in error.message
    text = error.message if known else f"{error.message} Where: {error.where}."
    return Line(
        CONFIGURATION if wrong else about, verdict, text, error.advice or "Look at the log file.", error.exit_status
    )


async def looked(about: str, look: Callable[[], Awaitable[Iterable[Line]]]) -> tuple[Line, ...]:
    """What a look finds. Whatever goes wrong in it is a line, so that the looks after it are made too."""
    try:
        return tuple(await look())
    except BemaError as error:
        return (failed(about, error),)
    except OSError as error:
        said = f"The system refuses: {error.strerror or type(error).__name__}."
        return (Line(about, "error", f"{said} Where: {error.filename}." if error.filename else said, _RIGHTS),)
    except Exception as error:
        logger.exception("the doctor could not look at: %s", about)
        said = f"It could not be looked at: {type(error).__name__}."
        return (Line(about, "error", said, "The log file has the details; please report them."),)
