"""The members of a campaign as last read: pages flow in from MailerLite, a stream by e-mail flows out to the plan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Integer, Row, Select, and_, func, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bema_tui.emails import spellings
from bema_tui.model import SubscriberStatus, Tier
from bema_tui.rules.records import Member
from bema_tui.store.database import Database
from bema_tui.store.fence import Fence, check_fence
from bema_tui.store.orders import holds_product
from bema_tui.store.schema import members
from bema_tui.store.schema_shop import order_items, orders

_TIERS = tuple(Tier)
_PAGE = 1000


def to_mask(tiers: Iterable[Tier]) -> int:
    """Tiers as bits, in the enum's order."""
    return sum(1 << _TIERS.index(tier) for tier in set(tiers))


def from_mask(mask: int) -> frozenset[Tier]:
    """The inverse of ``to_mask``."""
    return frozenset(tier for place, tier in enumerate(_TIERS) if mask >> place & 1)


# Of a power of two, and of zero, this leaves nothing.
_SEVERAL: Final = members.c.tiers.op("&", return_type=Integer)(members.c.tiers - 1) != 0
"""Whether a member is in several tiers, in SQL."""
_PURCHASED: Final = members.c.tiers.op("&", return_type=Integer)(to_mask(tier for tier in Tier if tier.purchased)) != 0
"""Whether a member is in a purchased tier, in SQL."""


@frozen
class KnownSubscriber:
    """Somebody whom MailerLite has shown."""

    id: str
    """MailerLite's id."""
    email: str
    """The e-mail as it was shown."""


@frozen
class MemberState:
    """Where a member stands, as far as changes move them."""

    tiers: frozenset[Tier]
    """The tiers they are in."""
    stored: str | None
    """What stands in the purchase field."""


