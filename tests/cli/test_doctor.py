"""``bema-tui doctor``: what it looks at, what it says, what it keeps, and that it only reads."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bema_tui.clock import utc_now
from bema_tui.model import CustomField
from bema_tui.operations.doctor import services
from bema_tui.operations.doctor.examine import examine
from bema_tui.operations.doctor.lines import Line
from bema_tui.providers.mailerlite.probe import KeyRule, key_rule
from bema_tui.settings import load
from bema_tui.store.database import Database
from tests.support.fixtures import MakeOperator, StartSimulator
from tests.support.operator import Operator
from tests.support.proxy import Asked, Given, PassOn, Proxy
from tests.support.simulated import Simulated


def lines(said: Any, about: str) -> list[dict[str, str]]:
    return [line for line in said.document["lines"] if line["about"] == about]


def verdicts(said: Any, about: str) -> set[str]:
    return {line["verdict"] for line in lines(said, about)}


def kept(operator: Operator) -> dict[str, str]:
    return dict(operator.rows("SELECT name, value FROM settings"))


def test_all_is_well(simulated: Simulated, operator: Operator) -> None:
    said = operator.run("doctor", "--json", expect=0)
    assert (said.document["warning"], said.document["error"]) == (0, 0), said.document
    about = [line["about"] for line in said.document["lines"]]
    assert set(about) == {
        "configuration", "files", "database", "disk", "shop", "sales", "clock", "mailerlite", "people", "page size",
        "counting", "batches", "field keys", "quota", "cost",
    }  # fmt: skip
    assert about.count("clock") == 2
    assert simulated.writes() == []
    assert len(simulated.requests()) < 15
    text = operator.run("doctor", expect=0).out
    assert "ok       shop" in text
    for secret in ("BEMA_MAILERLITE_KEY", "BEMA_EDD_KEY", "BEMA_EDD_TOKEN"):
        assert operator.environment[secret] not in text + said.out


@pytest.mark.fault("E8")
def test_an_account_that_allows_no_more_than_is_left_for_others_is_an_error(
    simulators: StartSimulator, operators: MakeOperator
) -> None:
    """The setting says 120, which the account's own word outranks; asked in windows of a moment, to wait for none."""
    simulated = simulators(quota=10, window_seconds=0.2)
    operator = operators(simulated.endpoints)
    operator.environment |= {"BEMA_MAILERLITE_QUOTA": "120", "BEMA_MAILERLITE_WINDOW_SECONDS": "0.2"}
    said = operator.run("doctor", "--json", expect=1)
    (line,) = lines(said, "quota")
    assert (line["verdict"], line["advice"]) == ("error", "Set mailerlite.reserve to less than 10.")
    assert line["text"].startswith("The account allows 10 requests a period, and 10 are to be left for others")
    operator.settings("[mailerlite]\nreserve = 9\n")
    (line,) = lines(operator.run("doctor", "--json", expect=0), "quota")
    assert (line["verdict"], line["text"]) == ("ok", "10 requests a period, 9 of them left for others.")


def test_a_key_in_the_address_is_warned_about(operator: Operator) -> None:
    operator.settings("edd_credentials_in_url = true\n")
    said = operator.run("doctor", "--json", expect=0)
    assert verdicts(said, "configuration") == {"ok", "warning"}
    assert "access logs" in str(lines(said, "configuration"))


@pytest.mark.parametrize(
    ("switches", "facts"),
    [
        ({"page_cap": 100, "batch_item_cost": 1}, {"page_of_account": "100", "batch_base": "1", "batch_item": "1"}),
        ({"page_cap": 1000, "batch_item_cost": 0}, {"page_of_account": "1000", "batch_base": "1", "batch_item": "0"}),
        ({"page_cap": 100, "page_cap_refuses": True}, {"page_of_account": "100"}),
    ],
)
def test_what_the_account_answers_is_kept(
    simulated: Simulated, operator: Operator, switches: dict[str, Any], facts: dict[str, str]
) -> None:
    simulated.set(**switches)
    operator.run("doctor", "--json", expect=0)
    stored = kept(operator)
    assert {name: stored[f"mailerlite_{name}"] for name in facts} == facts


