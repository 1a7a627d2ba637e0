"""What the shop's list does not explain is asked for by key or row id, and only an answer of full rights counts."""

from __future__ import annotations

from .desk import Desk, Simulated
from .fixtures import StartProxy
from .proxy import Asked, Given, PassOn


def asked_by_id(simulated: Simulated) -> list[str]:
    paths = [row["path"] for row in simulated.requests() if row["side"] == "edd"]
    return [path.partition("&id=")[2] for path in paths if "&id=" in path]


def test_a_stored_row_id_is_looked_up_once_and_kept(simulated: Simulated, desk: Desk) -> None:
    code = desk.discover()
    email = simulated.buyer("field holds the row id", code)
    before = simulated.people()[email][2]
    desk.run("sync", code, "--yes", "--json", expect=3)
    asked = asked_by_id(simulated)
    stored = {str(value) for value in before.values()}
    assert stored & set(asked)
    desk.run("sync", code, "--yes", "--json", expect=3)
    assert asked_by_id(simulated) == asked
    assert len(asked) == len(set(asked))
    assert simulated.people()[email][2] == before


def test_a_right_that_is_lost_while_orders_are_looked_up_proves_no_refund(
    simulated: Simulated, desk: Desk, proxies: StartProxy
) -> None:
    proxy = proxies(simulated.endpoints.edd_url)
    desk.environment["BEMA_EDD_URL"] = proxy.url
    desk.settings('[rules]\non_refund = "revert"\n')
    code = desk.discover()
    desk.run("sync", code, "--yes", "--json", expect=3)
    email = simulated.buyer("buyer in GOLD", code)
    order = next(row for row in simulated.state()["orders"] if row["email"] == email and row["status"] == "complete")
    simulated.change(refund=order["key"])
    before = simulated.people()
    looked_up = []

    async def lose_the_right(asked: Asked, pass_on: PassOn) -> Given:
        given = await pass_on(asked.body)
        words = asked.query.encode() + asked.body
        if b"purchasekey=" in words:
            looked_up.append(asked.n)
        elif looked_up and b"info" in words:
            document = given.document
            del document["info"]["permissions"]["view_shop_reports"]
            return given.but(document)
        return given

    proxy.meddle = lose_the_right
    said = desk.run("sync", code, "--yes", "--json", expect=1)
    assert looked_up
    assert "may not see sales" in said.complaint
    assert simulated.people() == before
