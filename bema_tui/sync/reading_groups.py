"""Reads a campaign's people group by group and status by status, in the order in which automations move them."""

from __future__ import annotations

from bema_tui.errors import IncompleteRead
from bema_tui.model import Group, RunState, SubscriberStatus
from bema_tui.sync.account import Account
from bema_tui.sync.job import Job
from bema_tui.sync.reading_people import members_of, usable


def worth_reading(group: Group, status: SubscriberStatus) -> bool:
    """Whether a group is asked for its people of a status: not where its own count says that there are none."""
    return group.counts.get(status) != 0 or status is SubscriberStatus.ACTIVE


async def read_groups(job: Job, account: Account) -> None:
    """Every member of every group.

    Raises:
        IncompleteRead: a group could not be read whole, or a row does not parse.
    """
    for _, group in account.groups_to_read:
        never_counted = False
        for status in SubscriberStatus:
            if never_counted or worth_reading(group, status):
                came = await read_members(job, account, group, status)
                # Somebody is in a group that counts nobody at all: its counts are none, so no status is skipped.
                never_counted = never_counted or (came > 0 and not group.members)


async def read_members(job: Job, account: Account, group: Group, status: SubscriberStatus) -> int:
    """The members of one status; answers how many.

    The group's counts are cached by the service. Where they promise more people than came, the group is read a second
    time: two passes that agree outweigh a count that lags; two that differ are no complete read.
    """
    promised = group.counts.get(status, 0)
    first = await _pass(job, account, group, status)
    if len(first) >= promised:
        return len(first)
    second = await _pass(job, account, group, status)
    if second != first:
        raise IncompleteRead(
            f"The group {group.name} gave {len(first)}, then {len(second)} {status} members, "
            f"and counts {promised} itself.",
            tried="read the campaign's groups",
            where="MailerLite",
            advice="Nothing was written. Start the sync again in a minute.",
        )
    return len(first)


async def _pass(job: Job, account: Account, group: Group, status: SubscriberStatus) -> frozenset[int]:
    seen: set[int] = set()
    async for page in job.mailerlite.get_subscribers(group_id=group.id, status=status, with_groups=True):
        await job.safe_point(RunState.PLANNING)
        people = await usable(job, page, group.name)
        await job.people.put(members_of(job, account, people))
        seen.update(int(subscriber.id) for subscriber in people)
        seen.update(int(row.subscriber_id) for row in page.broken)
        job.people_read += len(people)
        await job.note(members=job.people_read)
    return frozenset(seen)
