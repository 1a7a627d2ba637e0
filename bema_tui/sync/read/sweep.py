"""Reads a campaign's members in one sweep over the account: each row says in which groups its subscriber is."""

from __future__ import annotations

from collections import Counter

from bema_tui.model import SubscriberStatus
from bema_tui.store.buyers import Buyers
from bema_tui.sync.read.groups import read_members
from bema_tui.sync.read.reading import MembersReading
from bema_tui.sync.read.subscribers import members_of, usable


async def sweep(reading: MembersReading, buyers: Buyers) -> int:
    """Keep who is in a group of the campaign, and its buyers wherever they are; return how many subscribers came.

    A row is read in one moment, so nobody is seen in two. The list goes from newest to oldest: one who is created
    meanwhile is missed, nobody comes twice. The sweep is compared with the groups' own counts: a group that promises
    more is read by itself. Domain rules, section 6.

    Raises:
        IncompleteRead: a row does not parse or lacks its groups, or a group could not be read whole.
    """
    tier_of_group = reading.account.tier_of_group
    came: Counter[tuple[str, SubscriberStatus]] = Counter()
    total = 0
    async for page in reading.context.mailerlite.get_subscribers(with_groups=True):
        await reading.context.safe_point()
        subscribers = await usable(reading, page, "the account")
        members = await members_of(reading, subscribers)
        bought = await buyers.among([member.email_key for member in members if not member.tiers])
        kept = [member for member in members if member.tiers or member.email_key in bought]
        await reading.context.members.put(kept)
        for subscriber, member in zip(subscribers, members, strict=True):
            ours = (group for group in subscriber.group_ids or () if group in tier_of_group)
            came.update((group, member.status) for group in ours)
        total += len(subscribers)
        reading.members += sum(bool(member.tiers) for member in kept)
        await reading.context.note(members=reading.members)
    for _, group in reading.account.groups_to_read:
        for status in SubscriberStatus:
            if came[group.id, status] < group.counts.get(status, 0):
                await read_members(reading, group, status)
    return total
