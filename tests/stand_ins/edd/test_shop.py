"""The shop that the client is held against answers as the recordings do, and knows nothing of the program."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.stand_ins.edd import shop as shop_module
from tests.stand_ins.edd import wire
from tests.stand_ins.edd.shop import HTML, KEY, TOKEN, Asked, Shop


def ask(shop: Shop, target: str = "/", method: str = "POST", **form: str) -> tuple[int, Any]:
    """Status and body; the body of a web page is its text."""
    answer = shop.answer(Asked(method, target, {}, "", {}, {"key": KEY, "token": TOKEN, **form}))
    text = answer.body.decode()
    return answer.status, json.loads(text) if answer.kind == "application/json" else text


def numbers(shop: Shop, version: str = "v2", **form: str) -> list[str]:
    _, body = ask(shop, **{"edd-api": f"{version}/sales", **form})
    return [row["ID"] for row in body.get("sales", ())]


@pytest.mark.parametrize("module", [shop_module, wire])
def test_it_imports_nothing_of_the_program(module: Any) -> None:
    names: set[str] = set()
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module) if str(node.module).startswith("tests") else str(node.module).partition(".")[0])
    assert names - {"attrs", "tests.stand_ins.edd.shop"} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("form", "first", "count"),
    [
        ({}, 30, 10),
        ({"number": "0"}, 30, 30),
        ({"number": "-1"}, 30, 1),
        ({"number": "-5"}, 30, 5),
        ({"number": "2.7"}, 30, 2),
        ({"number": "1e2"}, 30, 30),
        ({"number": "10", "page": "0"}, 20, 10),
        ({"number": "10", "page": "abc"}, 20, 10),
        ({"number": "10", "page": "-1"}, 30, 10),
        ({"number": "10", "page": "-2"}, 20, 10),
        ({"number": "10", "page": "2.9"}, 20, 10),
        ({"number": "10", "page": "4"}, 0, 0),
        ({"product": "99", "status": "refunded"}, 30, 10),
    ],
)
def test_pages_are_those_of_the_contract(form: dict[str, str], first: int, count: int) -> None:
    shop = Shop()
    for at in range(30):
        shop.sell(f"fan{at}@example.com")
    assert numbers(shop, **form) == [str(first - at) for at in range(count)]


def test_errors_are_those_of_the_contract() -> None:
    shop = Shop()
    sale = shop.sell("o'brien@example.com")
    shop.sell("ana+list@example.com")
    shop.refund(sale)
    assert list(ask(shop, **{"edd-api": "v2/sales", "page": "9"})[1]) == ["request_speed"]
    assert numbers(shop, email="ANA+list@example.com") == ["2"]
    assert numbers(shop, email="o'brien@example.com") == []
    assert numbers(shop, id="1") == ["1"]
    assert ask(shop, **{"edd-api": "v2/sales", "purchasekey": sale.key})[1]["sales"][0]["status"] == "refunded"
    assert ask(shop, **{"edd-api": "v2/sales", "number": "abc"})[0] == 500
    assert ask(shop, **{"edd-api": "v2/logs"}) == (400, {"error": "Invalid query!"})
    assert ask(shop, **{"edd-api": "v3/sales"}) == (404, {"error": "Invalid API version!"})
    assert ask(shop, **{"edd-api": "v2/sales", "key": "f" * 32}) == (403, {"error": "Invalid API key!"})
    assert ask(shop, **{"edd-api": "v2/sales", "token": ""})[0] == 401
    assert "status" not in ask(Shop(default_version="v1", orders=shop.orders), **{"edd-api": "sales"})[1]["sales"][0]
    assert ask(Shop(pretty=False), "/edd-api/v2/sales/") == (200, HTML)
    shop.role = "subscriber"
    assert list(ask(shop, **{"edd-api": "v2/sales"})[1]) == ["request_speed"]
    assert "permissions" not in ask(shop, **{"edd-api": "v2/info"})[1]["info"]
