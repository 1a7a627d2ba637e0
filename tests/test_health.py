"""The lines of the health check: one set, whoever shows it."""

from __future__ import annotations

import pytest

from bema_tui.health import HealthWord, MemoryLines, health_word
from bema_tui.monitor.settings import MonitorSettings


@pytest.mark.parametrize(
    ("score", "word"),
    [(100, "good"), (90, "good"), (89, "fair"), (70, "fair"), (69, "poor"), (0, "poor")],
)
def test_the_score_in_a_word(score: int, word: str) -> None:
    assert health_word(score) is HealthWord(word)


def test_the_lines_of_the_memory_are_those_of_the_settings() -> None:
    settings = MonitorSettings(memory_warning_percent=50, memory_pause_percent=60)
    assert settings.memory_lines == MemoryLines(50, 60)
    assert MonitorSettings().memory_lines == MemoryLines()