def test_a_second_look_takes_over_what_changed(simulated: Simulated, operator: Operator) -> None:
    operator.run("doctor", "--json", expect=0)
    simulated.set(page_cap=1000, batch_item_cost=0)
    operator.run("doctor", "--json", expect=0)
    assert (kept(operator)["mailerlite_page_of_account"], kept(operator)["mailerlite_batch_item"]) == ("1000", "0")


@pytest.mark.parametrize(
    ("missing", "side", "asked"),
    [("BEMA_EDD_TOKEN", "shop", "mailerlite"), ("BEMA_MAILERLITE_KEY", "mailerlite", "shop")],
)
def test_missing_settings_are_named_and_the_other_service_is_asked(
    simulated: Simulated, operator: Operator, missing: str, side: str, asked: str
) -> None:
    del operator.environment[missing]
    said = operator.run("doctor", "--json", expect=2)
    assert missing in lines(said, "configuration")[1]["text"]
    assert verdicts(said, "database") == {"ok"}
    assert (verdicts(said, side), verdicts(said, asked)) == (set(), {"ok"})
    assert said.document["error"] == 1


def test_a_key_without_the_right_is_an_error_that_says_which_role(simulated: Simulated, operator: Operator) -> None:
    simulated.set(edd_role="viewer")
    said = operator.run("doctor", "--json", expect=1)
    (shop,) = lines(said, "shop")
    assert (shop["verdict"], "shop_accountant" in shop["advice"]) == ("error", True)
    assert verdicts(said, "mailerlite") == {"ok"}


@pytest.mark.parametrize(("side", "about"), [("mailerlite", "mailerlite"), ("edd", "shop")])
def test_a_refused_key_is_an_error(simulated: Simulated, operator: Operator, side: str, about: str) -> None:
    simulated.set(expire_key=side)
    said = operator.run("doctor", "--json", expect=1)
    (line,) = lines(said, about)
    assert line["verdict"] == "error"
    assert line["advice"]
    assert said.document["error"] == 1


def test_files_that_others_can_read_are_warned_about(operator: Operator) -> None:
    operator.run("campaigns", "list", "--json", expect=0)
    operator.database.chmod(0o644)
    operator.log.chmod(0o640)
    said = operator.run("doctor", "--json", expect=0)
    advice = [line["advice"] for line in lines(said, "files") if line["verdict"] == "warning"]
    assert advice == [f"chmod 600 {operator.database}", f"chmod 600 {operator.log}"]


@pytest.mark.fault("B3")
def test_a_database_that_is_shared_with_a_group_is_the_team_s_choice(operator: Operator, tmp_path: Path) -> None:
    folder = tmp_path / "team"
    folder.mkdir()
    folder.chmod(0o2770)
    file = folder / "bema.sqlite3"
    operator.environment["BEMA_DATABASE_URL"] = str(file)
    operator.run("campaigns", "list", "--json", expect=0)
    file.chmod(0o660)

    def told() -> list[tuple[str, str]]:
        said = operator.run("doctor", "--json", expect=0)
        rows = [line for line in lines(said, "files") if str(file) in line["text"] or str(folder) in line["text"]]
        return [(line["verdict"], line["advice"]) for line in rows]

    assert told() == [("ok", "")]
    assert stat.S_IMODE(file.stat().st_mode) == 0o660
    file.chmod(0o666)
    assert told() == [("warning", f"chmod o-rwx {file}")]
    file.chmod(0o660)
    folder.chmod(0o770)  # its log would belong to the group of whoever opens it first
    assert told() == [("ok", ""), ("warning", f"chgrp {file.group()} {folder} && chmod g+rwxs {folder}")]
    folder.chmod(0o2777)
    assert told() == [("warning", f"chmod o-w {folder}"), ("ok", "")]


