"""The ages by which a lock's holder is judged."""

from __future__ import annotations

from attrs import frozen


@frozen
class LockAges:
    """Ages in seconds, counted from the last sign of life. Domain rules, section 7."""

    heartbeat: float = 30.0
    """How often a holder says that it lives."""
    live: float = 90.0
    """Up to this age the holder is live; above it, quiet."""
    lease: float = 900.0
    """Above this age the lock is expired: a person or a new run may take it."""
    stale: float = 3600.0
    """Above this age the lock is stale: it is released by whoever comes next."""
