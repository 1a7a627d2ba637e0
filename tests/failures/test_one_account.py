"""A database belongs to the account and the shop of its first contact. Domain rules, section 6."""

from __future__ import annotations

import attrs

from .desk import Desk, Simulated
from .fixtures import StartProxy, StartSimulator
from .proxy import Asked, Given, PassOn


def test_a_database_serves_one_account_and_one_shop(
    simulated: Simulated, simulators: StartSimulator, desk: Desk, proxies: StartProxy
) -> None:
    code = desk.discover()
    own = dict(desk.environment)
    proxy = proxies(simulated.endpoints.mailerlite_url)
    desk.environment["BEMA_MAILERLITE_URL"] = proxy.url
    desk.run("plan", code, expect=3)  # the proxy tells no account, which is no other one

    async def other_account(asked: Asked, pass_on: PassOn) -> Given:
        given = await pass_on(asked.body)
        return attrs.evolve(given, headers={**given.headers, "x-account_id": "999"})

    proxy.meddle = other_account
    asked = len(proxy.asked)
    for words in (("plan", code), ("sync", code, "--yes"), ("apply", "1"), ("campaigns", "discover", "--add")):
        assert "12345" in desk.run(*words, "--json", expect=2).complaint
    assert all(request.method == "GET" for request in proxy.asked[asked:])

    desk.environment = {**own, "BEMA_EDD_URL": simulators().endpoints.edd_url}
    for words in (("plan", code), ("sync", code, "--yes"), ("campaigns", "discover", "--add")):
        assert simulated.endpoints.edd_url.rstrip("/") in desk.run(*words, "--json", expect=2).complaint
    assert simulated.writes() == []
