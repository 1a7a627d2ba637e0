"""The whole way with this shop on one side: discover, sync, sync again, quickly, and after a refund."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.end_to_end.comparing import differences
from tests.end_to_end.reference import Release, account_after, account_of
from tests.stand_ins.edd.conftest import Serve
from tests.stand_ins.edd.shop import KEY, TOKEN, Order, Shop
from tests.support.label import Label
from tests.support.operator import Operator
from tests.support.simulated import Simulated, small


def shop_with(state: dict[str, Any], **settings: Any) -> Shop:
    """A shop with the products and sales that a simulator tells of."""
    shop = Shop(**settings)
    for row in state["products"]:
        artists = [(slug, slug.removesuffix("-artist").replace("-", " ").title()) for slug in row["categories"]]
        named = [(slug, name) for slug, name in artists if slug.endswith("-artist")]
        shop.album(row["id"], row["title"], *named, status=row["status"], create_date=row["created"])
    for row in state["orders"]:
        items = [(item["id"], float(item["price"]), "As sold", "", 1) for item in row["products"]]
        made = Order(row["row_id"], row["email"], items, row["status"], row["mode"], number=row["id"], key=row["key"])
        made.date = datetime.strptime(row["date_utc"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        made.kind = "sale" if row["refund_of"] is None else "refund"
        shop.orders.append(made)
    return shop


@attrs.frozen
class LabelOfTheShop(Label):
    """A label that sells in this shop."""

    shop: Shop
    campaign: dict[str, Any]

    def free_member(self, group: str) -> str:
        """Somebody who is in a group, and in no shop."""
        bought = {order.email.strip().lower() for order in self.shop.orders}
        return next(
            str(row["email"]).lower()
            for row in self.simulated.state()["subscribers"]
            if group in row["groups"] and row["status"] == "active" and row["email"].lower() not in bought
        )

    def subjects(self, rule: str) -> set[str]:
        """Whom the open findings of a rule are about."""
        return {row["subject"] for row in self.findings() if row["rule"] == rule}


@pytest.fixture
def label(tmp_path: Path, serve: Serve) -> Iterator[LabelOfTheShop]:
    """On SQLite, in a sub-folder, with plain permalinks."""
    with Simulated.start(small()) as simulated:
        state = simulated.state()
        shop = shop_with(state, on_mariadb=False, folder="/shop", pretty=False)
        shops = {"BEMA_EDD_URL": serve(shop).url, "BEMA_EDD_KEY": KEY, "BEMA_EDD_TOKEN": TOKEN}
        operator = Operator(tmp_path / "operator", simulated.endpoints, **shops)
        operator.settings("[edd]\npage_size = 10\n")
        campaign = state["campaigns"][0]
        yield LabelOfTheShop(simulated, operator, campaign["code"], shop, campaign)
        operator.close()


def test_from_discovery_to_a_refund(label: LabelOfTheShop) -> None:
    shop, simulated = label.shop, label.simulated
    before, product = simulated.state(), label.campaign["product_id"]
    assert label.code in {row["code"] for row in label.run("campaigns", "discover", "--add")["campaigns"]}
    assert label.run("campaigns", "discover", "--add")["campaigns"] == []
    first = label.sync("--create-missing")
    assert first["applied"] > 10
    assert first["reads"]["shop"]["kind"] == "full"
    expected = account_after(before, [Release(label.code, frozenset({product}))])
    assert differences(expected, account_of(simulated.state())) == []
    written = len(simulated.writes())
    assert label.sync()["total"] == 0
    assert len(simulated.writes()) == written

    buyer = label.free_member(f"{label.code}_SILVER")
    sale = shop.sell(buyer.upper(), product, 9.99, date=datetime(2026, 11, 1, tzinfo=UTC))
    quick = label.sync("--quick")
    assert (quick["reads"]["shop"]["kind"], quick["people"]) == ("recent", 1)
    assert f"{label.code}_SILVER_PURCHASE" in label.subscriber(buyer)["groups"]
    assert str(label.subscriber(buyer)["fields"][label.campaign["field_key"]]) == str(sale.row_id)

    written = len(simulated.writes())
    shop.refund(sale)
    label.sync("--quick")
    assert buyer not in label.subjects("refunded_purchase")
    label.sync()
    assert buyer in label.subjects("refunded_purchase")
    assert len(simulated.writes()) == written
    assert simulated.violations() == []
    assert {asked.method for asked in shop.asked} == {"POST"}
    assert not [asked.target for asked in shop.asked if KEY in asked.target or TOKEN in asked.target]
    for told in (label.operator.log.read_bytes(), label.operator.stored()):
        assert KEY.encode() not in told
        assert TOKEN.encode() not in told


def test_a_refunded_order_that_a_plugin_keeps_in_the_list_is_a_refund(label: LabelOfTheShop) -> None:
    label.run("campaigns", "discover", "--add")
    label.sync("--create-missing")
    buyer = label.free_member(f"{label.code}_GOLD")
    sale = label.shop.sell(buyer, label.campaign["product_id"], 9.99, date=datetime(2026, 11, 1, tzinfo=UTC))
    label.sync()
    label.shop.refund(sale)
    label.shop.listed = (*label.shop.listed, "refunded")
    label.sync()
    assert buyer in label.subjects("refunded_purchase")


def test_an_address_that_never_answered_is_not_the_shop_of_the_database(label: LabelOfTheShop) -> None:
    album, product = label.campaign["album"], str(label.campaign["product_id"])
    label.run("campaigns", "add", label.code, "--album", album, "--product", product)
    right = label.operator.environment["BEMA_EDD_URL"]
    label.operator.environment["BEMA_EDD_URL"] = right.removesuffix("/shop")
    label.run("plan", label.code, expect=(1,))
    label.operator.environment["BEMA_EDD_URL"] = f"{right}/edd-api/v2/"
    label.run("plan", label.code)
    label.operator.environment["BEMA_EDD_URL"] = right.replace("/shop", "/other")
    label.shop.asked.clear()
    for words in (("plan", label.code), ("campaigns", "discover")):
        label.run(*words, expect=(2,))
    assert label.shop.asked == []


def test_order_numbers_that_are_no_row_ids(label: LabelOfTheShop) -> None:
    """Sequential numbers: an old plugin's row id is looked up once, and repeats the number of somebody else's order."""
    label.run("campaigns", "discover", "--add")
    label.sync("--create-missing")
    product, field = label.campaign["product_id"], label.campaign["field_key"]
    marked, lettered = label.free_member(f"{label.code}_SILVER"), label.free_member(f"{label.code}_GOLD")
    kept = label.shop.sell(marked, product, 9.99, number="7001")
    label.shop.sell("else@example.com", product, 9.99, number=str(kept.row_id))
    label.simulated.change(set_field={"email": marked, "key": field, "value": kept.row_id})
    label.shop.sell(lettered, product, 9.99, number="BEMA-3-X")
    label.sync()
    assert str(label.subscriber(marked)["fields"][field]) == str(kept.row_id)
    assert f"{label.code}_SILVER_PURCHASE" in label.subscriber(marked)["groups"]
    assert lettered in label.subjects("order_number_unfit")
    assert f"{label.code}_GOLD_PURCHASE" not in label.subscriber(lettered)["groups"]
    asked = [one for one in label.shop.asked if one.value("id") == str(kept.row_id)]
    label.sync()
    assert [one for one in label.shop.asked if one.value("id") == str(kept.row_id)] == asked
