"""How the shop's lists are asked for."""

from __future__ import annotations

from attrs import frozen


@frozen
class Paging:
    """The size of a page and how many are asked for at once; both follow the shop's pace from there on."""

    page_size: int = 200
    """Sales in a page."""
    parallel: int = 4
    """Pages that are asked for at once."""
