"""Draws the screens of the documentation: the real console on the story, at three sizes, at one in three themes.

Run ``python screenshots/make.py [folder]``; the pictures are SVG files.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bema_tui.model import RunKind  # noqa: E402 - the tests' story is not installed with the package
from bema_tui.store.database import Database  # noqa: E402
from bema_tui.store.lock_ages import LockAges  # noqa: E402
from bema_tui.store.snapshot.reader import SnapshotReader  # noqa: E402
from bema_tui.tui.app import BemaApp  # noqa: E402
from bema_tui.tui.render_context import RenderContext  # noqa: E402
from bema_tui.tui.screens.sheets import QuestionSheet  # noqa: E402
from tests.story import VIEWER, write_story  # noqa: E402

NOW = datetime(2026, 11, 22, 14, 32, tzinfo=UTC)
SIZES = ((80, 24), (120, 40), (200, 60))
PICTURES = (*((size, "dark") for size in SIZES), ((120, 40), "light"), ((120, 40), "mono"))
SCENES: dict[str, tuple[str, ...]] = {
    "overview": ("down", "down"),
    "plan": ("tab", "down", "enter", "tab", "down"),
    "progress": ("tab", "enter", "tab"),
    "release": ("tab", "tab", "tab", "r"),
}


class Nobody:
    """A backend for pictures: no key of a scene reaches it, and whatever did would be refused."""

    async def start(self, code: str, *, kind: RunKind) -> int:
        raise PermissionError(f"{kind} of {code}")

    async def apply(self, run: int) -> None:
        raise PermissionError(run)

    async def resume(self, run: int) -> None:
        raise PermissionError(run)

    async def ask(self, run: int, verb: str, reason: str) -> None:
        raise PermissionError(run, verb, reason)

    async def discard(self, run: int) -> None:
        raise PermissionError(run)

    async def release(self, lock_id: str, *, reason: str, force: bool) -> None:
        raise PermissionError(lock_id, reason, force)

    def own_runs(self) -> tuple[int, ...]:
        return ()

    async def failure(self) -> str:
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never


async def draw(reader: SnapshotReader, scene: str, size: tuple[int, int], theme: str) -> str:
    """One screen as SVG."""
    context = RenderContext(now=NOW, mode="LIVE", profile="studio", me="maria", zone=UTC)
    app = BemaApp(reader, Nobody(), context, theme=theme, clock=lambda: NOW, busy_every=600, idle_every=600)
    async with app.run_test(size=size) as pilot:
        await app.refresh_picture()
        for key in SCENES[scene]:
            await pilot.press(key)
            await pilot.pause(0.1)
        if not isinstance(app.screen, QuestionSheet):
            await app.refresh_picture()
        await pilot.pause(0.3)
        return app.export_screenshot(title=f"bema-tui, {scene}, {size[0]}×{size[1]}")


async def main(folder: Path) -> None:
    """Draw all scenes into the folder."""
    with tempfile.TemporaryDirectory() as place:
        async with await Database.open(f"sqlite:///{place}/story.db", clock=lambda: NOW) as db:
            await write_story(db, NOW)
            reader = SnapshotReader(db, VIEWER, LockAges())
            for scene in SCENES:
                for size, theme in PICTURES:
                    picture = folder / f"{scene}-{size[0]}x{size[1]}-{theme}.svg"
                    drawn = await draw(reader, scene, size, theme)
                    await asyncio.to_thread(picture.write_text, drawn, encoding="utf-8")
                    sys.stdout.write(f"{picture}\n")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target))
