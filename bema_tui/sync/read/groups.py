"""Reads a campaign's members group by group and status by status, in the order in which automations move them."""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen

from bema_tui.errors import IncompleteRead, ListChanged
from bema_tui.model import FindingRule, Group, SubjectKind, SubscriberStatus
from bema_tui.rules.findings import finding
from bema_tui.sync.read.reading import MembersReading
from bema_tui.sync.read.subscribers import look_closely, members_of, usable

PASSES = 3
MOST_ASKED_FOR = 500
"""Members whom one pass showed and the next did not, to be asked for by id: more are no movement of single ones."""

MOST_LEFT_OUT = 20
"""Of these, how many may be members all the same; more are a list that leaves people out."""


@frozen
class _GroupPass:
    """Who came in one pass, by id; ``whole`` unless the list changed while it was read.

    ``unnamed`` are the rows that came without an id that can be read.
    """

    came: frozenset[int]
    whole: bool
    unnamed: int = 0

    @property
    def rows(self) -> int:
        """How many came."""
        return len(self.came) + self.unnamed


def worth_reading(group: Group, status: SubscriberStatus) -> bool:
    """Return whether a group is asked for its members of a status: not where its own count says that there are none."""
    return group.counts.get(status) != 0 or status is SubscriberStatus.ACTIVE


async def read_groups(reading: MembersReading) -> None:
    """Every member of every group.

    Raises:
        IncompleteRead: nothing of a group could be read, or a row does not parse.
    """
    for _, group in reading.account.groups_to_read:
        never_counted = False
        for status in SubscriberStatus:
            if never_counted or worth_reading(group, status):
                came = await read_members(reading, group, status)
                # Somebody is in a group that counts nobody at all: its counts are none, so no status is skipped.
                never_counted = never_counted or (came > 0 and not group.members)


async def read_members(reading: MembersReading, group: Group, status: SubscriberStatus) -> int:
    """Read the members of one status, and return how many came.

    A row shows in one moment in which groups its subscriber is, so whoever came is certain. Who did not come is another
    matter: the group's counts are cached by the service, and people come and go. Where the counts promise more than
    came, the group is read again: a pass that lacks nobody of those before outweighs a count that lags, and so does
    one that lacks people who, asked for by id, are not in the group any more. What is open after three passes is a
    finding, and the run takes nothing back.

    Raises:
        IncompleteRead: nobody came in any pass, many were left out of one, or rows don't parse.
    """
    promised = group.counts.get(status, 0)
    now = await _pass(reading, group, status)
    if now.whole and now.rows >= promised:
        return now.rows
    seen, gone = now.came, frozenset[int]()
    for _ in range(PASSES - 1):
        now = await _pass(reading, group, status, seen)
        left_out = seen - now.came - gone
        gone |= await _gone(reading, group, status, left_out)
        if now.whole and (now.rows >= promised or left_out <= gone):
            return now.rows
        seen |= now.came
    if not seen:
        raise IncompleteRead(
            f"The list of the {status} members of {group.name} changed in each of {PASSES} readings, and nobody came.",
            tried="read the campaign's groups",
            where="MailerLite",
            advice="Nothing was written. Start the sync again in a minute.",
        )
    reading.incomplete_groups.append(group.name)
    incomplete = finding(
        FindingRule.RECORD_WARNING,
        reading.context.campaign.code,
        group.name,
        f"Not all {status} members of {group.name} are certain: its list changed in each of {PASSES} readings. "
        f"{len(seen):,} came, the group counts {promised:,} itself.",
        "Whoever did not come is left alone, and in this run nobody leaves a group and nothing is taken back; the next "
        "sync reads them again.",
        about=SubjectKind.OTHER,
    )
    await reading.context.findings.record([incomplete], reading.context.run)
    return len(seen)


async def _gone(
    reading: MembersReading, group: Group, status: SubscriberStatus, left_out: frozenset[int]
) -> frozenset[int]:
    """Return whom a pass left out and who, asked for by id, are not in the group, or of this status, any more.

    Raises:
        IncompleteRead: many still are; that is no account in motion, but a list that leaves people out.
    """
    if len(left_out) > MOST_ASKED_FOR:
        return frozenset()
    ids = [str(number) for number in sorted(left_out)]
    await look_closely(reading, ids, ())
    tier = reading.account.tier_of_group[group.id]
    shown = await reading.context.members.states(ids, read_now=True)
    there = {int(number) for number, one in shown.items() if one.status is status and tier in one.tiers}
    if len(there) > MOST_LEFT_OUT:
        raise IncompleteRead(
            f"The list of the {status} members of {group.name} left out {len(there)} people who are in it; the group "
            f"counts {group.counts.get(status, 0):,} itself.",
            tried="read the campaign's groups",
            where="MailerLite",
            advice="Nothing was written. Start the sync again in a minute.",
        )
    return left_out - there


async def _pass(
    reading: MembersReading, group: Group, status: SubscriberStatus, before: Collection[int] = frozenset()
) -> _GroupPass:
    seen: set[int] = set()
    unnamed: set[str] = set()
    whole = True
    try:
        async for page in reading.context.mailerlite.get_subscribers(
            group_id=group.id, status=status, with_groups=True
        ):
            await reading.context.safe_point()
            subscribers = await usable(reading, page, group.name)
            await reading.context.members.put(await members_of(reading, subscribers))
            came = {int(subscriber.id) for subscriber in subscribers}
            seen |= came | {int(row.subscriber_id) for row in page.broken if row.subscriber_id}
            unnamed |= {row.row for row in page.broken if not row.subscriber_id}
            reading.members += len(came.difference(before))
            await reading.context.note(members=reading.members)
    except ListChanged:
        whole = False
    return _GroupPass(frozenset(seen), whole, len(unnamed))
