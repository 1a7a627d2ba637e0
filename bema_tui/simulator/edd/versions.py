"""The versions of EDD whose sales the shop can give: the response has had four forms."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import attrs


class UnknownOrder(StrEnum):
    """What a version returns for an order that it does not know."""

    NOTHING = "nothing"
    """An empty response."""
    PHANTOM = "phantom"
    """A sale without number and key."""
    ERROR = "error"
    """Status 500: PHP breaks off."""


@attrs.frozen
class ShopVersion:
    """How one version of EDD gives its sales."""

    version: str
    """The full number that ``info`` names."""
    listed_statuses: frozenset[str]
    """The statuses that the list shows."""
    unknown_id: UnknownOrder
    """What `id=` returns for an order that does not exist."""
    unknown_key: UnknownOrder
    """The same for `purchasekey=`."""
    items_as_sold: bool = True
    """Whether items have the name and price under which they were sold; else today's title, and for 0 today's price."""
    has_date_utc: bool = True
    """Whether a row has `date_utc`."""
    is_2: bool = False
    """EDD 2.x: a complete order is ``publish``, and numbers are numbers."""


_FOUR_STATUSES: Final = frozenset({"complete", "partially_refunded", "revoked", "on_hold"})
_COMPLETE: Final = frozenset({"complete"})
_LATEST: Final = ShopVersion("3.6.5", _FOUR_STATUSES, unknown_id=UnknownOrder.NOTHING, unknown_key=UnknownOrder.NOTHING)
_VERSION_3_0: Final = ShopVersion(
    "3.0.4",
    _COMPLETE,
    # Nobody saw what 3.0 returns for an unknown id; it is taken to be what the version before it returns.
    unknown_id=UnknownOrder.PHANTOM,
    unknown_key=UnknownOrder.ERROR,
    items_as_sold=False,
    has_date_utc=False,
)
SHOP_VERSIONS: Final = {
    "2.11": attrs.evolve(_VERSION_3_0, version="2.11.7", is_2=True),
    "3.0": _VERSION_3_0,
    "3.2": ShopVersion("3.2.12", _FOUR_STATUSES, unknown_id=UnknownOrder.ERROR, unknown_key=UnknownOrder.ERROR),
    "3.3.9": attrs.evolve(_LATEST, version="3.3.9"),
    "3.6": _LATEST,
}
EDD_VERSIONS: Final = tuple(reversed(SHOP_VERSIONS))
"""The names of the versions that can be asked for, the usual one first."""
