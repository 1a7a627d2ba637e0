"""Whom SQL leaves out of a plan, no rule can say anything about: in any world the plan is the same with and without."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from bema_tui.model import (
    Campaign,
    Cause,
    ChangeKind,
    ChangeState,
    Completeness,
    CustomField,
    Group,
    MailerLiteReadResult,
    Order,
    OrderItem,
    ReadKind,
    RunKind,
    RunOptions,
    RunState,
    ShopReadResult,
    SubscriberStatus,
    Tier,
)
from bema_tui.rules.choices import BlockLists, Rules
from bema_tui.rules.groups_and_field import check_campaign
from bema_tui.rules.naming import field_name, group_name
from bema_tui.rules.records import Member, Unproved
from bema_tui.settings import Settings
from bema_tui.store.campaigns import Campaigns
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence
from bema_tui.store.findings import Findings
from bema_tui.store.identity import current_holder
from bema_tui.store.ledger import Ledger
from bema_tui.store.lock_ages import LockAges
from bema_tui.store.locks import DatabaseLocks
from bema_tui.store.members import Members
from bema_tui.store.orders import Orders
from bema_tui.store.runs import Runs
from bema_tui.store.schema import findings, ledger, runs
from bema_tui.sync.plan.planner import plan_changes
from bema_tui.sync.read.campaign_in_mailerlite import CampaignInMailerLite
from bema_tui.sync.read.result import MembersRead, ReadResult
from bema_tui.sync.run_context import Meter, RunContext
from tests.support.clock import AFTERNOON, SetClock
from tests.support.emails import with_email

CODE = "2026_ETB_NBL"
OURS, BUNDLE, OTHER = "12", "13", "7"
EMAILS = ("ana@example.org", "Ana@Example.org", "bob@example.org", "zoe@käse.example", "zoe@xn--kse-qla.example", "")
NUMBERS = ("17", "18", "019")
PRICES = (Decimal(10), Decimal(10), Decimal(0))
GROUPS = {tier: Group(str(100 + place), group_name(CODE, tier)) for place, tier in enumerate(Tier)}
FIELD = CustomField("5", field_name(CODE), "key", "number")


@frozen
class Sale:
    """An order, and which of two reads of the shop show it."""

    order: Order
    earlier: bool
    latest: bool
    email_before: str


@frozen
class Past:
    """What an earlier run did to somebody, or tried."""

    subscriber_id: str
    kind: ChangeKind
    tier: Tier
    state: ChangeState
    after: str | None


@frozen
class World:
    """What a plan is made from."""

    members: tuple[Member, ...]
    not_read_now: tuple[Member, ...]
    sales: tuple[Sale, ...]
    past: tuple[Past, ...]
    missing: frozenset[Tier]
    field: CustomField | None
    rules: Rules
    retry_refused: bool
    blocks: BlockLists
    full: bool
    shrank: bool
    unproved: Unproved
    set_aside: frozenset[str]
    in_doubt: frozenset[str]


def _members(numbers: Sequence[str], least: int = 0) -> st.SearchStrategy[tuple[Member, ...]]:
    one = st.builds(
        Member,
        subscriber_id=st.sampled_from(numbers),
        email=st.sampled_from(EMAILS),
        name=st.just(""),
        last_name=st.just(""),
        source=st.just(""),
        status=st.sampled_from(SubscriberStatus),
        tiers=st.frozensets(st.sampled_from(Tier), max_size=2),
        stored=st.sampled_from((None, None, None, "", " ", "0", *NUMBERS, "99")),
        read_at=st.just(AFTERNOON),
        seen_before=st.booleans(),
    )
    many = st.lists(one, min_size=least, max_size=8, unique_by=lambda member: member.subscriber_id)
    return many.map(tuple)


def _sales() -> st.SearchStrategy[tuple[Sale, ...]]:
    items = st.builds(
        OrderItem,
        st.sampled_from((OURS, OURS, BUNDLE, OTHER)),
        st.just("NBL"),
        st.sampled_from(PRICES),
    )
    order = st.builds(
        Order,
        key=st.sampled_from(("k1", "k2", "k3", "k4", "k5")),
        number=st.sampled_from(NUMBERS),
        email=st.sampled_from(EMAILS),
        status=st.sampled_from(("complete", "complete", "partially_refunded", "refunded", "revoked", "pending")),
        mode=st.sampled_from(("live", "live", "live", "test")),
        date_utc=st.sampled_from((None, *(AFTERNOON - timedelta(days=days) for days in (2, 40)))),
        total=st.just(Decimal(10)),
        items=st.lists(items, min_size=1, max_size=2).map(tuple),
    )
    sale = st.builds(Sale, order, st.booleans(), st.sampled_from((True, True, False)), st.sampled_from(EMAILS))
    return st.lists(sale, min_size=1, max_size=5, unique_by=lambda sold: sold.order.key).map(tuple)


IDS = tuple(str(number) for number in range(1, 9))
WORLDS = st.builds(
    World,
    members=_members(IDS, 5),
    not_read_now=_members(("21", "22")),
    sales=_sales(),
    past=st.lists(
        st.builds(
            Past,
            st.sampled_from(IDS),
            st.sampled_from((ChangeKind.SET_FIELD, ChangeKind.ADD_GROUP, ChangeKind.REMOVE_GROUP)),
            st.sampled_from(Tier),
            st.sampled_from((ChangeState.APPLIED, ChangeState.FAILED)),
            st.sampled_from((None, *NUMBERS)),
        ),
        max_size=6,
    ).map(tuple),
    missing=st.frozensets(st.sampled_from(Tier), max_size=1),
    field=st.sampled_from((FIELD, FIELD, evolve(FIELD, type="text"), evolve(FIELD, type="date"), None)),
    rules=st.builds(
        Rules,
        place_unassigned_buyers=st.booleans(),
        add_new_buyers=st.booleans(),
        count_free_orders=st.booleans(),
        partial_refund_counts=st.booleans(),
        on_refund=st.sampled_from(("flag", "revert")),
        move_inactive=st.booleans(),
    ),
    retry_refused=st.booleans(),
    blocks=st.sampled_from((BlockLists(), BlockLists(blocked_emails=("bob@example.org",)))),
    full=st.sampled_from((True, True, False)),
    shrank=st.booleans(),
    unproved=st.sampled_from(
        (Unproved(), Unproved(), Unproved({"ana@example.org": frozenset({"17"})}), Unproved({"": frozenset({""})}))
    ),
    set_aside=st.frozensets(st.sampled_from(IDS), max_size=1),
    in_doubt=st.frozensets(st.sampled_from(IDS), max_size=2),
)


class Everybody(Members):
    """Leaves nobody out."""

    async def worth_a_look(self, product_ids: Sequence[str]) -> AsyncIterator[Member]:
        found = (await self.states([*IDS, "21", "22"], read_now=True)).values()
        for member in sorted(found, key=lambda member: (member.email_key, member.subscriber_id)):
            yield member


@pytest.mark.slow
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(world=WORLDS)
def test_a_plan_is_the_same_with_and_without_those_whom_sql_leaves_out(database_file: Path, world: World) -> None:
    async def compare() -> None:
        async with _in_database(database_file, world) as context:
            without = await _plan(context, world)
            everybody = Everybody(context.db, CODE, context.run, context.fence)
            assert await _plan(evolve(context, members=everybody), world) == without

    asyncio.run(compare())


@asynccontextmanager
async def _in_database(empty: Path, world: World) -> AsyncIterator[RunContext]:
    """A run that has read the world."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bema.sqlite3"
        shutil.copyfile(empty, path)
        async with await Database.open(str(path), clock=SetClock()) as db:
            start = AFTERNOON - timedelta(days=30)
            await Campaigns(db).add(Campaign(CODE, "No Better Love", (OURS, BUNDLE), start=start), "test")
            await _read_the_shop(Orders(db), world.sales)
            yield await _run(db, world)


