"""Who holds a lock, and whether the holder still lives."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen


class LockState(StrEnum):
    """How alive a lock's holder is. Domain rules, section 7."""

    DEAD = "dead"
    """The holder is proved to be gone: the lock may be taken or released at once."""
    LIVE = "live"
    """The last sign of life is young (``locks.live``)."""
    QUIET = "quiet"
    """The last sign of life is older, and the lease is not over, or the holder is proved to live."""
    EXPIRED = "expired"
    """The lease is over (``locks.lease``): a new run takes the lock, and anybody may release it."""
    STALE = "stale"
    """The last sign of life is so old (``locks.stale``) that the next command or console releases the lock."""

    @property
    def releasable(self) -> bool:
        """Whether the holder counts as gone: a new run takes the lock, and a person releases it without force."""
        return self in {LockState.DEAD, LockState.EXPIRED, LockState.STALE}


@frozen
class Holder:
    """Who holds a lock, precisely enough to prove that the process is gone."""

    user: str
    """The user's name on the host."""
    host: str
    """The host's name."""
    pid: int
    """The process id."""
    boot_id: str
    """Which boot of the host; ``time:`` and the time of the boot, which proves nothing, where the kernel gives none."""
    process_started: float
    """When the process started, in seconds since the boot, or of the epoch; 0 where that is not told."""
    pid_namespace: str = ""
    """Within which the process id counts: containers share a host and a boot. Empty where that is not told."""

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid})"


@frozen
class Lock:
    """A held lock."""

    id: str
    """Short enough to type."""
    key: str
    """What is locked: the campaign's code."""
    token: int
    """Grows with each taking and never comes again; every write of the run checks that the lock still has it."""
    holder: Holder
    """The process that took it."""
    operation: str
    """What for: ``sync``, ``plan``, ``apply`` or ``resume``."""
    run: int | None
    """The run that it was taken for; None for the moment before that has its number."""
    since: datetime
    """When it was taken."""
    last_beat: datetime
    """When the holder last said that it lives."""
    state: LockState
    """How alive the holder is at this moment, as far as this process can tell."""
    note: str = ""
    """What the holder says to everybody: for example that its run is paused."""
    suspended: bool = False
    """Whether the holder is known to sleep on this machine (ctrl+z, SIGSTOP): it does nothing until it is continued."""
