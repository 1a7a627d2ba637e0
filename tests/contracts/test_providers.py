"""The contract ``Provider``, held by every implementation against the simulator's real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Literal

import attrs
import pytest

from bema_tui.errors import NotAuthorized, ProviderError, UnsupportedOperation
from bema_tui.interfaces import Provider
from bema_tui.model import Completeness, Group, Order, Subscriber, SubscriberPage, SubscriberStatus
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.edd.lookups import By, SaleQuery
from bema_tui.providers.edd.paging import Paging
from bema_tui.providers.http.null_ports import NoInterrupt, NoMeter
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.mailerlite.batch import BatchItem
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.providers.mailerlite.create import Ensured
from bema_tui.providers.quota.gate import QuotaGate
from bema_tui.providers.quota.settings import QuotaSettings
from bema_tui.secrets import Secret
from bema_tui.simulator.server import SimulatorServer
from bema_tui.simulator.settings import Endpoints, SimulatorSettings

SETTINGS = SimulatorSettings(subscribers=300, orders=150, campaigns=2, quota=100_000, window_seconds=3600)
QUICK = HttpPolicy(tries=2, base=0.01)


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorServer]:
    with SimulatorServer(SETTINGS) as server:
        yield server


def make(kind: str, at: Endpoints) -> MailerLite | EasyDigitalDownloads:
    interrupt, meter = NoInterrupt(), NoMeter()
    if kind == "edd":
        return EasyDigitalDownloads(
            at.edd_url,
            Secret(at.edd_key),
            Secret(at.edd_token),
            interrupt=interrupt,
            meter=meter,
            policy=QUICK,
            paging=Paging(page_size=40),
        )
    gate = QuotaGate(interrupt=interrupt)
    return MailerLite(
        at.mailerlite_url, Secret(at.mailerlite_key), gate=gate, interrupt=interrupt, meter=meter, policy=QUICK
    )


@pytest.fixture(params=["mailerlite", "edd"])
async def provider(
    request: pytest.FixtureRequest, simulator: SimulatorServer
) -> AsyncIterator[MailerLite | EasyDigitalDownloads]:
    async with make(request.param, simulator.endpoints) as made:
        yield made


@pytest.fixture
async def mailerlite(simulator: SimulatorServer) -> AsyncIterator[MailerLite]:
    async with make("mailerlite", simulator.endpoints) as made:
        assert isinstance(made, MailerLite)
        yield made


@pytest.fixture
async def shop(simulator: SimulatorServer) -> AsyncIterator[EasyDigitalDownloads]:
    async with make("edd", simulator.endpoints) as made:
        assert isinstance(made, EasyDigitalDownloads)
        yield made


async def everybody(pages: AsyncIterator[SubscriberPage]) -> list[Subscriber]:
    subscribers: list[Subscriber] = []
    async for page in pages:
        assert page.broken == ()
        subscribers += page.subscribers
    return subscribers


# What every provider does


def test_it_is_a_provider_with_a_name(provider: Provider) -> None:
    assert isinstance(provider, Provider)
    assert provider.name


async def test_a_connection_test_says_who_answered(provider: Provider) -> None:
    report = await provider.validate_connection()
    assert report.identity
    assert report.seconds > 0


async def test_subscribers_come_in_pages_each_once(provider: Provider) -> None:
    subscribers = await everybody(provider.get_subscribers())
    assert len(subscribers) > 40
    assert len({subscriber.id for subscriber in subscribers}) == len(subscribers)
    assert all(subscriber.id.isdigit() and subscriber.email for subscriber in subscribers)


async def test_a_write_works_or_is_refused_as_impossible(provider: Provider) -> None:
    subscriber = (await everybody(provider.get_subscribers()))[-1]
    try:
        groups: Sequence[Group] = await provider.get_groups()
    except UnsupportedOperation:
        groups = ()
    if not groups:
        for refused in (
            provider.update_subscriber(subscriber.id, {"name": "New"}),
            provider.add_subscriber_to_group(subscriber.id, "1"),
            provider.remove_subscriber_from_group(subscriber.id, "1"),
            provider.add_or_update_subscriber(subscriber.email, {}),
        ):
            with pytest.raises(UnsupportedOperation):
                await refused
        return
    group = groups[0]
    assert (await provider.update_subscriber(subscriber.id, {"name": "New"})).name.startswith("New")
    await provider.add_subscriber_to_group(subscriber.id, group.id)
    members = [found async for page in provider.get_subscribers(group_id=group.id) for found in page.subscribers]
    assert subscriber.id in {found.id for found in members}
    await provider.remove_subscriber_from_group(subscriber.id, group.id)
    await provider.remove_subscriber_from_group(subscriber.id, group.id)
    again = await provider.add_or_update_subscriber(subscriber.email, {"name": "Newer"}, [group.id])
    assert again.id == subscriber.id
    assert again.group_ids is not None
    assert group.id in again.group_ids


@pytest.mark.parametrize("kind", ["mailerlite", "edd"])
async def test_a_wrong_key_is_not_authorized_and_never_told(kind: str, simulator: SimulatorServer) -> None:
    wrong = attrs.evolve(simulator.endpoints, mailerlite_key="wrong-key-1", edd_key="wrong-key-2")
    async with make(kind, wrong) as stranger:
        with pytest.raises(NotAuthorized) as caught:
            await stranger.validate_connection()
        assert "wrong-key" not in str(caught.value)
        with pytest.raises(ProviderError):
            await everybody(stranger.get_subscribers())


@pytest.mark.parametrize("kind", ["mailerlite", "edd"])
async def test_a_service_that_is_down_fails_a_list_rather_than_ending_it(kind: str, simulator: SimulatorServer) -> None:
    switches = simulator.world.switches
    switches.down = kind
    try:
        async with make(kind, simulator.endpoints) as service:
            with pytest.raises(ProviderError) as caught:
                await everybody(service.get_subscribers())
            assert caught.value.retryable
    finally:
        switches.down = None


# MailerLite


async def test_one_sweep_agrees_with_the_groups_members(mailerlite: MailerLite) -> None:
    everyone = await everybody(mailerlite.get_subscribers(with_groups=True))
    assert len(everyone) == await mailerlite.count_subscribers()
    group = max(await mailerlite.get_groups(), key=lambda group: group.members)
    members = await everybody(mailerlite.get_subscribers(group_id=group.id))
    assert {subscriber.id for subscriber in members} == {
        subscriber.id for subscriber in everyone if subscriber.group_ids and group.id in subscriber.group_ids
    }
    active = await everybody(mailerlite.get_subscribers(group_id=group.id, status=SubscriberStatus.ACTIVE))
    assert {subscriber.id for subscriber in active} == {p.id for p in members if p.status is SubscriberStatus.ACTIVE}
    assert mailerlite.account_id


@pytest.mark.parametrize("refuses", [False, True])
async def test_every_answer_to_a_large_page_is_read_whole(
    mailerlite: MailerLite, simulator: SimulatorServer, refuses: bool
) -> None:
    simulator.world.switches.page_cap_refuses = refuses
    try:
        subscribers = await everybody(mailerlite.get_subscribers())
        assert len(subscribers) == await mailerlite.count_subscribers()
    finally:
        simulator.world.switches.page_cap_refuses = False


async def test_a_batch_does_what_single_calls_do(mailerlite: MailerLite) -> None:
    subscriber = (await everybody(mailerlite.get_subscribers(with_groups=True)))[0]
    assert subscriber.group_ids is not None
    group = next(group for group in await mailerlite.get_groups() if group.id not in subscriber.group_ids)
    added, put, read = await mailerlite.batch(
        [
            BatchItem.assign(subscriber.id, group.id),
            BatchItem.put_fields(subscriber.id, {"name": "Zoë"}),
            BatchItem.read(subscriber.id),
        ]
    )
    assert added.ok
    assert put.subscriber().fields["name"] == "Zoë"
    assert read.subscriber().group_ids == subscriber.group_ids | {group.id}
    removed, found, missing = await mailerlite.batch(
        [BatchItem.unassign(subscriber.id, group.id), BatchItem.find(subscriber.email), BatchItem.read("1")]
    )
    assert removed.ok
    assert found.subscriber().group_ids == subscriber.group_ids
    assert missing.gone
    assert await mailerlite.find_subscriber(subscriber.email) == found.subscriber()


async def test_a_group_and_a_field_are_created_once(mailerlite: MailerLite) -> None:
    made = (await mailerlite.ensure_group("2031_NEW_ONE_GOLD")).row
    assert (await mailerlite.ensure_group("2031_new_one_gold")).row == attrs.evolve(made, counts={**made.counts})
    field = (await mailerlite.ensure_field("2031_NEW_ONE_PURCHASE")).row
    assert field.type == "number"
    assert await mailerlite.ensure_field("2031_NEW_ONE_PURCHASE") == Ensured(field, ours=False)
    assert field in await mailerlite.get_fields()
    assert all(isinstance(each.group_ids, frozenset) for each in await mailerlite.get_automations())


# The shop


async def test_the_sales_are_read_whole_and_found_again(shop: EasyDigitalDownloads) -> None:
    orders: dict[str, Order] = {}

    async def sink(rows: Sequence[Order], number: int) -> None:
        orders.update({order.key: order for order in rows})

    result = await shop.read_sales(sink)
    assert (result.completeness, result.passes) == (Completeness.COMPLETE, 2)
    assert result.orders == len(orders) > 100
    assert result.newest_key in orders
    some = orders[result.newest_key or ""]
    assert (await shop.ask_for_sale(SaleQuery(By.KEY, some.key))).order == some
    known = {product.id for product in await shop.get_products()}
    assert known & {line.product_id for order in orders.values() for line in order.items}


async def test_a_key_without_the_right_is_told_from_an_empty_shop(simulator: SimulatorServer) -> None:
    switches = simulator.world.switches
    before, switches.edd_role = switches.edd_role, "viewer"
    try:
        async with make("edd", simulator.endpoints) as shop:
            with pytest.raises(NotAuthorized, match="may not see sales"):
                await shop.validate_connection()
            with pytest.raises(NotAuthorized, match="customers"):
                await everybody(shop.get_subscribers())
    finally:
        switches.edd_role = before


class CountingGate(QuotaGate):
    """A real gate that counts how often the service refused."""

    refusals = 0

    async def refused(self, retry_after: float) -> float:
        self.refusals += 1
        return await super().refused(retry_after)


@pytest.mark.parametrize("item_cost", [0, 1])
async def test_the_gate_keeps_the_service_from_ever_refusing(item_cost: Literal[0, 1]) -> None:
    settings = attrs.evolve(SETTINGS, subscribers=20, orders=0, quota=30, window_seconds=0.4, batch_item_cost=item_cost)
    gate = CountingGate(QuotaSettings(30, 0.4, 4))
    with SimulatorServer(settings) as server:
        at = server.endpoints
        async with MailerLite(
            at.mailerlite_url,
            Secret(at.mailerlite_key),
            gate=gate,
            interrupt=NoInterrupt(),
            meter=NoMeter(),
            policy=QUICK,
        ) as service:
            for number in range(60):
                if number % 6:
                    await service.count_subscribers()
                else:
                    answers = await service.batch([BatchItem.read("1")] * 10)
                    assert all(answer.gone for answer in answers)
    assert gate.refusals == 0