class Members:
    """One campaign's members in the database."""

    def __init__(self, db: Database, campaign: str, run: int, fence: Fence) -> None:
        self._db = db
        self._campaign = campaign
        self._run = run
        self._fence = fence

    async def put(self, read: Sequence[Member]) -> None:
        """Take over a page of members as this run reads them."""
        if not read:
            return
        statement = upsert(members)
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=[members.c.campaign, members.c.subscriber_id],
            set_={
                **{
                    name: new[name]
                    for name in (
                        "email",
                        "email_key",
                        "name",
                        "last_name",
                        "source",
                        "status",
                        "tiers",
                        "stored",
                        "read_run",
                        "read_at",
                    )
                },
                "ever_member": or_(members.c.ever_member, new.ever_member),
            },
        )
        rows = [
            {
                "campaign": self._campaign,
                "subscriber_id": member.subscriber_id,
                "email": member.email,
                "email_key": member.email_key,
                "name": member.name,
                "last_name": member.last_name,
                "source": member.source,
                "status": member.status,
                "tiers": to_mask(member.tiers),
                "stored": member.stored,
                "read_run": self._run,
                "read_at": member.read_at,
                "ever_member": bool(member.tiers) or member.seen_before,
            }
            for member in read
        ]
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            await connection.execute(statement, rows)

    async def forget(self, subscriber_ids: Sequence[str]) -> None:
        """Subscribers whom a second look no longer found: this run's read does not have them."""
        if not subscriber_ids:
            return
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            await connection.execute(
                update(members)
                .where(members.c.campaign == self._campaign, members.c.subscriber_id.in_(list(subscriber_ids)))
                .values(read_run=0)
            )

    async def doubtful(self) -> tuple[str, ...]:
        """Ids of those whom this run's read saw in more than one tier, or in none."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(members.c.subscriber_id)
                .where(self._read_now(), or_(_SEVERAL, members.c.tiers == 0))
                .order_by(members.c.subscriber_id)
            )
            return tuple(row[0] for row in rows)

    async def missing_buyers(self, product_ids: Sequence[str], statuses: Sequence[str]) -> tuple[str, ...]:
        """What to look up of those with an order of these products in one of these statuses whom no group showed.

        That is each e-mail as the shop has it and, where they differ, its other spellings.
        """
        seen = select(members.c.email_key).where(self._read_now(), members.c.email_key == orders.c.email_key).exists()
        # From the product to its sales: the index on products finds those, and nothing walks all orders.
        query = (
            select(orders.c.email_key, orders.c.email)
            .distinct()
            .select_from(order_items.join(orders, orders.c.id == order_items.c.order_id))
            .where(
                order_items.c.product_id.in_(product_ids),
                orders.c.status.in_(statuses),
                ~seen,
                orders.c.email_key != "",
            )
            .order_by(orders.c.email_key, orders.c.email)
        )
        async with self._db.read() as connection:
            rows = list(await connection.execute(query))
        return tuple(dict.fromkeys(form for row in rows for form in spellings(row.email)))

    async def known_before(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of the e-mail keys that MailerLite knew at some read, for any campaign."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(members.c.email_key).distinct().where(members.c.email_key.in_(list(keys)))
            )
            return frozenset(row[0] for row in rows)

    async def shown_with(self, characters: Iterable[str], most: int = 3) -> tuple[KnownSubscriber, ...]:
        """A few subscribers with all these characters in their e-mails: of this run's read, else of any."""
        marks = [members.c.email.contains(character, autoescape=True) for character in {"@", *characters}]
        query = select(members.c.subscriber_id, members.c.email).where(*marks).limit(most)
        async with self._db.read() as connection:
            rows = (await connection.execute(query.where(self._read_now()))).all()
            if not rows:
                rows = (await connection.execute(query.order_by(members.c.read_at.desc()))).all()
            return tuple(KnownSubscriber(row.subscriber_id, row.email) for row in rows)

    async def count(self) -> int:
        """How many members this run's read saw in the campaign's groups."""
        async with self._db.read() as connection:
            found = await connection.scalar(
                select(func.count()).select_from(members).where(self._read_now(), members.c.tiers != 0)
            )
        return int(found or 0)

    async def count_by_tier(self) -> dict[Tier, int]:
        """Members per tier; a member in two tiers counts in both."""
        columns = [
            func.coalesce(func.sum(members.c.tiers.op("/")(1 << place) % 2), 0).label(tier)
            for place, tier in enumerate(_TIERS)
        ]
        async with self._db.read() as connection:
            row = (await connection.execute(select(*columns).where(self._read_now()))).one()
        return {tier: int(row[place]) for place, tier in enumerate(_TIERS)}

    async def worth_a_look(self, product_ids: Sequence[str]) -> AsyncIterator[Member]:
        """Those whom this run read and of whom a rule can say something, by e-mail key, then id.

        That is who has an order of these products or a stored value, or is in a purchased tier or in several. Of all
        others there is nothing to say. They come a page at a time, and no transaction is held between pages.
        """
        after = ("", "")
        while True:
            page = await self._page(after, product_ids)
            for row in page:
                yield _member(row)
            if len(page) < _PAGE:
                return
            after = (page[-1].email_key, page[-1].subscriber_id)

    async def _page(self, after: tuple[str, str], product_ids: Sequence[str]) -> Sequence[Row[Any]]:
        has_order = (
            select(orders.c.id)
            .where(orders.c.email_key == members.c.email_key, orders.c.email_key != "", holds_product(product_ids))
            .exists()
        )
        query: Select[Any] = (
            select(members)
            .where(
                self._read_now(),
                or_(members.c.stored != "", _SEVERAL, _PURCHASED, has_order),
                or_(
                    members.c.email_key > after[0],
                    and_(members.c.email_key == after[0], members.c.subscriber_id > after[1]),
                ),
            )
            .order_by(members.c.email_key, members.c.subscriber_id)
            .limit(_PAGE)
        )
        async with self._db.read() as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
            return rows

    async def update(self, states: Mapping[str, MemberState]) -> None:
        """What applied changes made of subscribers, by id, so that the last read stays true."""
        async with self._db.write() as connection:
            await check_fence(connection, self._fence)
            for subscriber_id, state in states.items():
                await connection.execute(
                    update(members)
                    .where(members.c.campaign == self._campaign, members.c.subscriber_id == subscriber_id)
                    .values(
                        tiers=to_mask(state.tiers),
                        stored=state.stored,
                        ever_member=or_(members.c.ever_member, literal(bool(state.tiers))),
                    )
                )

    async def states(self, subscriber_ids: Sequence[str], *, read_now: bool = False) -> dict[str, Member]:
        """Subscribers by id, as last read; with ``read_now`` those alone whom this run's read has."""
        seen = self._read_now() if read_now else members.c.campaign == self._campaign
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(members).where(seen, members.c.subscriber_id.in_(list(subscriber_ids)))
            )
            return {row.subscriber_id: _member(row) for row in rows}

    def _read_now(self) -> Any:
        return and_(members.c.campaign == self._campaign, members.c.read_run == self._run)


def _member(row: Row[Any]) -> Member:
    return Member(
        subscriber_id=row.subscriber_id,
        email=row.email,
        email_key=row.email_key,
        name=row.name,
        last_name=row.last_name,
        source=row.source,
        status=SubscriberStatus(row.status),
        tiers=from_mask(row.tiers),
        stored=row.stored,
        read_at=row.read_at,
        seen_before=row.ever_member,
    )
