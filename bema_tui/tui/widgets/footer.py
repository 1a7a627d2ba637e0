"""The bottom line: the keys that work here and now, or for a few seconds the answer to a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.content import Content
from textual.timer import Timer

from bema_tui.tui.format import cut_line, fit, line, pack, spread, width_of
from bema_tui.tui.keys import BY_ID, Key
from bema_tui.tui.widgets.lines import Lines

ANSWER_SECONDS = 4.0


def key_line(offers: Mapping[str, str], right: tuple[str, ...], width: int, notes: Callable[[str], str]) -> Content:
    """The keys packed until the line is full, the likeliest first; ``right`` always stands at the right edge."""
    tail = line()
    for name in right:
        tail = line(tail, "  " if tail else "", _hint(BY_ID[name], notes(name)))
    wanted = sorted((BY_ID[name] for name in offers if name not in right), key=lambda key: key.rank)
    room = width - width_of(tail) - 4
    return fit(
        spread(line(" ", pack([_hint(key, offers[key.id]) for key in wanted], room)), line(tail, " "), width), width
    )


def _hint(key: Key, label: str) -> Content:
    return line((key.name, "strong"), " ", (label, "muted"))


class KeyLine(Lines):
    """Shows the keys; ``say`` puts an answer in their place for four seconds in which no sheet covers it."""

    def __init__(self, *, id: str, right: tuple[str, ...]) -> None:  # noqa: A002
        super().__init__(id=id)
        self._right = right
        self._offers: Mapping[str, str] = {}
        self._answer: Content | None = None
        self._timer: Timer | None = None

    def offer(self, offers: Mapping[str, str]) -> None:
        """Show these keys with these words."""
        self._offers = offers
        self._draw()

    def say(self, answer: Content) -> None:
        """Show an answer for a few seconds."""
        self._answer = answer
        self._count_down()
        self._draw()

    def uncovered(self) -> None:
        """A sheet was closed: what was said meanwhile has its seconds now."""
        if self._answer is not None:
            self._count_down()

    def _count_down(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(ANSWER_SECONDS, self._silent) if self.screen.is_current else None

    def _silent(self) -> None:
        self._answer = None
        self._draw()

    def _draw(self) -> None:
        width = self.size.width
        if not width:
            return
        keys = key_line(self._offers, self._right, width, lambda name: BY_ID[name].label)
        if self._answer is None:
            self.put(0, keys)
            return
        tail = key_line({}, self._right, width, lambda name: BY_ID[name].label)
        text = tail.plain.lstrip()
        shown = spread(line(" ", self._answer), line(text), width)
        room = width - len(text) - 2
        self.put(
            0, shown if width_of(self._answer) < room else fit(line(" ", cut_line(self._answer, width - 2)), width)
        )

    def on_resize(self) -> None:
        self._draw()