def test_folders_where_others_may_write_are_warned_about(operator: Operator) -> None:
    operator.run("campaigns", "list", "--json", expect=0)
    operator.folder.chmod(0o777)
    said = operator.run("doctor", "--json", expect=0)
    assert [line["advice"] for line in lines(said, "files") if line["verdict"] == "warning"] == [
        f"chmod go-w {operator.folder}"
    ]
    operator.folder.chmod(0o1777)
    assert verdicts(operator.run("doctor", "--json", expect=0), "files") == {"ok"}


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        (None, 0o600, "does not exist"),
        ("a = = 1", 0o600, "not valid TOML"),
        ("colour = 1", 0o600, "unknown setting colour"),
        ('[mailerlite]\nkey = "x"', 0o644, "readable by others"),
    ],
)
def test_settings_that_cannot_be_read_are_one_line_that_says_where_and_what_to_do(
    operator: Operator, text: str | None, mode: int, told: str
) -> None:
    operator.settings(text or "")
    operator.config.chmod(mode)
    if text is None:
        operator.config.unlink()
    said = operator.run("doctor", "--json", expect=2)
    (line,) = said.document["lines"]
    assert (line["about"], line["verdict"], said.document["error"]) == ("configuration", "error", 1)
    assert told in line["text"]
    assert str(operator.config) in line["text"]
    assert line["advice"]
    assert operator.run("doctor", expect=2).out.startswith("error    configuration  ")


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


UNUSABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no database": (lambda path: path.write_bytes(b"not a database at all" * 100), "no database"),
    "another program's": (foreign, "belongs to another program"),
    "a name that ends nowhere": (lambda path: path.symlink_to("/proc/none/bema.sqlite3"), "can't be opened"),
}


@pytest.mark.fault("D4")
@pytest.mark.parametrize("kind", UNUSABLE)
def test_without_a_database_everything_else_is_looked_at(kind: str, simulated: Simulated, operator: Operator) -> None:
    make, words = UNUSABLE[kind]
    make(operator.database)
    said = operator.run("doctor", "--json", expect=1)
    (line,) = lines(said, "database")
    assert (line["verdict"], said.document["error"]) == ("error", 1)
    assert words in line["text"]
    assert str(operator.database) in line["text"] or "/proc/none" in line["text"]
    assert line["advice"]
    assert verdicts(said, "files") == {"ok"}  # nobody is told to change the rights of what is not ours
    for about in ("shop", "sales", "mailerlite", "people", "batches", "field keys", "cost"):
        assert verdicts(said, about) == {"ok"}, about
    assert len(simulated.requests()) < 15


def test_a_database_of_a_newer_version_is_told_with_the_status_that_every_command_has(operator: Operator) -> None:
    operator.run("campaigns", "list", "--json", expect=0)
    operator.change_database("UPDATE alembic_version SET version_num = '9999'")
    for command in ("doctor", "runs"):
        said = operator.run(command, "--json", expect=2)
        assert "newer version" in said.out
    (line,) = lines(operator.run("doctor", "--json"), "database")
    assert (line["verdict"], "Update the program" in line["advice"]) == ("error", True)


def test_a_database_address_that_is_none_is_wrong_configuration(operator: Operator) -> None:
    operator.environment["BEMA_DATABASE_URL"] = "postgres://me:geheim-1234@db/x"
    said = operator.run("doctor", "--json", expect=2)
    assert "geheim-1234" not in said.out
    assert (verdicts(said, "shop"), verdicts(said, "mailerlite")) == ({"ok"}, {"ok"})


