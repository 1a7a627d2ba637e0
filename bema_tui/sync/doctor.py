"""Looks at everything a sync rests on, in turn, and says of each whether it is well and what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from bema_tui.config import Settings, default_settings, describe, require_services
from bema_tui.errors import BemaError, ConfigurationError
from bema_tui.providers.gates import NoInterrupt
from bema_tui.providers.mailerlite_probe import BATCH_ITEMS, WANTED_ROWS, MailerLiteProbe, key_rule
from bema_tui.store.budget import AccountFacts
from bema_tui.store.database import Database
from bema_tui.store.settings import DatabaseSettings
from bema_tui.sync.doctor_files import look_at_database, look_at_files
from bema_tui.sync.doctor_lines import CONFIGURATION, Line, failed
from bema_tui.sync.job import Meter
from bema_tui.sync.services import Connections, connector

CLOCK_SECONDS: Final = 60.0
"""A clock that is off by this much warns: dates of orders and of the quota's window are compared with it."""


async def examine(
    settings: Settings, open_database: Callable[[str], Awaitable[Database]] = Database.open
) -> list[Line]:
    """Look at settings, files, database, clocks, both connections, and what the account answers; nothing is written
    outside.

    What the account answers is kept in the database. A thing that can't be looked at is an error line, never an
    exception.
    """
    lines = [*_settings(settings), *look_at_files(settings)]
    try:
        db = await open_database(settings.database_url)
    except BemaError as error:
        return [*lines, failed(CONFIGURATION if isinstance(error, ConfigurationError) else "database", error)]
    async with db:
        lines += await look_at_database(db)
        if all(line.verdict != "error" for line in lines if line.about == CONFIGURATION):
            lines += await _services(settings, db)
    return lines


def _settings(settings: Settings) -> list[Line]:
    """Where the settings come from, and which are not the defaults; never a value."""
    source = settings.source or "the environment and the defaults"
    usual = _flat(describe(default_settings()))
    named = [name for name, value in _flat(describe(settings)).items() if value != usual[name] and name != "source"]
    lines = [Line(CONFIGURATION, "ok", f"Read from {source}. Set: {', '.join(sorted(named)) or 'nothing'}.")]
    if settings.edd_credentials_in_url:
        text = "edd_credentials_in_url is on: the shop's key and token stand in its access logs."
        lines.append(Line(CONFIGURATION, "warning", text, "Turn it off if the shop takes a form body."))
    try:
        require_services(settings)
    except BemaError as error:
        lines.append(failed(CONFIGURATION, error))
    return lines


