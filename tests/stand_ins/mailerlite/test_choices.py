"""The engine and the client on a MailerLite that chooses otherwise: the right state at the end, or a clear refusal."""

from __future__ import annotations

import ast
import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import select

from bema_tui.errors import BemaError
from bema_tui.model import CheckResult, Completeness, FindingRule, FindingState, MembersCheck, ReadingStrategy, RunState
from bema_tui.providers.http.null_ports import NoInterrupt, NoMeter
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.providers.quota.gate import QuotaGate
from bema_tui.providers.quota.settings import QuotaSettings
from bema_tui.rules.findings import finding
from bema_tui.secrets import Secret
from bema_tui.simulator import Endpoints, SimulatorSettings
from bema_tui.store.account_facts import AccountFact, AccountFacts
from bema_tui.store.findings import Findings
from bema_tui.store.run_documents import checks_of
from bema_tui.store.schema import runs
from bema_tui.store.snapshot.findings import list_findings
from tests.end_to_end.comparing import differences
from tests.end_to_end.engine import Engine, engine_on
from tests.end_to_end.reference import Release, account_after, account_of
from tests.stand_ins.mailerlite.choices import Choices
from tests.stand_ins.mailerlite.server import KEY, StandInMailerLite
from tests.support.simulated import Simulated

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
FEW: dict[str, Any] = {"account_page": 37, "group_page": 37, "list_page": 7}
ROWS: dict[str, Any] = {
    "ids": "mixed",
    "numbers": "text",
    "groups_key": "brief",
    "unset_fields": "absent",
    "extra_keys": True,
    "times": False,
    "account_header": False,
    "triggers": "one object",
}
WRITES: dict[str, Any] = {
    "keys": "snake",
    "unknown_field": "refuse",
    "created": 200,
    "name_taken": "conflict",
    "missing_text": "empty",
    "bad_group": 422,
    "assign_again": 422,
    "put_answer": "without groups",
    "no_content": "absent",
}
PRICES: dict[str, Any] = {"batch_cost": "two", "batch_headers": False, "quota_headers": "mixed"}
ALL = {**FEW, **ROWS, **WRITES, **PRICES, "page_as_text": True, "cursor_at_end": True, "list_order": "newest"}
CASES: dict[str, dict[str, Any]] = {
    "small pages, told as text": {**FEW, "page_as_text": True, "cursor_at_end": True, "list_order": "newest"},
    "more rows than the most are refused": {**FEW, "excess": "refuse"},
    "rows": ROWS,
    "row ids and orders with decimals": {"numbers": "decimals", "put_answer": "empty", "no_content": "list"},
    "writes": WRITES,
    "everything": {**ALL, "counters": "as before"},
}
OTHERS: dict[str, tuple[Any, ...]] = {
    "account_page": (250, 1000),
    "excess": ("refuse",),
    "numbers": ("float", "decimals"),
    "batch_cost": ("one", "nothing"),
    "quota_headers": ("limit only", "none"),
    "counters": ("zero", "one too many", "as before", "absent"),
    "name_taken": ("plain", "invalid"),
    "missing_text": ("resource", "no body"),
    "no_content": ("text", "list"),
    "put_answer": ("empty",),
    "triggers": ("ids", "groups"),
    "filtered_count": ("whole",),
}
EACH = {f"{name} = {value}": {name: value} for name, value in ALL.items()} | {
    f"{name} = {value}": {name: value} for name, values in OTHERS.items() for value in values
}
"""Every switch by itself: for a night."""
BY_GROUP: dict[str, dict[str, Any]] = {
    "numbered pages": {"numbered_groups": True, "group_page": 20},
    "counters of nobody": {"counters": "zero", "cursor_at_end": True},
    "no counters": {"counters": "absent", "group_page": 37, "excess": "refuse"},
}
PATHS = ("as written", "encoded alone", "plus as space", "no email")


