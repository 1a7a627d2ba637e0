"""Says of an order number that no order of a subscriber has what was shown when, and what was written when."""

from __future__ import annotations

from datetime import UTC, datetime

from bema_tui.rules.records import CampaignContext, Member, Sighting


def trace_text(context: CampaignContext, member: Member, value: str) -> str:
    """One sentence about a stored value that names no order of the subscriber as the shop shows it for their e-mail."""
    marked = f"Marked with order {value}"
    written = member.trace.written_at
    seen = _best(context, member)
    if seen is None:
        if written is None:
            return f"{marked}, which the shop never showed, for this e-mail or another."
        return f"{marked}, which was written here on {_day(written)}; the shop shows no order of that number any more."
    if seen.email_key == member.email_key:
        return f"{marked}, which holds no product of {context.campaign.code}."
    moved = _moved(member, seen)
    if moved:
        return f"{marked}, which {moved}."
    now = _now(seen)
    if written is not None:
        return f"{marked}, which was written here on {_day(written)} and which in the shop {now}."
    return f"{marked}, which the shop never showed for this e-mail; it {now}."


def tier_text(context: CampaignContext, member: Member) -> str:
    """One sentence about somebody in a purchased tier who has no stored value and no order."""
    seen = _best(context, member)
    if seen is None:
        return "In a purchased tier, and no order of theirs is known."
    return f"In a purchased tier; their order {seen.number} is one that {_moved(member, seen)}."


def _moved(member: Member, seen: Sighting) -> str:
    """Until when the shop showed the order for this subscriber, and under which e-mail now; empty if it never did."""
    before = next((former for former in seen.former if former.email_key == member.email_key), None)
    if before is None:
        return ""
    return f"the shop showed for {before.email} until {_day(before.last_seen)} and which now {_now(seen)}"


def _now(seen: Sighting) -> str:
    return f"{'is' if seen.listed else 'was last, on ' + _day(seen.last_seen) + ','} under {seen.email}"


def _best(context: CampaignContext, member: Member) -> Sighting | None:
    """The order that says most about this subscriber: once theirs, then of the campaign, then the last seen."""

    def worth(seen: Sighting) -> tuple[bool, bool]:
        theirs = member.email_key in {seen.email_key, *(former.email_key for former in seen.former)}
        return theirs, not seen.product_ids.isdisjoint(context.campaign.product_ids)

    return max(member.trace.sightings, key=worth, default=None)


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"
