"""Faults of the present request that happen only if the request does what they are about."""

from __future__ import annotations

from bema_tui.simulator.faults.kinds import Fault


class ConditionalFaults:
    """Lagging counters, for one, need a write: the fault injector arms the fault, the write makes it happen."""

    def __init__(self) -> None:
        self._armed: set[Fault] = set()
        self.happened: list[Fault] = []
        """The faults that happened to the last request, in their order."""

    def arm(self, fault: Fault) -> None:
        self._armed.add(fault)

    def happens(self, fault: Fault) -> bool:
        """Returns whether the fault happens to this request, and counts it as happened."""
        if fault in self._armed and fault not in self.happened:
            self.happened.append(fault)
        return fault in self.happened

    def disarm(self) -> None:
        """Ends a request: nothing more happens to it."""
        self._armed.clear()

    def reset(self) -> None:
        """Begins a request."""
        self._armed.clear()
        self.happened.clear()