def test_the_stand_in_is_apart_from_the_program() -> None:
    for path in Path(__file__).parent.glob("[a-s]*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert (
                    name.startswith(("tests.stand_ins.mailerlite", "attrs"))
                    or name.split(".")[0] in sys.stdlib_module_names
                )


@attrs.frozen
class PreparedShop:
    """A simulated shop, what MailerLite holds, the same without purchases, and a database that knows the campaign."""

    at: Endpoints
    state: dict[str, Any]
    without_purchases: dict[str, Any]
    database: Path
    release: Release


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreparedShop]:
    folder = tmp_path_factory.mktemp("shop")
    few = SimulatorSettings(seed=7, subscribers=120, orders=90, campaigns=1, quota=1_000_000)
    with Simulated.start(few) as simulated:

        async def discovered() -> Release:
            async with engine_on(simulated, folder) as engine:
                (release,) = await engine.discover()
                return release

        release = asyncio.run(discovered())
        simulated.ask("change", {"delete_group": f"{release.code}_WOOD"})
        state = with_somebody_gone(simulated.state(), f"{release.code}_GOLD_PURCHASE")
        simulated.ask("change", {"delete_field": f"{release.code}_PURCHASE"})
        for suffix in ("GOLD_PURCHASE", "SILVER_PURCHASE", "BRONZE_PURCHASE"):
            simulated.ask("change", {"delete_group": f"{release.code}_{suffix}"})
        yield PreparedShop(simulated.endpoints, state, simulated.state(), folder / "bema.sqlite3", release)


def with_somebody_gone(state: dict[str, Any], group: str) -> dict[str, Any]:
    """The state with one more in the group: unsubscribed and without an order, so that no look-up finds them."""
    ids = {row["name"]: row["id"] for row in state["groups"]}
    newest = max(state["subscribers"], key=lambda row: int(row["id"]))
    subscriber = {
        "id": str(int(newest["id"]) + 1),
        "email": "gone@nowhere.example",
        "status": "unsubscribed",
        "fields": dict.fromkeys(newest["fields"]),
        "groups": [group],
        "group_ids": [ids[group]],
    }
    return {**state, "subscribers": [*state["subscribers"], subscriber]}


@asynccontextmanager
async def engine_at(shop: PreparedShop, mailerlite: StandInMailerLite, folder: Path) -> AsyncIterator[Engine]:
    """An engine on this shop and that MailerLite."""
    shutil.copyfile(shop.database, folder / "bema.sqlite3")
    at = attrs.evolve(shop.at, mailerlite_url=mailerlite.url, mailerlite_key=KEY)
    with Simulated(at) as simulated:
        async with engine_on(simulated, folder) as engine:
            yield engine


async def synced(
    shop: PreparedShop, choices: dict[str, Any], folder: Path, *, lost: int = 0, by_groups: bool = False
) -> None:
    """Fail unless a sync ends in the right state, no answer was 429, and a second sync writes nothing."""
    state = shop.without_purchases if "created" in choices or lost else shop.state
    with StandInMailerLite(state, Choices(**choices)) as mailerlite:
        mailerlite.lose_answers = lost
        async with engine_at(shop, mailerlite, folder) as engine:
            if by_groups:
                await AccountFacts(engine.db).learned(AccountFact.PAGE_OF_ACCOUNT, 1)
            expected = account_after(mailerlite.state(), [shop.release])
            assert await engine.sync(shop.release.code) == RunState.DONE
            told = differences(expected, account_of(mailerlite.state()))
            assert not told, f"{len(told)} differences:\n" + "\n".join(told[:10])
            assert await engine.findings(shop.release.code) == +expected.findings[shop.release.code]
            async with engine.db.read() as connection:
                row = (await connection.execute(select(runs))).one()
            assert (row.mailerlite_read["strategy"] == ReadingStrategy.BY_GROUPS) is by_groups
            written = list(mailerlite.account.writes)
            assert written
            assert await engine.sync(shop.release.code) == RunState.DONE
            assert mailerlite.account.writes == written
        assert (mailerlite.refused, mailerlite.account.created) == (0, [])


