"""The numbers of the HTTP policy, which both services share."""

from __future__ import annotations

from attrs import frozen

from bema_tui.bounds import PATIENCE


@frozen
class HttpPolicy:
    """Time-outs, tries, back-off and the circuit breaker. Domain rules, section 7."""

    timeout: float = 30.0
    """Seconds for connecting, and for each wait for bytes; a whole answer may take ten times as long."""
    tries: int = 3
    """Requests sent for one call, 429 answers not counted."""
    base: float = 1.0
    """Seconds, the upper end of the first back-off; it doubles with each try."""
    cap: float = 30.0
    """Seconds, the longest back-off."""
    max_body: int = 64 * 1024 * 1024
    """Bytes of one answer, unpacked."""
    patience: float = PATIENCE
    """Seconds that one call waits in all, before other tries and as the service asks, before it gives up."""
    quota_wait: float = 60.0
    """Seconds to wait after a 429 that does not say how long."""
    connections: int = 8
    """Connections open at once to one service; a request that needs one more waits, at most for the time-out."""
    kept_seconds: float = 15.0
    """Seconds that an idle connection is kept for the next request."""
    breaker_failures: int = 5
    """Calls that fail in a row before nobody asks for a while."""
    breaker_seconds: float = 30.0
    """Seconds of that while."""