async def _read_the_shop(store: Orders, sales: Sequence[Sale]) -> None:
    earlier = [with_email(one.order, one.email_before) for one in sales if one.earlier]
    for shown in (earlier, [one.order for one in sales if one.latest]):
        number = await store.begin_read()
        await store.put(number, shown)
        await store.finish_read(number, Completeness.COMPLETE, orders=len(shown), passes=2, requests=2)


async def _run(db: Database, world: World) -> RunContext:
    me = current_holder()
    lock = await DatabaseLocks(db, LockAges(), me).acquire_lock(CODE, RunKind.PLAN)
    fence, store = Fence(lock.key, lock.token), Runs(db)
    before, run = [await store.create(RunKind.PLAN, CODE, me) for _ in range(2)]
    await store.claim(run, [RunState.PLANNING], fence, me)
    async with db.write() as connection:
        for seq, past in enumerate(world.past):
            await connection.execute(insert(ledger).values(**_row(before, seq, past)))
    await Members(db, CODE, before, fence).put(world.not_read_now)
    await Members(db, CODE, run, fence).put(world.members)

    async def go_on() -> None:
        """Nobody stops it."""

    nothing = cast("Any", None)
    return RunContext(
        run=run,
        campaign=await Campaigns(db).get(CODE),
        options=RunOptions(retry_refused=world.retry_refused),
        settings=Settings(rules=world.rules, block_lists=world.blocks),
        db=db,
        fence=fence,
        runs=store,
        orders=Orders(db),
        findings=Findings(db),
        members=Members(db, CODE, run, fence),
        ledger=Ledger(db, run, CODE, fence),
        statistics=nothing,
        mailerlite=nothing,
        shop=nothing,
        quota=nothing,
        interrupt=nothing,
        meter=Meter(),
        waits=nothing,
        safe_point=go_on,
    )


