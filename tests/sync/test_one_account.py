"""A database belongs to the account and the shop of its first contact. Domain rules, section 6."""

from __future__ import annotations

import attrs
import pytest

from tests.support.fixtures import StartProxy, StartSimulator
from tests.support.operator import Operator
from tests.support.proxy import Asked, Given, PassOn, honest
from tests.support.simulated import Simulated


@pytest.mark.fault("E6")
def test_a_database_serves_one_account_and_one_shop(
    simulated: Simulated, simulators: StartSimulator, operator: Operator, proxies: StartProxy
) -> None:
    code = operator.discover()
    own = dict(operator.environment)
    proxy = proxies(simulated.endpoints.mailerlite_url)
    operator.environment["BEMA_MAILERLITE_URL"] = proxy.url
    operator.run("plan", code, expect=3)  # the proxy tells no account, which is no other one

    async def other_account(asked: Asked, pass_on: PassOn) -> Given:
        given = await pass_on(asked.body)
        return attrs.evolve(given, headers={**given.headers, "x-account_id": "999"})

    proxy.meddle = other_account
    asked = len(proxy.asked)
    for words in (("plan", code), ("sync", code, "--yes"), ("apply", "1"), ("campaigns", "discover", "--add")):
        assert "12345" in operator.run(*words, "--json", expect=2).complaint
    assert all(request.method == "GET" for request in proxy.asked[asked:])

    operator.environment = {**own, "BEMA_EDD_URL": simulators().endpoints.edd_url}
    for words in (("plan", code), ("sync", code, "--yes"), ("campaigns", "discover", "--add")):
        assert simulated.endpoints.edd_url.rstrip("/") in operator.run(*words, "--json", expect=2).complaint
    assert simulated.writes() == []


class Turning:
    """Answers as account 12345, and from some answer on as another one: ``when`` says from which."""

    def __init__(self, writes: bool, after: int, name: str = "999") -> None:
        self._writes = writes
        self._after = after
        self._name = name
        self.turned = False

    async def __call__(self, asked: Asked, pass_on: PassOn) -> Given:
        if asked.writes is self._writes:
            self._after -= 1
            self.turned = self.turned or self._after < 0
        given = await pass_on(asked.body)
        return attrs.evolve(given, headers={**given.headers, "x-account_id": self._name if self.turned else "12345"})


@pytest.mark.fault("E6")
def test_no_write_follows_the_answer_of_another_account(
    simulated: Simulated, operator: Operator, proxies: StartProxy
) -> None:
    code = operator.discover()
    proxy = proxies(simulated.endpoints.mailerlite_url)
    operator.environment["BEMA_MAILERLITE_URL"] = proxy.url
    proxy.meddle = turning = Turning(writes=True, after=1, name="999\x9b31m" + "9" * 99)
    said = operator.run("sync", code, "--yes", "--json", expect=2)
    assert turning.turned
    assert len(simulated.writes()) == 2, "the one whose answer turned was the last"
    assert "belongs to the MailerLite account 12345, and account 999" in said.complaint
    assert "What became of the last changes is not known." in said.complaint
    assert "resume the run" in said.complaint
    assert said.complaint.isprintable()
    run = said.document
    assert (run["state"], run["sending"], run["error"]["error"]) == ("failed", 0, "WrongAccount")
    assert run["unknown"] == len(simulated.writes()[1]["items"])
    rows = operator.run("changes", str(run["run"]), "--state", "unknown", "--json").document
    assert all("account 999" in row["error"] for row in rows)

    resumed = operator.run("resume", str(run["run"]), "--json", expect=2)
    assert "account 999" in resumed.complaint
    assert len(simulated.writes()) == 2
    proxy.meddle = honest
    done = operator.run("resume", str(run["run"]), "--json", expect=3).document
    assert (done["state"], done["unknown"], done["failed"], done["planned"]) == ("done", 0, 0, 0)
    assert simulated.violations() == []


@pytest.mark.fault("E6")
@pytest.mark.parametrize("after", [0, 1, 4, 6])
def test_nothing_is_written_after_a_read_that_another_account_answered(
    after: int, simulated: Simulated, operator: Operator, proxies: StartProxy
) -> None:
    code = operator.discover()
    proxy = proxies(simulated.endpoints.mailerlite_url)
    operator.environment["BEMA_MAILERLITE_URL"] = proxy.url
    proxy.meddle = Turning(writes=False, after=after)
    said = operator.run("sync", code, "--yes", "--json", expect=2)
    assert "account 999 answered" in said.complaint
    assert len(proxy.asked) == after + 1
    assert simulated.writes() == []


@pytest.mark.fault("E6")
def test_a_creation_that_another_account_answered_is_looked_for_again(
    simulated: Simulated, operator: Operator, proxies: StartProxy
) -> None:
    code = operator.discover()
    simulated.change(delete_field=f"{code}_PURCHASE")
    proxy = proxies(simulated.endpoints.mailerlite_url)
    operator.environment["BEMA_MAILERLITE_URL"] = proxy.url
    proxy.meddle = Turning(writes=True, after=0)
    said = operator.run("sync", code, "--yes", "--create-missing", "--json", expect=2)
    assert "What became of the last changes is not known." in said.complaint
    assert (said.document["unknown"], len(simulated.writes())) == (1, 1)
    proxy.meddle = honest
    done = operator.run("resume", str(said.document["run"]), "--json", expect=3).document
    assert (done["state"], done["failed"], done["skipped"]) == ("done", 0, 0)
    assert sum(row["path"] == "/api/fields" for row in simulated.writes()) == 1
