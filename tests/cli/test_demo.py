"""The demo as a newcomer meets it: on a real terminal, with a real simulator, from the first screen to the last key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.tui.terminal import Terminal

CODE = "2026_ETB_NBL"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Terminal]:
    places = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "DATA", "STATE")}
    arguments = ("demo", "--subscribers", "200", "--orders", "120")
    with Terminal("bema_tui", *arguments, size=(120, 40), TMPDIR=str(tmp_path), **places) as terminal:
        terminal.until(lambda: terminal.shows("all keys"), 40)
        yield terminal
        for child in psutil.Process(os.getpid()).children(recursive=True):
            if "simulate" in " ".join(child.cmdline()):
                child.kill()


def go_to(demo: Terminal, code: str) -> None:
    """Put the cursor on a campaign."""
    demo.press("\x1b[H")
    demo.quiet(0.3)
    for _ in range(8):
        if any("▌" in row and code in row for row in demo.screen.display):
            return
        demo.press("\x1b[B")
        demo.quiet(0.3)
    raise AssertionError("\n".join(demo.screen.display))


def test_a_newcomer_plans_applies_releases_and_leaves_nothing_behind(demo: Terminal, tmp_path: Path) -> None:
    assert demo.shows("[SIMULATOR]")
    demo.until(lambda: demo.shows("dead"))  # the lock that a process left behind
    simulators = [
        child
        for child in psutil.Process(demo.process.pid).children(recursive=True)
        if "simulate" in " ".join(child.cmdline())
    ]
    assert len(simulators) == 1
    go_to(demo, CODE)
    demo.press("s")
    demo.until(lambda: demo.shows("nothing is written yet") and demo.shows("A apply"), 40)
    assert demo.shows("nobody is left without a tier")
    demo.press("A")
    demo.until(lambda: demo.shows("✓ done"), 60)
    demo.press("\x1b[D")
    demo.until(lambda: demo.shows("✓ in step"), 20)
    lost = next(row for row in demo.screen.display if "lost" in row and "20" in row)
    go_to(demo, next(word for word in lost.split() if word.startswith("20")))
    demo.press("r")
    demo.until(lambda: demo.shows("proved on this machine"))
    demo.press("its process is gone")
    demo.press("\t")
    demo.quiet(0.3)
    demo.press("\t")
    demo.quiet(0.3)
    demo.press("\r")
    demo.until(lambda: demo.shows("Locks 0"))
    demo.press("q")
    demo.until(lambda: demo.process.poll() is not None, 15)
    assert demo.process.returncode == 0
    assert not any(process.is_running() for process in simulators)
    assert not list(tmp_path.glob("bema-demo-*"))
