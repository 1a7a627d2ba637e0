"""Reads a campaign's members from MailerLite the cheapest safe way, and says before what it will cost."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from bema_tui.errors import ListChanged
from bema_tui.model import Completeness, MailerLiteReadResult, ReadingStrategy, SubscriberStatus
from bema_tui.providers.quota.period import BatchCost
from bema_tui.rules.purchases import LISTED
from bema_tui.store.account_facts import AccountFact, AccountFacts
from bema_tui.store.buyers import Buyers
from bema_tui.sync.read.campaign_in_mailerlite import CampaignInMailerLite
from bema_tui.sync.read.costs import (
    ACCOUNT_PAGE,
    GROUP_PAGE,
    ReadingCost,
    ReadingNeeds,
    cheapest,
    worth_counting,
)
from bema_tui.sync.read.groups import read_groups, worth_reading
from bema_tui.sync.read.reading import MembersReading
from bema_tui.sync.read.result import MembersRead
from bema_tui.sync.read.subscribers import in_known_form, look_closely, ready_look_up
from bema_tui.sync.read.sweep import sweep
from bema_tui.sync.run_context import RunContext

_LISTS = {
    AccountFact.PAGE_OF_GROUP: "/groups/*/subscribers",
    AccountFact.PAGE_OF_ACCOUNT: "/subscribers",
}
_COUNT_HOLDS = 24 * 3600.0  # seconds


async def read_campaign_members(context: RunContext, account: CampaignInMailerLite) -> MembersRead:
    """Read everybody who is in a group of the campaign, or has bought and is in none.

    The way is chosen, and its requests are written down as ``runs.read_forecast``, before anything of it is read; that
    is corrected once the lists have shown whom a closer look is due. Whoever then shows two tiers, or is a buyer in
    none, is read again. Domain rules, section 6.

    Raises:
        IncompleteRead: something could not be read whole, or a row does not parse.
    """
    buyers = Buyers(context.db, context.campaign.code, context.campaign.product_ids, LISTED)
    facts = AccountFacts(context.db)
    reading, batch = MembersReading(context, account), context.quota.batch_cost
    cost = await choose_reading(context, account, buyers, facts, batch)
    before, began = context.meter.read, context.db.now()
    await context.note(read_forecast=before + cost.requests)
    swept: int | None = None
    if cost.strategy is ReadingStrategy.BY_SWEEP:
        swept = await _sweep(reading, buyers)
    else:
        await read_groups(reading)
    doubtful = await context.members.doubtful()
    missing: Sequence[str] = in_known_form(await context.members.missing_buyers(context.campaign.product_ids, LISTED))
    may_be_proved = missing and not context.settings.rules.add_new_buyers
    if may_be_proved and swept is not None and await _showed_all(context, facts, swept):
        missing = ()
    forecast = context.meter.read + (await ready_look_up(context, missing)).requests(missing, doubtful)
    await context.note(read_forecast=forecast)
    await look_closely(reading, doubtful, missing)
    await _remember_pages(context, facts)
    members = await context.members.count()
    result = MailerLiteReadResult(
        completeness=Completeness.PARTIAL if reading.incomplete_groups else Completeness.COMPLETE,
        at=context.db.now(),
        members=members,
        strategy=ReadingStrategy.BY_GROUPS if swept is None else ReadingStrategy.BY_SWEEP,
        requests=context.meter.read - before,
        requests_forecast=cost.requests,
        batch_items_count=batch.item > 0,
    )
    await context.note(members=members, mailerlite_read=result)
    return MembersRead(
        note=f"{members:,} people",
        result=result,
        forecast=forecast,
        at=began + (context.db.now() - began) / 2,
        set_aside=dict(reading.set_aside),
        in_doubt=frozenset(reading.in_doubt),
        incomplete_groups=tuple(reading.incomplete_groups),
    )


async def choose_reading(
    context: RunContext, account: CampaignInMailerLite, buyers: Buyers, facts: AccountFacts, batch: BatchCost
) -> ReadingCost:
    """Return the cheapest safe way to read; asks for the account's size only where that could change the choice."""
    passes = [
        group.counts.get(status, 0)
        for _, group in account.groups_to_read
        for status in SubscriberStatus
        if worth_reading(group, status)
    ]
    expected = await buyers.expected()
    if not expected.read_before:
        # Nobody has looked yet. Most buyers come from the list; those beyond its members can't be among them. Some will
        # be in no group, and somebody in two tiers: that is a batch each, rarely none or two.
        members, some = sum(passes), min(1, expected.outside)
        outside = max(some, expected.outside - members)
        expected = evolve(expected, outside=outside, outside_known=some, several=min(1, members))
    needs = ReadingNeeds(
        passes=passes,
        outside=expected.outside,
        outside_known=expected.outside_known,
        several=expected.several,
        account=None,
        group_page=await _page(context, facts, AccountFact.PAGE_OF_GROUP) or GROUP_PAGE,
        account_page=await _page(context, facts, AccountFact.PAGE_OF_ACCOUNT) or ACCOUNT_PAGE,
        finds_unknown=context.settings.rules.add_new_buyers,
        batch=batch,
    )
    if worth_counting(needs):
        needs = evolve(needs, account=await _subscribers_in_account(context, facts))
    return cheapest(needs)


async def _page(context: RunContext, facts: AccountFacts, name: AccountFact) -> int | None:
    return context.mailerlite.page_cap(_LISTS[name]) or await facts.number(name)


async def _remember_pages(context: RunContext, facts: AccountFacts) -> None:
    """Keep how many rows a page holds, for the forecast of the next run."""
    for name, path in _LISTS.items():
        cap = context.mailerlite.page_cap(path)
        if cap is not None:
            await facts.learned(name, cap)


async def _sweep(reading: MembersReading, buyers: Buyers) -> int | None:
    """Sweep the account, and return how many came; None: the list changed on the way, and the groups were read."""
    try:
        return await sweep(reading, buyers)
    except ListChanged:
        await read_groups(reading)
        return None


async def _showed_all(context: RunContext, facts: AccountFacts, came: int) -> bool:
    """Whether a sweep showed as many as the account counts, which proves that whoever did not come is not in it.

    A count of the last day is taken where it is the very same; else the account is counted now, for it grew or shrank
    since, or its list ended early.
    """
    return came == await _last_count(context, facts) or came >= await _count(context, facts)


async def _subscribers_in_account(context: RunContext, facts: AccountFacts) -> int:
    known = await _last_count(context, facts)
    return await _count(context, facts) if known is None else known


async def _last_count(context: RunContext, facts: AccountFacts) -> int | None:
    """What the account counted within the last day."""
    at = await facts.number(AccountFact.SUBSCRIBERS_COUNTED_AT)
    young = at is not None and 0 <= context.db.now().timestamp() - at < _COUNT_HOLDS
    return await facts.number(AccountFact.SUBSCRIBERS) if young else None


async def _count(context: RunContext, facts: AccountFacts) -> int:
    subscribers = await context.mailerlite.count_subscribers()
    await facts.learned(AccountFact.SUBSCRIBERS, subscribers)
    await facts.learned(AccountFact.SUBSCRIBERS_COUNTED_AT, int(context.db.now().timestamp()))
    return subscribers
