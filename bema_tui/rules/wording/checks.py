"""The words that people read for a plan's checks and automations. They are made last, and decide nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bema_tui.model import (
    AutomationEffect,
    Check,
    CheckResult,
    CreatedCheck,
    MembersCheck,
    MovesCheck,
    OlderCheck,
    ShopCheck,
    ShrunkCheck,
    ShrunkRead,
    TakenBackCheck,
    TiersCheck,
    holding_checks,
)


def check_text(check: Check) -> str:
    """Return what a check found, as a line of a list."""
    match check:
        case ShopCheck():
            return _shop(check)
        case MembersCheck():
            return _members(check)
        case TiersCheck(stranded=0):
            return "nobody is left without a tier"
        case TiersCheck(stranded=stranded):
            return f"{_counted(stranded)} would be left without a tier"
        case CreatedCheck(created=0):
            return "nobody is created"
        case CreatedCheck(result=CheckResult.REFUSE, created=created):
            return f"{_counted(created)} would be created, which the settings do not allow"
        case CreatedCheck(created=created):
            return f"{_counted(created)} {'is' if created == 1 else 'are'} created"
        case TakenBackCheck(subscribers=0):
            return "no purchase is taken back"
        case TakenBackCheck(result=CheckResult.REFUSE, subscribers=subscribers):
            return f"{_purchases(subscribers)} would be taken back, which the settings or the reads do not allow"
        case TakenBackCheck(subscribers=subscribers):
            return f"{_purchases(subscribers)} {'is' if subscribers == 1 else 'are'} taken back after a refund"
        case ShrunkCheck():
            return f"{'a' if check.reads else 'no'} read shrank over {check.percent:g} %"
        case MovesCheck():
            return f"{check.moves:,} moves; over {check.limit:,} wait for a yes"
        case OlderCheck(text=text):
            return text


def hold_text(checks: Iterable[Check]) -> str:
    """Return why a plan needs an approval, as a clause; nothing if it needs none."""
    return "; ".join(_hold(check) for check in holding_checks(checks))


def refusal_text(check: Check) -> str:
    """Return why nothing of a plan may be applied, as a sentence."""
    text = check_text(check)
    return f"{text[:1].upper()}{text[1:]}; the plan is not applied."


def shrunk_text(read: ShrunkRead) -> str:
    """Return by how much a read shrank, as a clause."""
    return f"{read.now:,} {read.side} were read, {read.before:,} at the last good read"


def automation_text(effect: AutomationEffect) -> str:
    """Return an automation's name, with what can't be known of it."""
    return effect.name if effect.groups_known else f"{effect.name} (its groups can't be read)"


def _hold(check: Check) -> str:
    match check:
        case ShrunkCheck(reads=reads) if reads:
            return ", and ".join(shrunk_text(read) for read in reads)
        case TakenBackCheck():
            return f"{check_text(check)}: that needs a yes of its own"
        case MovesCheck(moves=moves, limit=limit):
            return f"{moves:,} moves are over the limit of {limit:,} moves without approval"
        case _:
            return check_text(check)


def _shop(check: ShopCheck) -> str:
    if check.result is CheckResult.REFUSE:
        return "the shop was not read whole"
    read = f"shop read whole, {check.orders:,} orders" if check.whole else "the shop's newest orders read"
    return f"{read}, {check.unreadable:,} unreadable" if check.unreadable else read


def _members(check: MembersCheck) -> str:
    if check.result is CheckResult.REFUSE:
        return "MailerLite was not read whole"
    groups = " and ".join(check.incomplete_groups)
    how = f"MailerLite read but for some of {groups}" if groups else "MailerLite read whole"
    aside = f", {check.left_alone:,} left alone" if check.left_alone else ""
    return f"{how}, {check.members:,} people{aside}"


def _counted(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"


def _purchases(number: int) -> str:
    return f"{number:,} {'purchase' if number == 1 else 'purchases'}"
