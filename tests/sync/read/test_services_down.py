"""A service that is down, answers nonsense, or breaks off: one clear line, the right status, and no write."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.fixtures import MakeOperator, StartProxy, StartSimulator
from tests.support.operator import Operator, Said
from tests.support.ports import free_port
from tests.support.proxy import Asked, Given, PassOn, Proxy
from tests.support.simulated import Simulated


class Unharmed:
    """Holds the simulator to what it was: no write asked, nobody changed, no lock left."""

    def __init__(self, simulated: Simulated, operator: Operator) -> None:
        self._simulated, self._operator = simulated, operator
        self._before = simulated.subscribers()

    def check(self) -> None:
        assert self._simulated.writes() == []
        assert self._simulated.subscribers() == self._before
        assert self._operator.run("locks", "--json", expect=0).document == []


Sync = Callable[[Callable[[], None]], Said]


@pytest.fixture
def sync(simulated: Simulated, operator: Operator) -> Sync:
    """Discovers while all is well, spoils something, and answers what a sync says then; the account stays as it was."""

    def work(spoil: Callable[[], None]) -> Said:
        code = operator.discover()
        unharmed = Unharmed(simulated, operator)
        spoil()
        said = operator.run("sync", code, "--yes", "--json", expect=1)
        document = said.document
        assert document["state"] == "failed"
        assert document["error"]["advice"]
        assert said.complaint.endswith(document["error"]["advice"])
        assert document["error"]["message"] in said.complaint
        assert document["applied"] == document["unknown"] == 0
        unharmed.check()
        # What went wrong is kept, and the text form says it as well.
        shown = operator.run("runs", str(document["run"]), expect=0)
        assert document["error"]["message"] in shown.out
        return said

    return work


def test_mailerlite_refuses_connections(sync: Sync, operator: Operator) -> None:
    port = free_port()
    said = sync(lambda: operator.environment.update(BEMA_MAILERLITE_URL=f"http://127.0.0.1:{port}/api"))
    assert "MailerLite can't be reached" in said.complaint
    assert "connection refused" in said.complaint
    assert said.document["error"]["retryable"] is True


def test_mailerlite_is_down(sync: Sync, simulated: Simulated) -> None:
    said = sync(lambda: simulated.set(down="mailerlite"))
    assert 'MailerLite has trouble: it answered 503 ("503 Service Unavailable"), 3 times' in said.complaint
    assert (said.document["requests"]["read"], said.document["requests"]["retried"]) == (3, 2)


def test_the_shop_is_down(sync: Sync, simulated: Simulated) -> None:
    said = sync(lambda: simulated.set(down="edd"))
    assert "503" in said.complaint
    assert said.document["error"]["retryable"] is True


def test_the_shop_answers_a_web_page_with_200(sync: Sync, simulated: Simulated) -> None:
    said = sync(lambda: simulated.set(html_200_edd=True))
    assert "a web page instead of JSON" in said.complaint
    assert "Easy Digital Downloads is active" in said.complaint


def test_a_wrong_mailerlite_key(sync: Sync, operator: Operator) -> None:
    said = sync(lambda: operator.environment.update(BEMA_MAILERLITE_KEY="not-the-key"))
    assert "MailerLite refuses the key (401)" in said.complaint
    assert "not-the-key" not in said.out + said.err


@pytest.mark.parametrize("name", ["BEMA_EDD_KEY", "BEMA_EDD_TOKEN"])
def test_a_wrong_shop_key_or_token(name: str, sync: Sync, operator: Operator) -> None:
    said = sync(lambda: operator.environment.update({name: "0123456789abcdef0123456789abcdef"}))
    assert "refuses the key (403)" in said.complaint
    assert "Check key and token" in said.complaint
    assert "0123456789abcdef" not in said.out + said.err


def test_a_shop_key_without_the_right_to_see_sales(sync: Sync, simulated: Simulated) -> None:
    said = sync(lambda: simulated.set(edd_role="viewer"))
    assert "may not see sales" in said.complaint
    assert "shop_accountant" in said.complaint


def test_a_list_of_sales_that_breaks_off(sync: Sync, simulated: Simulated, operator: Operator) -> None:
    operator.settings("[edd]\npage_size = 20\nparallel = 2\n")
    said = sync(lambda: simulated.set(truncate_after_page=3))
    assert "500" in said.complaint
    assert "read page 4 of the sales" in said.complaint


def test_mailerlite_rows_without_groups(sync: Sync, simulated: Simulated) -> None:
    said = sync(lambda: simulated.set(drop_groups_key=True))
    assert "groups" in said.complaint


def test_discovery_with_the_shop_down_adds_nothing(simulated: Simulated, operator: Operator) -> None:
    simulated.set(down="edd")
    said = operator.run("campaigns", "discover", "--add", "--json", expect=1)
    assert said.document["error"]["error"] == "ServerFailed"
    assert "503" in said.complaint
    assert operator.run("campaigns", "list", "--json").document == []


def _lists_subscribers(asked: Asked, given: Given) -> bool:
    """Whether this is a page of people, of a group or of the whole account."""
    return asked.path.endswith("/subscribers") and b'"data"' in given.body


@pytest.mark.parametrize("how", ["cut", "500", "no cursor", "damaged"])
def test_a_list_of_subscribers_that_breaks_off(
    how: str, simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    code = operator.discover()
    unharmed = Unharmed(simulated, operator)

    async def spoil(asked: Asked, pass_on: PassOn) -> Given:
        given = await pass_on(asked.body)
        if not _lists_subscribers(asked, given):
            return given
        if how == "cut":
            return Given(200, given.body, given.headers, cut=True)
        if how == "500":
            return Given(500, b"", {})
        if how == "no cursor":
            return given.but({"data": given.document["data"]})
        return Given(200, given.body[: len(given.body) // 2], given.headers)

    mailerlite_proxy.meddle = spoil
    said = operator.run("sync", code, "--yes", "--json", expect=1)
    assert "read subscribers" in said.complaint
    assert said.document["planned"] == 0
    unharmed.check()


async def withhold_half(asked: Asked, pass_on: PassOn) -> Given:
    """Every list of people without half of them, each time another half."""
    given = await pass_on(asked.body)
    if not _lists_subscribers(asked, given):
        return given
    document = given.document
    document["data"] = document["data"][asked.n % 2 :: 2]
    return given.but(document)


@pytest.mark.fault("E10")
def test_a_group_that_counts_more_members_than_it_gives(
    simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    """Half of the people are withheld, differently at each reading, without any error: only the counts tell."""
    code = operator.discover()
    mailerlite_proxy.meddle = withhold_half
    run = operator.run("sync", code, "--yes", "--json", expect=3).document
    assert run["reads"]["mailerlite"]["completeness"] == "partial"
    assert any("read but for some of" in check["text"] for check in run["checks"])
    warned = operator.run("findings", "--rule", "record_warning", "--json").document
    assert [row for row in warned if "the group counts" in row["message"]]
    # Whoever came stands as they were shown, and may be marked; nobody is taken out of a group.
    assert set(run["changes"]) <= {"set_field", "add_group"}
    assert not [item for row in simulated.writes() for item in row["items"] if item["method"] == "DELETE"]


def test_a_list_that_leaves_many_subscribers_out_is_no_read(
    simulators: StartSimulator, operators: MakeOperator, proxies: StartProxy
) -> None:
    simulated = simulators(subscribers=600)
    proxy = proxies(simulated.endpoints.mailerlite_url)
    operator = operators(simulated.endpoints, BEMA_MAILERLITE_URL=proxy.url)
    code = operator.discover()
    unharmed = Unharmed(simulated, operator)
    proxy.meddle = withhold_half
    said = operator.run("sync", code, "--yes", "--json", expect=1)
    assert said.document["error"]["error"] == "IncompleteRead"
    assert "left out" in said.complaint
    unharmed.check()


def test_how_long_the_shop_takes_is_kept_and_stays_when_it_fails(
    simulators: StartSimulator, operators: MakeOperator
) -> None:
    simulated = simulators(page_seconds=0.2)
    operator = operators(simulated.endpoints)
    operator.discover()
    (kept,) = operator.rows("SELECT state, latency_ms FROM services WHERE name = 'shop'")
    assert kept[0] == "ok"
    assert kept[1] >= 200
    simulated.set(edd_role="viewer")
    operator.run("campaigns", "discover", expect=1)
    assert operator.rows("SELECT state, latency_ms FROM services WHERE name = 'shop'") == [("refused", kept[1])]
