"""What a person is told about sales that can't be read: which they are, and how to find and mend them in the shop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bema_tui.listing import UnreadableSale
from bema_tui.model import Finding, FindingRule
from bema_tui.rules.findings import NO_CAMPAIGN, finding

_NAMED: Final = 3  # sales that a message about many names


def unreadable_findings(sales: Sequence[UnreadableSale]) -> tuple[Finding, ...]:
    """A finding for each, about the shop as a whole."""
    names = Counter(_name(sale) for sale in sales)
    return tuple(_finding(sale, _name(sale), alone=names[_name(sale)] == 1) for sale in sales)


def first_of(sales: Sequence[UnreadableSale]) -> str:
    """The first few in one sentence, with a space in front; nothing where there are none."""
    named = "; ".join(f"{_name(sale)} ({sale.place}): {sale.problem}" for sale in sales[:_NAMED])
    return f" The first: {named}." if named else ""


def _name(sale: UnreadableSale) -> str:
    if sale.number:
        return f"order {sale.number}"
    if sale.key:
        return f"order with the payment key {sale.key}"
    return f"order of {sale.email}" if sale.email else "order without number, key and e-mail"


def _finding(sale: UnreadableSale, name: str, *, alone: bool) -> Finding:
    """``alone``: no other such sale has this name; else the subject says more."""
    subject = name if alone else f"{name}, {sale.key or sale.email or sale.place}"
    of = f" of {sale.email}" if sale.email and sale.email not in name else ""
    whom = f"from {sale.email}" if sale.email else "from anybody, since it does not say whose it is"
    search = sale.number or sale.key or sale.email
    find = f"search the shop's orders for {search}" if search else f"it is {sale.place} of the list, newest first"
    return finding(
        FindingRule.UNREADABLE_ORDER,
        NO_CAMPAIGN,
        subject,
        f"{name[:1].upper()}{name[1:]}{of} can't be read: {sale.problem}.",
        f"Open it in the shop ({find}) and put {sale.path or 'it'} right; the next full read takes it then. "
        f"Until then nothing is taken back {whom}.",
    )