@pytest.mark.fault("D4")
async def test_a_look_that_fails_for_a_reason_nobody_thought_of_is_a_line(
    operator: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    async def explode(_: str) -> Database:
        raise LookupError("secret of the inside")

    found = [line async for line in examine(load(environment=operator.environment), explode)]
    (line,) = [line for line in found if line.about == "database"]
    assert (line.verdict, line.text) == ("error", "It could not be looked at: LookupError.")
    assert {line.verdict for line in found if line.about in {"shop", "mailerlite"}} == {"ok"}
    assert "secret of the inside" in caplog.text


def test_without_a_log_everything_else_is_looked_at(operator: Operator) -> None:
    operator.environment["BEMA_LOG_FILE"] = "/dev/null/bema.log"
    said = operator.run("doctor", "--json", expect=2)
    (line,) = [line for line in said.document["lines"] if line["verdict"] == "error"]
    assert (line["about"], "/dev/null/bema.log" in line["text"]) == ("configuration", True)
    assert {"shop", "mailerlite", "database", "cost"} <= {line["about"] for line in said.document["lines"]}
    assert said.err == ""


# What the environment says of proxies and certificates

ELSEWHERE = {"BEMA_MAILERLITE_URL": "https://mail.example/api", "BEMA_EDD_URL": "https://shop.example"}
ENVIRONMENT = {
    "a SOCKS proxy": ({"ALL_PROXY": "socks5://127.0.0.1:9"}, "ALL_PROXY"),
    "no proxy": ({"HTTPS_PROXY": "http://me:geheim-1234@proxy:port"}, "HTTPS_PROXY"),
    "certificates": ({"SSL_CERT_FILE": "/missing"}, "SSL_CERT_FILE"),
    "a folder": ({"SSL_CERT_DIR": "/missing"}, "SSL_CERT_DIR"),
    "keys": ({"SSLKEYLOGFILE": "/missing/keys"}, "SSLKEYLOGFILE"),
    "a port": ({"BEMA_EDD_URL": "https://shop.example:99999"}, "BEMA_EDD_URL"),
}


@pytest.mark.fault("A6")
@pytest.mark.parametrize("mistake", ENVIRONMENT)
@pytest.mark.parametrize("side", ["BEMA_MAILERLITE_URL", "BEMA_EDD_URL"])
def test_a_mistake_in_the_environment_is_a_line_and_the_other_service_is_asked(
    operator: Operator, side: str, mistake: str
) -> None:
    environment, variable = ENVIRONMENT[mistake]
    side = next((name for name in environment if name.startswith("BEMA_")), side)
    operator.environment.update({side: ELSEWHERE[side], **environment})
    said = operator.run("doctor", "--json", expect=2)
    (line,) = [line for line in said.document["lines"] if line["verdict"] == "error"]
    assert (line["about"], variable in line["text"], bool(line["advice"])) == ("configuration", True, True)
    assert "geheim-1234" not in said.out + said.err
    other = "shop" if side == "BEMA_MAILERLITE_URL" else "mailerlite"
    assert verdicts(said, other) == {"ok"}
    assert verdicts(said, "database") == {"ok"}
    assert "error    configuration" in operator.run("doctor", expect=2).out


# What lies behind a good answer to the first question


@pytest.mark.fault("D4")
@pytest.mark.parametrize("version", ["2.11", "3.0"])
@pytest.mark.parametrize("quick", [(), ("--quick",)])
def test_an_old_edd_is_told_by_doctor_and_sync_alike(
    simulated: Simulated, operator: Operator, version: str, quick: tuple[str, ...]
) -> None:
    code = operator.discover()
    if quick:
        operator.run("sync", code, "--yes", "--max-moves", "1000", "--create-missing", "--json")
    simulated.set(edd_version=version)
    said = operator.run("doctor", "--json", expect=1)
    (line,) = lines(said, "shop")
    assert line["text"].startswith("This EDD is older than 3.1.0.4 and can't be read")
    assert "update" in line["advice"]
    assert verdicts(said, "mailerlite") == {"ok"}
    assert len(lines(said, "clock")) == 2
    for command in (("sync", code, "--yes", *quick), ("campaigns", "discover")):
        failed = operator.run(*command, "--json", expect=1)
        assert "This EDD is older than 3.1.0.4 and can't be read" in failed.complaint
        assert "can't be used" not in failed.complaint


@pytest.mark.fault("D7")
def test_a_cache_that_gives_one_answer_to_every_question_is_found(
    simulated: Simulated, operator: Operator, shop_proxy: Proxy
) -> None:
    kept: dict[str, Given] = {}

    async def by_path(asked: Asked, pass_on: PassOn) -> Given:
        if asked.path not in kept:
            kept[asked.path] = await pass_on(asked.body)
        return kept[asked.path]

    shop_proxy.meddle = by_path
    said = operator.run("doctor", "--json", expect=1)
    (line,) = lines(said, "shop")
    assert "no sales, but the answer to another question (info)" in line["text"]
    assert "cache" in line["advice"]


@pytest.mark.fault("D4")
def test_a_shop_without_sales_and_an_account_without_subscribers_are_fine(
    simulators: StartSimulator, operators: MakeOperator
) -> None:
    operator = operators(simulators(subscribers=0, orders=0, campaigns=0).endpoints)
    said = operator.run("doctor", "--json", expect=0)
    assert "no sales yet" in lines(said, "sales")[0]["text"]
    assert "nobody yet" in lines(said, "people")[0]["text"]
    assert said.document["warning"] == 0


def test_a_shop_in_maintenance_is_called_so_in_a_minute_not_in_ten(
    simulated: Simulated, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert services.SHOP_PATIENCE < 60
    monkeypatch.setattr(services, "SHOP_PATIENCE", 1.0)
    simulated.set(maintenance=True)
    said = operator.run("doctor", "--json", expect=1)
    (line,) = lines(said, "shop")
    assert "is not available: it answered 503" in line["text"]
    assert "maintenance" in line["advice"]
    assert verdicts(said, "mailerlite") == {"ok"}


def test_rows_that_can_not_be_read_are_named(simulated: Simulated, operator: Operator) -> None:
    state = simulated.state()
    newest = max((row for row in state["orders"] if row["status"] == "complete"), key=lambda row: int(row["row_id"]))
    subscriber = max(state["subscribers"], key=lambda row: int(row["id"]))
    broken = {"kind": "order", "id": newest["row_id"], "set": {"products": 7}}
    simulated.change(break_record=broken)
    simulated.change(break_record={"kind": "subscriber", "id": subscriber["id"], "set": {"status": "lost"}})
    said = operator.run("doctor", "--json", expect=0)
    (sales,), (subscribers,) = lines(said, "sales"), lines(said, "people")
    assert (sales["verdict"], subscribers["verdict"]) == ("warning", "warning")
    assert f"ID {newest['id']}: products" in sales["text"]
    assert "data.0.status" in subscribers["text"]
    assert subscriber["email"] not in said.out


def test_a_damaged_database_is_an_error(operator: Operator) -> None:
    operator.run("campaigns", "add", "2026_X_Y", "--album", "Y", "--product", "7", expect=0)
    with closing(sqlite3.connect(operator.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        index = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'campaign_products'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(operator.database.read_bytes())
    content[(index - 1) * size : index * size] = b"\xff" * size
    operator.database.write_bytes(bytes(content))
    said = operator.run("doctor", "--json", expect=1)
    assert "error" in verdicts(said, "database")
    assert "backup" in next(line["advice"] for line in lines(said, "database") if line["verdict"] == "error")


def test_another_shop_than_the_database_s_is_an_error(operator: Operator) -> None:
    operator.run("doctor", "--json", expect=0)
    operator.change_database("UPDATE settings SET value = 'https://another.example/' WHERE name = 'shop'")
    said = operator.run("doctor", "--json", expect=2)
    assert "another.example" in lines(said, "configuration")[-1]["text"]


@pytest.mark.parametrize(
    ("off", "verdict", "words"), [(0, "ok", "agree"), (300, "warning", "ahead of"), (-300, "warning", "behind")]
)
async def test_the_clock_is_held_against_both_servers(
    simulated: Simulated, operator: Operator, off: int, verdict: str, words: str
) -> None:
    async def shifted(address: str) -> Database:
        return await Database.open(address, clock=lambda: utc_now() + timedelta(seconds=off))

    found: list[Line] = [line async for line in examine(load(environment=operator.environment), shifted)]
    clocks = [line for line in found if line.about == "clock"]
    assert [line.verdict for line in clocks] == [verdict, verdict]
    assert all(words in line.text for line in clocks)


def test_the_rule_of_keys_is_told_only_by_names_that_differ() -> None:
    made: Callable[[str, str], CustomField] = lambda name, key: CustomField("9", name, key, "number")  # noqa: E731
    assert key_rule([made("Zip", "z_i_p"), made("My Field", "my_field"), made("size", "size")]) is None
    assert key_rule([made("2026_ETB_EOE_PURCHASE", "2026_etb_eoe_purchase")]) is KeyRule.LOWER
    assert key_rule([made("2026_ETB_EOE_PURCHASE", "2026__e_t_b__e_o_e__p_u_r_c_h_a_s_e")]) is KeyRule.SNAKE
    assert key_rule([made("2026_ETB_EOE_PURCHASE", "field_17")]) is KeyRule.OTHER