@pytest.mark.parametrize("case", [*CASES, *(EACH if NIGHTLY else ())])
async def test_the_state_is_right(case: str, shop: PreparedShop, tmp_path: Path) -> None:
    await synced(shop, (CASES | EACH)[case], tmp_path)


@pytest.mark.parametrize("case", BY_GROUP)
async def test_the_state_is_right_when_read_group_by_group(case: str, shop: PreparedShop, tmp_path: Path) -> None:
    await synced(shop, {"account_page": 4, **BY_GROUP[case]}, tmp_path, by_groups=True)


@pytest.mark.fault("A2")
@pytest.mark.parametrize("path", PATHS)
async def test_the_state_is_right_however_a_batch_wants_an_email_written(
    path: str, shop: PreparedShop, tmp_path: Path
) -> None:
    await synced(shop, {"account_page": 4, "batch_path": path}, tmp_path, by_groups=True)


@pytest.mark.fault("A2")
async def test_nobody_is_called_unknown_where_no_look_up_by_email_finds_anybody(
    shop: PreparedShop, tmp_path: Path
) -> None:
    choices = Choices(account_page=4, batch_path="no email", single_path="no email")
    with StandInMailerLite(shop.state, choices) as mailerlite:
        async with engine_at(shop, mailerlite, tmp_path) as engine:
            await AccountFacts(engine.db).learned(AccountFact.PAGE_OF_ACCOUNT, 1)
            with pytest.raises(BemaError, match="finds nobody by e-mail address") as caught:
                await engine.sync(shop.release.code)
            assert "Nobody is called unknown" in caught.value.advice
            assert await list_findings(engine.db, rule=FindingRule.BUYER_UNKNOWN) == ()
        assert mailerlite.account.writes == []


async def test_what_took_effect_without_an_answer_and_is_refused_when_sent_again(
    shop: PreparedShop, tmp_path: Path
) -> None:
    await synced(shop, {"assign_again": 409, "missing_text": "empty"}, tmp_path, lost=2)


@pytest.mark.fault("A2")
async def test_buyers_whom_a_list_that_ends_early_did_not_show_are_looked_up(
    shop: PreparedShop, tmp_path: Path
) -> None:
    with StandInMailerLite(shop.state, Choices(account_page=20, ends_early=True)) as mailerlite:
        async with engine_at(shop, mailerlite, tmp_path) as engine:
            await AccountFacts(engine.db).learned(AccountFact.PAGE_OF_ACCOUNT, 1000)
            expected = account_after(mailerlite.state(), [shop.release])
            assert await engine.sync(shop.release.code) is RunState.DONE
            run = await engine.last_run()
            assert run.mailerlite_read["strategy"] == ReadingStrategy.BY_SWEEP
            assert differences(expected, account_of(mailerlite.state())) == []
            assert await engine.findings(shop.release.code) == +expected.findings[shop.release.code]


@pytest.mark.fault("E10")
async def test_an_account_whose_list_changes_while_it_is_swept_is_read_by_its_groups(
    shop: PreparedShop, tmp_path: Path
) -> None:
    choices = Choices(account_page=40, numbered_account=True, restless="changes its total")
    with StandInMailerLite(shop.state, choices) as mailerlite:
        async with engine_at(shop, mailerlite, tmp_path) as engine:
            expected = account_after(mailerlite.state(), [shop.release])
            assert await engine.sync(shop.release.code) is RunState.DONE
            assert differences(expected, account_of(mailerlite.state())) == []
            assert (await engine.last_run()).mailerlite_read["strategy"] == ReadingStrategy.BY_GROUPS
        asked = [line for line in mailerlite.requests if line.startswith("GET /subscribers?")]
        assert [line.partition("page=")[2][:1] for line in asked if "limit=0" not in line] == ["", "2"]
        assert any("/subscribers?filter" in line for line in mailerlite.requests if line.startswith("GET /groups/"))


