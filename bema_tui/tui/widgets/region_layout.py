"""A layout by a pure function of the size: no widget is made or removed by a resize, so cursors live on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.geometry import Offset as Shift
from textual.geometry import Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

Plan = Callable[[Size], Mapping[str, Region]]
_NO_MARGIN = Spacing()
_NO_SHIFT = Shift()


class RegionLayout(Layout):
    """Places the children whose ids the plan names; the others are not on the screen."""

    name = "placing"

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: ARG002
        regions = self._plan(size)
        return [
            WidgetPlacement(region, _NO_SHIFT, _NO_MARGIN, child)
            for child in children
            if child.id and (region := regions.get(child.id)) is not None and region.width > 0 and region.height > 0
        ]
