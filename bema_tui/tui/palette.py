"""The command palette, made from the same table as the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from bema_tui.tui.keys import KEYS, Key, action_of
from bema_tui.tui.screens.base import ConsoleScreen


class KeyCommands(Provider):
    """The actions that are possible now, by name."""

    def _possible(self) -> Iterator[tuple[Key, str, Callable[[], object]]]:
        screen = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        offers = screen.offers()
        for key in KEYS:
            if screen.key_set not in key.screens or key.id in ("palette", "next", "open"):
                continue
            if key.id in offers or not (key.does or key.id == "filter"):
                label = offers[key.id].label if key.id in offers else key.label
                yield key, f"{label}  {key.name}", partial(self._run, screen, action_of(key))

    @staticmethod
    async def _run(screen: ConsoleScreen, action: str) -> None:
        await screen.run_action(f"screen.{action}")

    async def discover(self) -> Hits:
        for key, text, command in self._possible():
            yield DiscoveryHit(text, command, help=key.tooltip)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for key, text, command in self._possible():
            score = matcher.match(f"{text} {key.tooltip}")
            if score > 0:
                yield Hit(score, matcher.highlight(text), command, text=text, help=key.tooltip)
