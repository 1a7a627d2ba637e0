"""Looks at everything a sync rests on, in turn, and says of each whether it is well and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from bema_tui.errors import BemaError
from bema_tui.operations.doctor.files import look_at_database, look_at_disk, look_at_files, what_forbids_writing
from bema_tui.operations.doctor.lines import CONFIGURATION, Line, failed, looked
from bema_tui.operations.doctor.services import look_at_mailerlite, look_at_shop
from bema_tui.settings import Settings, by_name, default_settings, require_services
from bema_tui.store.database import Database
from bema_tui.sync.memory import allowed_here
from bema_tui.sync.run_context import Meter
from bema_tui.waits import TellWait, WaitBoard

_OfSettings = Callable[[Settings], list[Line]]
_IN_MEMORY = "sqlite:///:memory:"


async def examine(
    settings: Settings,
    open_database: Callable[[str], Awaitable[Database]] | None = None,
    *,
    tell_wait: TellWait | None = None,
    waits: WaitBoard | None = None,
) -> AsyncIterator[Line]:
    """Look at settings, files, database, clocks, both connections, and what the account answers, a line at a time.

    Nothing is written outside; what the account answers is kept in the database. A thing that can't be looked at is an
    error line, never an exception, and the others are looked at all the same. ``tell_wait`` hears what is waited for
    to open the database, ``waits`` shows what the services are waited for.
    """
    open_database = open_database or partial(Database.open, tell_wait=tell_wait)
    of_machine: tuple[tuple[str, _OfSettings], ...] = ((CONFIGURATION, look_at_settings), ("disk", look_at_disk))
    for about, look in of_machine:
        for line in await looked(about, partial(asyncio.to_thread, look, settings)):
            yield line
    async with AsyncExitStack() as held:
        opened: list[Database] = []
        ours: list[Database] = []

        async def database() -> list[Line]:
            db = await held.enter_async_context(await open_database(settings.database_url))
            ours.append(db)
            lines = await look_at_database(db)
            if (forbids := await what_forbids_writing(db)) is not None:
                return [*lines, forbids]
            opened.append(db)
            return lines

        async def files() -> list[Line]:
            return await asyncio.to_thread(look_at_files, settings, with_database=bool(ours))

        async def memory() -> list[Line]:
            opened.append(await held.enter_async_context(await Database.open(_IN_MEMORY)))
            return []

        for about, look_in_turn in (("database", database), ("files", files)):
            for line in await looked(about, look_in_turn):
                yield line
        # Without a database that can be written the services are asked all the same; what they answer is kept nowhere.
        for line in () if opened else await looked("memory", memory):
            yield line
        if not opened:
            return
        meter = Meter()
        for about, ask in (("shop", look_at_shop), ("mailerlite", look_at_mailerlite)):
            for line in await looked(about, partial(ask, settings, opened[0], meter, waits)):
                yield line
        text = f"{meter.read} requests to MailerLite, {meter.shop} to the shop; all of them only read."
        yield Line("cost", "ok", text)


def look_at_settings(settings: Settings) -> list[Line]:
    """Where the settings come from, and which are not the defaults; never a value."""
    source = settings.source or "the environment and the defaults"
    usual = by_name(default_settings())
    named = [name for name, value in by_name(settings).items() if value != usual[name]]
    lines = [Line(CONFIGURATION, "ok", f"Read from {source}. Set: {', '.join(sorted(named)) or 'nothing'}.")]
    if settings.edd_credentials_in_url:
        text = "edd_credentials_in_url is on: the shop's key and token stand in its access logs."
        lines.append(Line(CONFIGURATION, "warning", text, "Turn it off if the shop takes a form body."))
    for refuses in (lambda: require_services(settings), lambda: allowed_here(settings.health)):
        try:
            refuses()
        except BemaError as error:
            lines.append(failed(CONFIGURATION, error))
    return lines