def _flat(values: dict[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            flat[name] = value
    return flat


async def _services(settings: Settings, db: Database) -> list[Line]:
    meter = Meter()
    try:
        connections = connector(db, settings)(NoInterrupt(), meter)
        probe = MailerLiteProbe(
            settings.mailerlite.url,
            settings.mailerlite.key.reveal(),
            gate=connections.gate,
            interrupt=NoInterrupt(),
            meter=meter,
        )
    except ConfigurationError as error:
        return [failed(CONFIGURATION, error)]
    try:
        lines = await _shop(connections, db)
        lines += await _mailerlite(connections, probe, db)
    finally:
        await probe.aclose()
        await connections.close()
    text = f"{meter.read} requests to MailerLite, {meter.shop} to the shop; all of them only read."
    return [*lines, Line("cost", "ok", text)]


async def _shop(connections: Connections, db: Database) -> list[Line]:
    shop = connections.shop
    try:
        await DatabaseSettings(db).refuse_other("shop", shop.shop_address)
        report = await shop.validate_connection()
        await DatabaseSettings(db).belongs_to("shop", shop.shop_address)
    except BemaError as error:
        return [failed("shop", error)]
    text = f"{report.identity} answers in {report.seconds:.1f} s; the key may see sales."
    return [Line("shop", "ok", text), _clock("the shop", shop.server_time, db.now())]


async def _mailerlite(connections: Connections, probe: MailerLiteProbe, db: Database) -> list[Line]:
    mailerlite = connections.mailerlite
    try:
        report = await mailerlite.validate_connection()
        if mailerlite.account_id is not None:
            await DatabaseSettings(db).belongs_to("mailerlite_account", mailerlite.account_id)
    except BemaError as error:
        return [failed("mailerlite", error)]
    text = f"{report.identity} answers in {report.seconds:.1f} s; a MailerLite key may read and write."
    probes = [
        await _asked("page size", lambda: _page_cap(probe, db)),
        _clock("MailerLite", probe.server_time, db.now()),
        await _asked("counting", lambda: _counts(probe, db)),
        await _asked("batches", lambda: _batch_cost(probe, db)),
        await _asked("field keys", lambda: _field_keys(connections, db)),
    ]
    return [Line("mailerlite", "ok", text), *probes]


async def _asked(about: str, ask: Callable[[], Awaitable[Line]]) -> Line:
    """A question to the account; without an answer a sync still works, with the careful assumption."""
    try:
        return await ask()
    except BemaError as error:
        return failed(about, error, "warning")


def _clock(whose: str, theirs: datetime | None, ours: datetime) -> Line:
    if theirs is None:
        return Line("clock", "warning", f"{whose} does not tell its time.", "Check this machine's clock yourself.")
    seconds = (ours - theirs).total_seconds()
    if abs(seconds) < CLOCK_SECONDS:
        return Line("clock", "ok", f"This machine and {whose} agree within {max(1.0, abs(seconds)):.0f} s.")
    ahead = "ahead of" if seconds > 0 else "behind"
    text = f"This machine is {abs(seconds):,.0f} s {ahead} {whose}."
    return Line("clock", "warning", text, "Set the clock (timedatectl set-ntp true), or ask who runs that server.")


async def _page_cap(probe: MailerLiteProbe, db: Database) -> Line:
    rows = await probe.page_cap()
    if not rows:
        return Line("page size", "warning", "MailerLite does not say how many people a page holds.", _CAREFUL)
    await AccountFacts(db).learned("page_of_account", rows)
    return Line("page size", "ok", f"{rows:,} people a page, where {WANTED_ROWS:,} are asked for.")


async def _counts(probe: MailerLiteProbe, db: Database) -> Line:
    heeds = await probe.counts_by_status()
    if heeds is None:
        return Line("counting", "ok", "The account has nobody yet: whether counts heed a status can't be told.")
    await AccountFacts(db).learned("counts_by_status", int(heeds))
    return Line("counting", "ok", f"Counts {'heed' if heeds else 'do not heed'} a status.")


async def _batch_cost(probe: MailerLiteProbe, db: Database) -> Line:
    took = await probe.batch_cost() or await probe.batch_cost()
    if took is None:
        text = "What a batch takes of the quota can't be told: its answer has no count, or others use the account now."
        return Line("batches", "warning", text, _CAREFUL)
    facts = AccountFacts(db)
    await facts.learned("batch_base", took.base)
    await facts.learned("batch_item", took.item)
    each = "each item counts" if took.item else "its items are free"
    return Line("batches", "ok", f"A batch of {BATCH_ITEMS} takes {took.base + took.item * BATCH_ITEMS}: {each}.")


async def _field_keys(connections: Connections, db: Database) -> Line:
    rule = key_rule(await connections.mailerlite.get_fields())
    if rule is None:
        return Line("field keys", "ok", "No field with a name in capitals yet. Keys are read from the answers anyway.")
    await DatabaseSettings(db).set("mailerlite_field_key_rule", rule)
    words = {"lower": "in small letters", "snake": "with a _ before each capital", "other": "in a way of its own"}
    return Line("field keys", "ok", f"A name in capitals gives a key {words[rule]}.")


_CAREFUL: Final = "Nothing has to be done: a sync takes the careful assumption. Ask again later."