@pytest.mark.parametrize("counted_besides", [3, -3])
async def test_buyers_are_looked_up_where_a_sweep_showed_fewer_than_the_account_counts_now(
    counted_besides: int, shop: PreparedShop, tmp_path: Path
) -> None:
    """However often that is so: that nobody was found the last time says nothing of whoever buys next."""
    with StandInMailerLite(shop.state, Choices()) as mailerlite:
        mailerlite.account.counted_besides = counted_besides
        async with engine_at(shop, mailerlite, tmp_path) as engine:
            asked = []
            for _ in range(3):
                mailerlite.items.clear()
                assert await engine.sync(shop.release.code) is RunState.DONE
                asked.append(any("%40" in path for path in mailerlite.items))
    assert asked == [counted_besides > 0] * 3


async def test_a_count_of_the_last_day_proves_a_sweep_only_where_it_is_the_same(
    shop: PreparedShop, tmp_path: Path
) -> None:
    """The account grew since, and its list ends early; a sweep is no count, so it makes none younger."""
    with StandInMailerLite(shop.state, Choices(account_page=20, ends_early=True)) as mailerlite:
        async with engine_at(shop, mailerlite, tmp_path) as engine:
            facts = AccountFacts(engine.db)
            counted_at = int(engine.db.now().timestamp()) - 3600
            await facts.learned(AccountFact.PAGE_OF_ACCOUNT, 1000)
            await facts.learned(AccountFact.SUBSCRIBERS, 10)
            await facts.learned(AccountFact.SUBSCRIBERS_COUNTED_AT, counted_at)
            expected = account_after(mailerlite.state(), [shop.release])
            assert await engine.sync(shop.release.code) is RunState.DONE
            assert (await engine.last_run()).mailerlite_read["strategy"] == ReadingStrategy.BY_SWEEP
            assert differences(expected, account_of(mailerlite.state())) == []
            assert await facts.number(AccountFact.SUBSCRIBERS) == len(mailerlite.account.subscribers)


async def test_a_sweep_that_shows_as_many_as_were_counted_costs_no_count_and_makes_none_younger(
    shop: PreparedShop, tmp_path: Path
) -> None:
    with StandInMailerLite(shop.state, Choices()) as mailerlite:
        async with engine_at(shop, mailerlite, tmp_path) as engine:
            assert await engine.sync(shop.release.code) is RunState.DONE
            facts = AccountFacts(engine.db)
            counted_at = int(engine.db.now().timestamp()) - 3600
            await facts.learned(AccountFact.SUBSCRIBERS_COUNTED_AT, counted_at)
            mailerlite.requests.clear()
            mailerlite.items.clear()
            assert await engine.sync(shop.release.code) is RunState.DONE
            assert (await engine.last_run()).mailerlite_read["strategy"] == ReadingStrategy.BY_SWEEP
            assert [line for line in mailerlite.requests if "limit=0" in line] == []
            assert [path for path in mailerlite.items if "%40" in path] == []
            assert await facts.number(AccountFact.SUBSCRIBERS_COUNTED_AT) == counted_at


@pytest.mark.fault("E10")
@pytest.mark.parametrize(
    "restless",
    [{"restless": "leaves one out"}, {"restless": "changes its total", "numbered_groups": True, "group_page": 9}],
)
async def test_a_list_that_never_settles_ends_no_run_and_takes_nobody_out_of_a_group(
    restless: dict[str, Any], shop: PreparedShop, tmp_path: Path
) -> None:
    with StandInMailerLite(shop.state, Choices(account_page=4, **restless)) as mailerlite:
        async with engine_at(shop, mailerlite, tmp_path) as engine:
            await AccountFacts(engine.db).learned(AccountFact.PAGE_OF_ACCOUNT, 1)
            earlier = finding(FindingRule.DRIFT, shop.release.code, "x@x.example", "Seen in an earlier run.", "Look.")
            await Findings(engine.db).record([earlier], None)
            assert await engine.sync(shop.release.code) is RunState.DONE
            run = await engine.last_run()
            assert run.mailerlite_read["completeness"] == Completeness.PARTIAL
            (members,) = (one for one in checks_of(run.checks) if isinstance(one, MembersCheck))
            assert members.result is CheckResult.LOOK
            assert members.incomplete_groups
            found = await list_findings(engine.db, campaign=shop.release.code, limit=1000)
        unsettled = [one for one in found if "changed in each of 3 readings" in one.message]
        assert {one.subject for one in unsettled} >= {f"{shop.release.code}_GOLD"}
        assert all("nothing is taken back" in one.advice for one in unsettled)
        assert [one.state for one in found if one.message == earlier.message] == [FindingState.OPEN], (
            "it may still be so"
        )
        written = mailerlite.account.writes
        assert [line for line in written if line.startswith("PUT")]
        assert [line for line in written if line.startswith("DELETE")] == []


