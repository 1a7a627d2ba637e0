"""The four generations of the shop's v2 sales answer, by the version of EDD that gives it."""

from __future__ import annotations

from typing import Final

import attrs


@attrs.frozen
class Generation:
    """How one version of EDD answers ``sales``."""

    version: str
    """The full number that ``info`` names."""
    listed: frozenset[str]
    """The statuses that the list shows."""
    unknown_id: str
    """What `id=` answers for no order: ``nothing``, ``phantom`` (a sale without number and key) or ``error`` (500)."""
    unknown_key: str
    """The same for `purchasekey=`."""
    as_sold: bool = True
    """Whether items have the name and price under which they were sold; else today's title, and for 0 today's price."""
    utc: bool = True
    """Whether a row has `date_utc`."""
    publishes: bool = False
    """2.x: a settled order is ``publish``, and numbers are numbers."""


_FOUR: Final = frozenset({"complete", "partially_refunded", "revoked", "on_hold"})
_ONE: Final = frozenset({"complete"})
_LATEST: Final = Generation("3.6.5", _FOUR, unknown_id="nothing", unknown_key="nothing")
GENERATIONS: Final = {
    "2.11": Generation(
        "2.11.7", _ONE, unknown_id="phantom", unknown_key="error", as_sold=False, utc=False, publishes=True
    ),
    # What 3.0 answers for an unknown id was never seen; it is taken to be what the version before it does.
    "3.0": Generation("3.0.4", _ONE, unknown_id="phantom", unknown_key="error", as_sold=False, utc=False),
    "3.2": Generation("3.2.12", _FOUR, unknown_id="error", unknown_key="error"),
    "3.3.9": attrs.evolve(_LATEST, version="3.3.9"),
    "3.6": _LATEST,
}
EDD_VERSIONS: Final = tuple(reversed(GENERATIONS))
"""The versions that can be asked for, the usual one first."""
