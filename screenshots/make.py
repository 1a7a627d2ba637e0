"""Draws the screens of the documentation: the real console on the weekend, at three sizes, at one in three themes.

Run ``python -m screenshots.make [folder]``; the pictures are SVG files. What they show was written by the program
itself, at work on the simulator (tests/support/weekend.py).
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import UTC
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bema_tui.model import Mode  # noqa: E402 - the tests' weekend is not installed with the package
from bema_tui.operations.console import Console  # noqa: E402 - the tests' weekend is not installed with the package
from bema_tui.operations.jobs import open_jobs  # noqa: E402
from bema_tui.settings import Settings  # noqa: E402
from bema_tui.store.database import Database  # noqa: E402
from bema_tui.tui.app import BemaApp  # noqa: E402
from bema_tui.tui.render_context import RenderContext  # noqa: E402
from bema_tui.tui.screens.sheets import QuestionSheet  # noqa: E402
from tests.support.paced import workspace_of  # noqa: E402
from tests.support.weekend import AFTERNOON, FOR_PICTURES, NOW, VIEWER, write_weekend  # noqa: E402

SIZES = ((80, 24), (120, 40), (200, 60))
PICTURES = (*((size, "dark") for size in SIZES), ((120, 40), "light"), ((120, 40), "mono"))
SCENES: dict[str, tuple[str, ...]] = {
    "overview": ("down",) * 4,
    "plan": ("tab", "down", "enter", "tab", *("down",) * 4),
    "progress": ("tab", "enter", "tab"),
    "release": ("tab", "tab", "tab", "r"),
}


async def draw(console: Console, scene: str, size: tuple[int, int], theme: str) -> str:
    """One screen as SVG."""
    context = RenderContext(now=NOW, mode=Mode.SIMULATOR, profile="studio", me=VIEWER.user, zone=UTC)
    reader = console.workspace.reader
    app = BemaApp(reader, console, context, theme=theme, clock=lambda: NOW, busy_every=600, idle_every=600)
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
    with tempfile.TemporaryDirectory(prefix="pictures-") as place:
        await write_weekend(Path(place), FOR_PICTURES)
        async with await Database.open(str(Path(place, AFTERNOON)), clock=lambda: NOW) as db:
            workspace = workspace_of(db, Settings(), VIEWER)
            console = Console(workspace, open_jobs(workspace))
            for scene in SCENES:
                for size, theme in PICTURES:
                    picture = folder / f"{scene}-{size[0]}x{size[1]}-{theme}.svg"
                    drawn = await draw(console, scene, size, theme)
                    await asyncio.to_thread(picture.write_text, drawn, encoding="utf-8")
                    sys.stdout.write(f"{picture}\n")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target))