def somebody_to_move(shop: PreparedShop) -> str:
    """The id of somebody whom the sync must move."""
    before, after = account_of(shop.state).subscribers, account_after(shop.state, [shop.release]).subscribers
    return min((number for number in before if before[number].groups != after[number].groups), key=int)


@pytest.mark.parametrize("by_groups", [False, True])
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"status": "pending"}, "status: 'pending'"),
        ({"email": None}, "email"),
        ({"fields": None}, "fields"),
        ({"id": "12x"}, "id: '12x'"),
        ({"groups": None}, "groups"),
        ({"": "no object"}, "'no object'"),
    ],
)
async def test_a_subscriber_who_cannot_be_read_is_named_and_left_alone_and_the_others_are_synced(
    spoil: dict[str, Any], words: str, by_groups: bool, shop: PreparedShop, tmp_path: Path
) -> None:
    buyer = somebody_to_move(shop)
    with StandInMailerLite(shop.state, Choices(spoiled=buyer, spoil=spoil)) as mailerlite:
        async with engine_at(shop, mailerlite, tmp_path) as engine:
            if by_groups:
                await AccountFacts(engine.db).learned(AccountFact.PAGE_OF_ACCOUNT, 1)
            before = account_of(mailerlite.state()).subscribers[buyer]
            expected = account_after(mailerlite.state(), [shop.release])
            expected.subscribers[buyer] = before
            assert await engine.sync(shop.release.code) == RunState.DONE
            assert differences(expected, account_of(mailerlite.state())) == []
            found = await list_findings(engine.db, rule=FindingRule.BLOCKED_RECORD)
            named = {buyer, before.email.strip().lower()}
            assert all(f.subject in named or (f.subject.startswith("page ") and "" in spoil) for f in found)
            assert all(words in f.message for f in found)
            assert found
            # Their e-mail bought, and whoever can't be read is not unknown.
            unknown = await list_findings(engine.db, rule=FindingRule.BUYER_UNKNOWN)
            assert spoil.get("email", "") is None or before.email not in {f.subject for f in unknown}


async def test_no_period_of_any_kind_is_overdrawn_where_the_headers_tell() -> None:
    nobody: dict[str, Any] = {"subscribers": [], "groups": [], "fields": [], "automations": []}

    async def drive(periods: str) -> tuple[int, int]:
        choices = Choices(quota=40, period=0.8, periods=periods)  # type: ignore[arg-type]
        with StandInMailerLite(nobody, choices) as mailerlite:
            async with client(mailerlite, QuotaGate(QuotaSettings(120, 0.8, 10))) as service:
                for _ in range(75):
                    await service.count_subscribers()
            return mailerlite.refused, len(mailerlite.requests)

    kinds = ("first request", "clock", "sliding")
    assert await asyncio.gather(*map(drive, kinds)) == [(0, 75)] * len(kinds)


@asynccontextmanager
async def client(mailerlite: StandInMailerLite, gate: QuotaGate) -> AsyncIterator[MailerLite]:
    async with MailerLite(mailerlite.url, Secret(KEY), gate=gate, interrupt=NoInterrupt(), meter=NoMeter()) as service:
        yield service
