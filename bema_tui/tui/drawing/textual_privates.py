"""Every private name of Textual that the console leans on, in one list, with the version it was seen in.

Textual may change such a name in any release, so each is looked for when the console starts. When one is missing, the
console is drawn by Textual alone: it costs more bytes, and nothing else.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import frozen
from rich.console import Console
from rich.segment import Segment


@frozen
class PrivateName:
    """One private name of Textual."""

    module: str
    """The module that holds it."""
    path: str
    """The name within the module; of something in a class, ``Class.name``."""
    use: str
    """What the console does with it."""
    set_by_constructor: bool = False
    """Whether only the class's constructor sets it, so that the class itself does not have it."""
    seen_in: str = "8.2.8"
    """The version of Textual that it was last seen in."""

    @property
    def owner(self) -> str:
        """The class that the name belongs to, or the name itself where it is a class."""
        return self.path.partition(".")[0]

    @property
    def attribute(self) -> str:
        """The name within its class; nothing where it is a class."""
        return self.path.partition(".")[2]

    def exists(self) -> bool:
        """Whether this Textual has it."""
        try:
            owner = getattr(importlib.import_module(self.module), self.owner)
        except (ImportError, AttributeError):
            return False
        if not self.attribute:
            return isinstance(owner, type)
        if self.set_by_constructor:
            code = getattr(getattr(owner, "__init__", None), "__code__", None)
            return self.attribute in getattr(code, "co_names", ())
        return callable(getattr(owner, self.attribute, None))

    def __str__(self) -> str:
        return f"{self.module}.{self.path}"


_UPDATES: Final = "textual._compositor"
NAMES: Final = (
    PrivateName("textual.app", "App._display", "overridden, to write less than the whole update"),
    PrivateName(_UPDATES, "CompositorUpdate", "the base of an update whose output is known already"),
    PrivateName(_UPDATES, "CompositorUpdate.render_segments", "overridden, to return that output"),
    PrivateName(_UPDATES, "LayoutUpdate", "an update of a whole region"),
    PrivateName(_UPDATES, "LayoutUpdate.region", "where the region is", set_by_constructor=True),
    PrivateName(_UPDATES, "LayoutUpdate.strips", "the lines of the region", set_by_constructor=True),
    PrivateName(_UPDATES, "ChopsUpdate", "an update of parts of lines"),
    PrivateName(_UPDATES, "ChopsUpdate.spans", "which parts of which lines changed", set_by_constructor=True),
    PrivateName(_UPDATES, "ChopsUpdate.chops", "the pieces of each line", set_by_constructor=True),
    PrivateName(_UPDATES, "ChopsUpdate.chop_ends", "where each piece ends", set_by_constructor=True),
)
"""All of them."""


def missing_names(names: Iterable[PrivateName] = NAMES) -> tuple[PrivateName, ...]:
    """Returns the names that this Textual does not have."""
    return tuple(name for name in names if not name.exists())


class ScreenUpdates:
    """Textual's updates of the screen: takes theirs apart, and makes ours. Use it only where no name is missing."""

    def __init__(self) -> None:
        compositor = importlib.import_module(_UPDATES)
        self._layout_update: type[Any] = compositor.LayoutUpdate
        self._chops_update: type[Any] = compositor.ChopsUpdate
        base: type[Any] = compositor.CompositorUpdate

        class Finished(base):  # type: ignore[misc]
            """An update whose output is known already; notes whether Textual has written it."""

            def __init__(self, output: str) -> None:
                self.output = output
                self.written = False

            def render_segments(self, console: Console) -> str:  # noqa: ARG002
                self.written = True
                return self.output

        self.finished: type[Any] = Finished

    def has(self, renderable: object) -> bool:
        """Whether Textual is to draw an update that ``pieces`` can take apart."""
        return isinstance(renderable, (self._layout_update, self._chops_update))

    def pieces(self, update: Any) -> Iterator[tuple[int, int, Iterable[Segment]]]:
        """Yields the row, the column and the segments of each strip of an update."""
        if isinstance(update, self._layout_update):
            for y, strips in enumerate(update.strips, update.region.y):
                x = update.region.x
                for strip in strips:
                    yield y, x, strip
                    x += strip.cell_length
            return
        for y, start, end in update.spans:
            for last, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is None or x > end or last <= start:
                    continue
                whole = end > x >= start and last <= end
                yield y, x, strip if whole else strip.crop(0, min(last, end) - x)
