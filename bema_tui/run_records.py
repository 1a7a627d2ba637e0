"""What a run is and what it was asked for: records that every layer shares, from the database to the screens."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from attrs import frozen


class RunKind(StrEnum):
    """What a run is started for."""

    PLAN = "plan"
    """To read and plan only: its plan waits for a yes."""
    SYNC = "sync"
    """To read, plan and apply."""


@frozen
class RunOptions:
    """What a run was asked for by whoever started it. What the run finds out stands elsewhere."""

    yes: bool = False
    """The plan may be applied without another yes, unless something holds it."""
    create_missing: bool = False
    """Groups and the field that are missing are created."""
    quick: bool = False
    """Only the shop's newest orders are read, while the last read of its whole list is young enough."""
    retry_refused: bool = False
    """What MailerLite refused before is planned again."""
    max_moves: int | None = None
    """How many moves go without an approval, in place of the label's limit."""


NOTHING_MORE: Final = RunOptions()
"""What a run was asked for when it was asked for nothing beyond its kind."""
