"""Says of an order number that no order of a person has what was shown when, and what was written when."""

from __future__ import annotations

from datetime import UTC, datetime

from bema_tui.rules.records import CampaignContext, Person, Sighting


def trace_text(context: CampaignContext, person: Person, value: str) -> str:
    """One sentence about a stored value that names no order of the person as the shop shows it for their e-mail."""
    marked = f"Marked with order {value}"
    written = person.trace.written_at
    seen = _best(context, person)
    if seen is None:
        if written is None:
            return f"{marked}, which the shop never showed, for this address or another."
        return f"{marked}, which was written here on {_day(written)}; the shop shows no order of that number any more."
    if seen.email_key == person.email_key:
        return f"{marked}, which holds no product of {context.campaign.code}."
    moved = _moved(person, seen)
    if moved:
        return f"{marked}, which {moved}."
    now = _now(seen)
    if written is not None:
        return f"{marked}, which was written here on {_day(written)} and which in the shop {now}."
    return f"{marked}, which the shop never showed for this address; it {now}."


def tier_text(context: CampaignContext, person: Person) -> str:
    """One sentence about somebody in a purchased tier who has no stored value and no order."""
    seen = _best(context, person)
    if seen is None:
        return "In a purchased tier, and no order of theirs is known."
    return f"In a purchased tier; their order {seen.number} is one that {_moved(person, seen)}."


def _moved(person: Person, seen: Sighting) -> str:
    """Until when the shop showed the order for this person, and under which e-mail now; empty if it never did."""
    before = next((former for former in seen.former if former.email_key == person.email_key), None)
    if before is None:
        return ""
    return f"the shop showed for {before.email} until {_day(before.last_seen)} and which now {_now(seen)}"


def _now(seen: Sighting) -> str:
    return f"{'is' if seen.listed else 'was last, on ' + _day(seen.last_seen) + ','} under {seen.email}"


def _best(context: CampaignContext, person: Person) -> Sighting | None:
    """The order that says most about this person: once theirs, then of the campaign, then the last seen."""

    def worth(seen: Sighting) -> tuple[bool, bool]:
        theirs = person.email_key in {seen.email_key, *(former.email_key for former in seen.former)}
        return theirs, not seen.product_ids.isdisjoint(context.campaign.product_ids)

    return max(person.trace.sightings, key=worth, default=None)


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"
