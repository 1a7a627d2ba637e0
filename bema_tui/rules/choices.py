"""The label's choices: what an operator can change about the rules. The defaults are the label's own."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

OnRefund = Literal["flag", "revert"]
"""What a refund does: it is only shown, or the purchase is taken back."""


@frozen
class Rules:
    """Which orders count, and who is moved or created because of one. Domain rules, sections 3, 4 and 6."""

    place_unassigned_buyers: bool = True
    """Whether a buyer who is in no group of the campaign is put into the purchased tier."""
    add_new_buyers: bool = False
    """Whether buyers whom MailerLite does not know are created there."""
    count_free_orders: bool = False
    """Whether an order counts whose item cost nothing."""
    partial_refund_counts: bool = True
    """Whether an order that was refunded in part still counts."""
    on_refund: OnRefund = "flag"
    """What a refund does."""
    move_inactive: bool = False
    """Whether subscribers are moved who get no mail: unsubscribed, bounced, junk or unconfirmed."""


@frozen
class PlanLimits:
    """From when on a plan waits for somebody's yes. Domain rules, section 6."""

    max_moves: int = 50
    """Moves that a plan may always make without a yes."""
    max_moves_percent: float = 10.0
    """Share of the campaign's members that it may move without one, where that is more."""
    shrink_percent: float = 20.0
    """By how much a read may be smaller than the last good one before it proves nothing to be gone."""


@frozen
class WriteLimits:
    """What holds while a plan is applied. Domain rules, sections 5 to 7."""

    stale_after_seconds: float = 600.0
    """Age of a read from which on a row that rests on it is read again before it is sent."""
    failure_percent: float = 20.0
    """Share of failed writes from which on a run stops itself."""
    failure_minimum: int = 20
    """Writes before that share says anything."""
    moves_per_day: int = 3
    """Moves of one subscriber in one day of the label, in all campaigns."""


@frozen
class BlockLists:
    """Who is never written to. Domain rules, section 5."""

    blocked_emails: tuple[str, ...] = ()
    """E-mails, in any spelling."""
    blocked_domains: tuple[str, ...] = ()
    """Domains, with or without an ``@`` in front."""
