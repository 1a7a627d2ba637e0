"""The doctor's looks at the shop and at MailerLite, with a handful of requests that only read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from attrs import evolve

from bema_tui.errors import BemaError
from bema_tui.model import Sample
from bema_tui.operations.doctor.lines import Line, failed
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.http.null_ports import NoInterrupt
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.providers.mailerlite.probe import BATCH_ITEMS, WANTED_ROWS, KeyRule, MailerLiteProbe, key_rule
from bema_tui.settings import Settings
from bema_tui.store.account_facts import AccountFact, AccountFacts
from bema_tui.store.database import Database
from bema_tui.store.ownership import Owner, Ownership
from bema_tui.sync.connections import connect_mailerlite, connect_shop
from bema_tui.sync.one_account import one_account
from bema_tui.sync.run_context import Meter
from bema_tui.sync.shared_quota import SharedGate
from bema_tui.waits import WaitBoard

CLOCK_SECONDS: Final = 60.0
"""A clock that is off by this much warns: dates of orders and of the quota's period are compared with it."""
SHOP_PATIENCE: Final = 45.0
"""Seconds: a shop in maintenance is asked once more, and then reported, since the doctor must not take long."""
_CAREFUL: Final = "Nothing has to be done: a sync takes the careful assumption. Ask again later."
_MOST_NAMED: Final = 2


async def look_at_shop(settings: Settings, db: Database, meter: Meter, waits: WaitBoard | None = None) -> list[Line]:
    """Whether the shop answers, may be read, and gives sales that can be read; and how our clocks differ."""
    if not (settings.edd.url and settings.edd.key and settings.edd.token):
        return []  # the settings' own line names what is missing
    lines: list[Line] = []
    hurried = evolve(settings, http=evolve(settings.http, patience=SHOP_PATIENCE))
    async with connect_shop(hurried, NoInterrupt(), meter, waits=waits) as shop:
        try:
            lines += await _shop(shop, db)
        except BemaError as error:
            lines.append(failed("shop", error))
        if shop.server_time is not None or len(lines) > 1:
            lines.append(_clock("the shop", shop.server_time, db.now()))
    return lines


async def _shop(shop: EasyDigitalDownloads, db: Database) -> list[Line]:
    await Ownership(db).refuse_other(Owner.SHOP, shop.shop_url)
    report = await shop.validate_connection()
    await Ownership(db).belongs_to(Owner.SHOP, shop.shop_url)
    text = f"{report.identity} answers in {report.seconds:.1f} s; the key may see sales."
    return [Line("shop", "ok", text), _sample("sales", "sale", "The shop has no sales yet", report.sample)]


async def look_at_mailerlite(
    settings: Settings, db: Database, meter: Meter, waits: WaitBoard | None = None
) -> list[Line]:
    """Whether MailerLite answers, whose account it is, whether its people can be read, and how it counts."""
    if not (settings.mailerlite.url and settings.mailerlite.key):
        return []
    gate = SharedGate(db, settings, NoInterrupt(), waits)
    there = settings.mailerlite
    async with (
        MailerLiteProbe(there.url, there.key, gate=gate, interrupt=NoInterrupt(), meter=meter, waits=waits) as probe,
        connect_mailerlite(settings, gate, NoInterrupt(), meter, waits=waits) as mailerlite,
    ):
        lines = await _mailerlite(mailerlite, probe, gate, db)
        return [*lines, _quota(gate.limit, settings.quota.reserve)]


async def _mailerlite(mailerlite: MailerLite, probe: MailerLiteProbe, gate: SharedGate, db: Database) -> list[Line]:
    async with one_account(db, mailerlite):
        report = await mailerlite.validate_connection()
    text = f"{report.identity} answers in {report.seconds:.1f} s; a MailerLite key may read and write."
    page = await _asked("page size", lambda: _page_cap(probe, db))
    subscribers = _sample("people", "subscriber", "The account has nobody yet", probe.sample)
    return [
        Line("mailerlite", "ok", text),
        *([subscribers] if probe.sample is not None else []),
        page,
        _clock("MailerLite", probe.server_time, db.now()),
        await _asked("counting", lambda: _counts(probe)),
        await _asked("batches", lambda: _batch_cost(probe, gate)),
        await _asked("field keys", lambda: _field_keys(mailerlite)),
    ]


def _sample(about: str, row: str, none: str, sample: Sample | None) -> Line:
    """What a look at a few rows found. One that can't be used stops no sync: it becomes a finding there."""
    rows = sample.rows if sample is not None else 0
    broken = sample.broken if sample is not None else ()
    if not rows:
        return Line(about, "ok", f"{none}; how one looks will be seen when there is one.")
    if not broken:
        return Line(
            about, "ok", f"The newest {row} can be read." if rows == 1 else f"The newest {rows} {row}s can be read."
        )
    named = "; ".join(f"{fault.path}: {fault.problem}" for fault in broken[:_MOST_NAMED])
    more = f"; and {len(broken) - _MOST_NAMED} more" if len(broken) > _MOST_NAMED else ""
    text = f"Of the newest {rows} {row}s not all can be read ({named}{more})."
    return Line(
        about, "warning", text, "Correct it where it is kept. A sync goes on without it, and names it as a finding."
    )


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


def _quota(limit: int, reserve: int) -> Line:
    """Whether what the account really allows leaves something: the setting may say more."""
    if limit > reserve:
        return Line("quota", "ok", f"{limit:,} requests a period, {reserve:,} of them left for others.")
    text = f"The account allows {limit:,} requests a period, and {reserve:,} are to be left for others: a run gets one."
    return Line("quota", "error", text, f"Set mailerlite.reserve to less than {limit:,}.")


async def _page_cap(probe: MailerLiteProbe, db: Database) -> Line:
    rows = await probe.page_cap()
    if not rows:
        return Line("page size", "warning", "MailerLite does not say how many people a page holds.", _CAREFUL)
    await AccountFacts(db).learned(AccountFact.PAGE_OF_ACCOUNT, rows)
    return Line("page size", "ok", f"{rows:,} people a page, where {WANTED_ROWS:,} are asked for.")


async def _counts(probe: MailerLiteProbe) -> Line:
    heeds = await probe.counts_by_status()
    if heeds is None:
        return Line("counting", "ok", "The account has nobody yet: whether counts heed a status can't be told.")
    return Line("counting", "ok", f"Counts {'heed' if heeds else 'do not heed'} a status.")


async def _batch_cost(probe: MailerLiteProbe, gate: SharedGate) -> Line:
    took = await probe.batch_cost() or await probe.batch_cost()
    if took is None:
        text = "What a batch takes of the quota can't be told: its answer has no count, or others use the account now."
        return Line("batches", "warning", text, _CAREFUL)
    await gate.batch_cost_measured(took)
    each = "each item counts" if took.item else "its items are free"
    return Line("batches", "ok", f"A batch of {BATCH_ITEMS} takes {took.units(1 + BATCH_ITEMS)}: {each}.")


async def _field_keys(mailerlite: MailerLite) -> Line:
    rule = key_rule(await mailerlite.get_fields())
    if rule is None:
        return Line("field keys", "ok", "No field with a name in capitals yet. Keys are read from the answers anyway.")
    words = {
        KeyRule.LOWER: "in small letters",
        KeyRule.SNAKE: "with a _ before each capital",
        KeyRule.OTHER: "in a way of its own",
    }
    return Line("field keys", "ok", f"A name in capitals gives a key {words[rule]}.")
