"""The data set: the same for the same seed, of any size, with a subscriber in every scenario."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import httpx
import pytest

from bema_tui.simulator import SimulatorServer, SimulatorSettings, World, build_world
from bema_tui.simulator.control.changes import make_change
from bema_tui.simulator.control.request_log import RequestLog
from bema_tui.simulator.control.state import state_document
from bema_tui.simulator.scenarios.catalogue import RENEWAL_SCENARIOS, SCENARIOS
from bema_tui.simulator.world.label_names import read_field_name, read_group_name


def world(**changes: int) -> World:
    return build_world(SimulatorSettings(**{"subscribers": 2000, "orders": 1200, "campaigns": 4, **changes}))  # type: ignore[arg-type]


def test_a_seed_always_gives_the_same_world() -> None:
    first, second, other = (state_document(world(seed=seed), RequestLog()) for seed in (3, 3, 4))
    assert first == second
    assert first["orders"] != other["orders"]


@pytest.mark.parametrize(
    ("subscribers", "orders", "campaigns"),
    [(0, 0, 0), (0, 50, 3), (10, 0, 2), (5, 3, 4), (40, 30, 0), (300, 100, 1), (500, 200, 30), (30_000, 5000, 4)],
)
def test_any_size(subscribers: int, orders: int, campaigns: int) -> None:
    made = world(subscribers=subscribers, orders=orders, campaigns=campaigns)
    assert len(made.subscribers) == len(made.visible) == subscribers
    assert sum(order.refund_of is None for order in made.orders.values()) == orders
    assert len({campaign.code for campaign in made.campaigns}) == campaigns


@pytest.mark.parametrize(
    ("subscribers", "orders", "campaigns"), [(100, 100, 1), (200, 100, 4), (2000, 1200, 2), (2000, 1200, 6)]
)
def test_every_scenario_has_a_subscriber(subscribers: int, orders: int, campaigns: int) -> None:
    made = world(subscribers=subscribers, orders=orders, campaigns=campaigns)
    assert set(made.scenarios) == {scenario.name for scenario in SCENARIOS} | {"buyer unknown to MailerLite"}


def test_scenarios_are_what_they_say() -> None:
    made = world()
    for scenario in SCENARIOS:
        subscriber = made.subscribers[made.by_email[made.scenarios[scenario.name][0]]]
        assert subscriber.status == scenario.status
        held = Counter(tier.suffix for number in subscriber.groups if (tier := made.groups[number].tier) is not None)
        assert all(held[tier] for tier in scenario.tiers), scenario.name
        rows = [made.orders[number] for number in made.orders_by_email.get(subscriber.email, [])]
        statuses = {order.status for order in rows if order.refund_of is None}
        assert {order.status for order in scenario.orders} <= statuses, scenario.name
        purchase = {field.key for field in made.fields.values() if field.campaign}
        assert (purchase & set(subscriber.values) != set()) == (scenario.field is not None), scenario.name


def test_renewals_carry_the_key_of_the_order_before() -> None:
    made = world(renewals=True)
    keys = Counter(order.key for order in made.orders.values() if order.refund_of is None)
    assert [scenario.name for scenario in RENEWAL_SCENARIOS if not any(order.renews for order in scenario.orders)] == [
        "e-mail mistyped at the checkout"
    ]
    for scenario in RENEWAL_SCENARIOS[:-1]:
        numbers = made.orders_by_email[made.scenarios[scenario.name][0]]
        assert 2 in {keys[made.orders[number].key] for number in numbers}, scenario.name
    assert max(Counter(order.key for order in world().orders.values()).values()) == 1


def test_an_order_has_two_emails_over_time() -> None:
    made = world(renewals=True)
    right = made.scenarios["e-mail mistyped at the checkout"][0]
    (number,) = made.orders_by_email[right.replace("@", "@mistyped.")]
    assert number not in made.orders_by_email.get(right, [])
    make_change(made, "edit_order", {"order": number, "email": right})
    assert number in made.orders_by_email[right]
    assert made.orders_by_email[right.replace("@", "@mistyped.")] == []


def test_shares_are_realistic() -> None:
    made = world(subscribers=5000, orders=3000)
    active = len(made.by_status["active"]) / 5000
    assert 0.8 < active < 0.9
    campaign = made.campaigns[0]
    members = {n for g in made.groups.values() if g.tier and g.tier.campaign == campaign.code for n in _ids(g)}
    buyers = {
        made.by_email.get(order.email.strip().lower())
        for order in made.orders.values()
        if order.status == "complete" and any(item.product_id == campaign.product_id for item in order.items)
    }
    assert 0.04 < len(members & buyers) / len(members) < 0.14
    statuses = Counter(order.status for order in made.orders.values())
    assert statuses["complete"] / sum(statuses.values()) > 0.9


def _ids(group: object) -> list[int]:
    return [number for ids in group.members.values() for number in ids.newest(None)]  # type: ignore[attr-defined]


def test_account_has_the_gaps_that_were_asked_for() -> None:
    made = world(campaigns=6)
    groups = Counter(group.tier.campaign for group in made.groups.values() if group.tier)
    codes = [campaign.code for campaign in made.campaigns]
    assert [groups[code] for code in codes] == [8, 8, 9, 7, 8, 8]
    fields = Counter(field.campaign for field in made.fields.values() if field.campaign)
    assert [fields[code] for code in codes] == [1, 1, 2, 1, 0, 1]
    assert {f"{codes[1].replace('_', '-').lower()}-silver-purchased"} < {group.name for group in made.groups.values()}
    names = {group.name for group in made.groups.values() if group.tier is None}
    assert {"Newsletter", "VIP guest list", "2019 Mixtape fans"} < names
    assert {"ETB-2019-FIRSTLIGHT GOLD", "ETB-2019-FIRSTLIGHT SILVER"} < names
    assert [automation.enabled for automation in made.automations] == [True, False]


def test_products_hold_every_kind() -> None:
    made = world()
    artists = {p.id: sum(term.slug.endswith("-artist") for term in p.categories) for p in made.products.values()}
    assert set(artists.values()) == {0, 1, 2}
    assert any(product.bundle_of for product in made.products.values())
    sold = {item.product_id for order in made.orders.values() for item in order.items}
    assert sold - set(made.products) == {90}
    assert any(len(order.items) > 1 for order in made.orders.values())
    assert {item.quantity for order in made.orders.values() for item in order.items} >= {1, 3, -1}
    assert {fee["download_id"] is None for order in made.orders.values() for fee in order.fees} == {True, False}
    assert any(order.tax for order in made.orders.values())
    unpaid = {order.status for order in made.orders.values() if not order.transaction_id and order.gateway == "stripe"}
    assert unpaid - {"complete"} == {"pending", "processing", "abandoned", "failed", "trash"}


def test_emails_are_of_example_domains_and_ids_are_long() -> None:
    made = world()
    mails = [*made.by_email, *(order.email for order in made.orders.values())]
    assert all(mail.strip().lower().rpartition("@")[2].split(".")[-2] == "example" for mail in mails)
    assert all(len(str(number)) in (17, 18) for number in made.subscribers)
    hostile = made.subscribers[made.by_email[made.scenarios["hostile name"][0]]]
    assert hostile.values["name"] == "[/bold][red]"
    assert "\x1b" in hostile.values["last_name"]


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("2024_ETB_NBL_OPT-IN", ("2024_ETB_NBL", "OPT-IN")),
        ("2024 etb-nbl gold purchased", ("2024_ETB_NBL", "GOLD_PURCHASE")),
        ("2024_ETB_NBL_WOOD_PURCHASE", None),
        ("ETB-2019-FIRSTLIGHT GOLD", None),
        ("٢٠٢٤_ETB_NBL_GOLD", None),
        ("Newsletter", None),
    ],
)
def test_group_names(name: str, tier: tuple[str, str] | None) -> None:
    read = read_group_name(name)
    assert (None if read is None else (read.campaign, read.suffix)) == tier
    assert read_field_name("2024 etb nbl purchased") == "2024_ETB_NBL"
    assert read_field_name(name) is None


def test_server_starts_twice_and_refuses_a_taken_port() -> None:
    settings = SimulatorSettings(subscribers=5, orders=5)
    with SimulatorServer(settings) as first, SimulatorServer(settings) as second:
        assert first.endpoints.state_url != second.endpoints.state_url
        assert (
            httpx.get(first.endpoints.state_url).json()["orders"]
            == httpx.get(second.endpoints.state_url).json()["orders"]
        )
        port = int(first.endpoints.edd_url.rsplit(":", 1)[1].strip("/"))
        with pytest.raises(OSError, match="in use"):
            SimulatorServer(settings, port=port).start()
    assert not first.running


def test_foreground_server_ends_cleanly_at_a_signal() -> None:
    script = (
        "from bema_tui.simulator import SimulatorSettings, serve\n"
        "serve(SimulatorSettings(subscribers=5, orders=5), port=0, announce=lambda e: print(e.state_url, flush=True))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert httpx.get(address).status_code == 200
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_simulator_imports_nothing_else_of_the_project() -> None:
    script = (
        "import sys, bema_tui.simulator\n"
        "print([m for m in sys.modules if m.startswith('bema_tui.') and not m.startswith('bema_tui.simulator')])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
