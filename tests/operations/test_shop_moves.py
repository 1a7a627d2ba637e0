"""A shop that moved is taken for the same one on proof by its orders, and for no other. Domain rules, section 6."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.support.fixtures import MakeOperator, StartProxy, StartSimulator
from tests.support.operator import Operator
from tests.support.proxy import Asked, Given, PassOn, Proxy
from tests.support.simulated import Simulated

pytestmark = pytest.mark.fault("A4")
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def settled(simulated: Simulated, operator: Operator) -> Operator:
    """An operator whose database knows the shop's orders."""
    operator.discover()
    return operator


@pytest.fixture
def elsewhere(simulated: Simulated, proxies: StartProxy) -> Proxy:
    """The same shop at another URL."""
    return proxies(simulated.endpoints.edd_url)


def asked_for(asked: Asked) -> str:
    """The key of a look-up; empty for anything else."""
    return parse_qs(asked.body.decode()).get("purchasekey", [""])[0]


def changing(most: int, change: Change) -> Callable[[Asked, PassOn], Any]:
    """Change the answers to the first look-ups of single orders."""
    seen: list[str] = []

    async def meddle(asked: Asked, pass_on: PassOn) -> Given:
        given = await pass_on(asked.body)
        if not asked_for(asked) or len(seen) >= most:
            return given
        seen.append(asked_for(asked))
        document = given.document
        change(document)
        return given.but(document)

    return meddle


def answered(asked: list[Asked]) -> set[str]:
    return {asked_for(one) for one in asked if asked_for(one)}


def test_the_way_from_the_old_address_to_the_new_one(
    simulated: Simulated, settled: Operator, elsewhere: Proxy, proxies: StartProxy
) -> None:
    """As an operator goes it: the old address answers 301, the settings get the new one, and each message helps on."""
    code = settled.run("campaigns", "list", "--json").document[0]["code"]
    old, new = simulated.endpoints.edd_url, elsewhere.url.rstrip("/")
    away = proxies(old)

    async def moved(asked: Asked, pass_on: PassOn) -> Given:
        return Given(301, b"", {"location": f"{new}/"})

    away.meddle = moved
    settled.environment["BEMA_EDD_URL"] = away.url
    settled.run("shop", "move", old, "--json", expect=0)  # the database is the old shop's all along
    said = settled.run("shop", "move", away.url, expect=1)
    assert f"set the URL to {new}" in said.complaint
    assert f"bema-tui shop move {new}" in said.complaint
    settled.environment["BEMA_EDD_URL"] = new
    for words in (("plan", code), ("doctor",)):
        said = settled.run(*words, expect=2)
        assert f"bema-tui shop move {new}" in said.err + said.out
    assert settled.run("shop").out.endswith(f"If the shop moved there: bema-tui shop move {new}\n")

    done = settled.run("shop", "move", f"{new}/edd-api/", "--json", expect=0).document
    assert done == {"shop": new, "before": old.rstrip("/"), "moved": True, "asked": 20, "same": 20, "in_settings": new}
    assert len(answered(elsewhere.asked)) == 20
    settled.run("plan", code)
    assert settled.run("shop", "--json").document["shop"] == new
    assert "moved from" in settled.stored().decode(errors="replace")
    again = len(elsewhere.asked)
    assert settled.run("shop", "move", new, expect=0).out == f"This database belongs to {new} already.\n"
    assert len(elsewhere.asked) == again


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda sales: sales["sales"][0].update(ID="999999"), "is order 999999"),
        (lambda sales: sales["sales"][0].update(email="other@x.example"), "has another e-mail"),
        (lambda sales: sales["sales"][0]["products"][0].update(id=4711), "holds other products"),
        (lambda sales: sales.update(sales=[]), "is not shown"),
    ],
)
def test_a_shop_that_shows_known_orders_otherwise_is_another(
    change: Change, words: str, settled: Operator, elsewhere: Proxy
) -> None:
    before = settled.run("shop", "--json").document["shop"]
    elsewhere.meddle = changing(1000, change)
    said = settled.run("shop", "move", elsewhere.url, "--json", expect=2)
    assert "is not shown to be the same shop" in said.complaint
    assert words in said.complaint
    assert "Nothing was changed" in said.complaint
    assert settled.run("shop", "--json").document["shop"] == before


def test_some_orders_may_have_been_edited_where_others_prove_it(settled: Operator, elsewhere: Proxy) -> None:
    elsewhere.meddle = changing(3, lambda sales: sales["sales"][0].update(email="other@x.example"))
    done = settled.run("shop", "move", elsewhere.url, "--json", expect=0).document
    assert (done["moved"], done["asked"] - done["same"]) == (True, 3)
    assert done["same"] >= 20


def test_of_few_orders_all_must_be_the_same(
    simulators: StartSimulator, operators: MakeOperator, proxies: StartProxy
) -> None:
    simulated = simulators(orders=8, subscribers=10)
    operator = operators(simulated.endpoints)
    operator.discover()
    known = operator.run("shop", "--json").document["known_orders"]
    elsewhere = proxies(simulated.endpoints.edd_url)
    assert 0 < known < 20
    elsewhere.meddle = changing(1, lambda sales: sales.update(sales=[]))
    said = operator.run("shop", "move", elsewhere.url, expect=2)
    assert f"of {known} known orders {known - 1} are the same" in said.complaint
    elsewhere.meddle = changing(0, lambda _: None)
    done = operator.run("shop", "move", elsewhere.url, "--json", expect=0).document
    assert done["same"] == done["asked"] == known


def test_another_shop_is_refused_and_one_that_does_not_answer_too(
    settled: Operator, simulators: StartSimulator, proxies: StartProxy
) -> None:
    other = simulators(seed=8)
    said = settled.run("shop", "move", other.endpoints.edd_url, expect=1)
    assert "refuses the key" in said.complaint  # it has keys of its own
    settled.environment |= {"BEMA_EDD_KEY": other.endpoints.edd_key, "BEMA_EDD_TOKEN": other.endpoints.edd_token}
    said = settled.run("shop", "move", other.endpoints.edd_url, "--json", expect=2)
    assert "is not shown" in said.document["error"]["message"]
    said = settled.run("shop", "move", "http://127.0.0.1:9/", expect=1)
    assert "can't be reached" in said.complaint
    assert "The new URL is not a complete URL" in settled.run("shop", "move", "nonsense", expect=2).complaint
    assert "not encrypted" in settled.run("shop", "move", "http://shop.example/", expect=2).complaint


def test_a_database_without_orders_has_nothing_to_prove(
    simulated: Simulated, operator: Operator, elsewhere: Proxy
) -> None:
    assert "belongs to no shop yet" in operator.run("shop", expect=0).out
    operator.run("doctor")
    done = operator.run("shop", "move", elsewhere.url, "--json", expect=0).document
    assert (done["moved"], done["asked"], done["before"]) == (True, 0, simulated.endpoints.edd_url.rstrip("/"))
    assert answered(elsewhere.asked) == set()