def _row(run: int, seq: int, past: Past) -> dict[str, Any]:
    """A row of the ledger."""
    number, of_field = past.subscriber_id, past.kind is ChangeKind.SET_FIELD
    return {
        "run": run,
        "seq": seq,
        "subscriber_seq": seq,
        "campaign": CODE,
        "subscriber_id": number,
        "email": f"{number}@example.org",
        "kind": past.kind,
        "target": FIELD.key if of_field else GROUPS[past.tier].id,
        "target_name": FIELD.name if of_field else GROUPS[past.tier].name,
        "after": past.after if of_field else None,
        "cause": Cause.PURCHASE,
        "tier": None if of_field else past.tier,
        "state": past.state,
        "refused_status": 422 if past.state is ChangeState.FAILED else None,
        "read_at": AFTERNOON,
        "planned_at": AFTERNOON,
        "recorded_at": AFTERNOON,
    }


async def _plan(context: RunContext, world: World) -> tuple[Any, ...]:
    """Plan, and return all that the plan says: what it comes to, its rows, its findings, its run."""
    groups = {tier: group for tier, group in GROUPS.items() if tier not in world.missing}
    fields = [] if world.field is None else [world.field]
    check = check_campaign(context.campaign, [*groups.values()], fields)
    reads = ReadResult(
        shop=ShopReadResult(Completeness.COMPLETE, kind=ReadKind.FULL if world.full else ReadKind.RECENT),
        members=MembersRead(
            note="",
            result=MailerLiteReadResult(Completeness.COMPLETE),
            forecast=0,
            at=AFTERNOON,
            set_aside=dict.fromkeys(world.set_aside, ""),
            in_doubt=world.in_doubt,
            incomplete_groups=(),
        ),
        unproved=world.unproved,
    )
    account = CampaignInMailerLite(groups, world.field, check, AFTERNOON)
    aliases = {"99": world.sales[0].order.identity} if world.sales else {}
    async with context.db.write() as connection:
        await connection.execute(delete(findings))
    totals = await plan_changes(context, account, reads, aliases, shrank=world.shrank)
    queries = (
        select(*(column for column in ledger.c if column.name != "id")).where(ledger.c.run == context.run),
        select(*(column for column in findings.c if column.name != "id")),
        select(runs.c.members, runs.c.moves, runs.c.left_out).where(runs.c.id == context.run),
    )
    async with context.db.read() as connection:
        return totals, *[sorted(map(repr, await connection.execute(query))) for query in queries]
