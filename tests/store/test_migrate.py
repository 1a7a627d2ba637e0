"""A database is created, migrated, copied, or refused with plain words."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, insert, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bema_tui.clock import utc_now
from bema_tui.errors import NewerDatabase, StoreError
from bema_tui.model import ControlVerb, ServiceName
from bema_tui.store import schema
from bema_tui.store.control_requests import ControlRequests, read_requests
from bema_tui.store.database import Database
from bema_tui.store.explain import plain_words
from bema_tui.store.legacy_row_ids import RowIds
from bema_tui.store.migrate import SHIPPED, History, bring_up_to_date
from bema_tui.store.orders import Orders
from bema_tui.store.snapshot.overview import read_services

OPEN_IT = """
import asyncio, sys
from bema_tui.store.control_requests import ControlRequests, read_requests
from bema_tui.store.database import Database
async def main():
    async with await Database.open(sys.argv[1]) as database:
        async with database.read() as connection:
            await connection.exec_driver_sql("SELECT count(*) FROM campaigns")
asyncio.run(main())
print("alembic" in sys.modules)
"""

SECOND_STEP = f'''"""A step of a later version."""
import sqlalchemy as sa
revision = "9999"
down_revision = "{SHIPPED.head}"
branch_labels = depends_on = None
def upgrade(op):
    op.add_column("activity", sa.Column("mood", sa.String(20)))
'''

BROKEN_STEP = SECOND_STEP + '    op.execute("INSERT INTO no_such_table VALUES (1)")\n'


def start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPEN_IT, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.backup-*"))


def longer_history(folder: Path, step: str = SECOND_STEP) -> History:
    versions = folder / "versions"
    versions.mkdir(parents=True)
    for script in SHIPPED.folder.glob("versions/*.py"):
        (versions / script.name).write_text(script.read_text())
    (versions / "9999_later.py").write_text(step)
    return History(folder=folder, revisions=(*SHIPPED.revisions, "9999"))


async def test_a_fresh_file_gets_every_table_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bema.sqlite3"
    async with await Database.open(str(path)):
        pass
    assert set(schema.metadata.tables) | {"alembic_version"} <= tables(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert copies(path) == []


async def test_a_database_in_memory_works() -> None:
    async with await Database.open("sqlite://") as database, database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM campaigns"))).scalar() == 0


def test_alembic_is_loaded_only_when_there_is_something_to_do(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    answers = []
    for _ in range(2):
        out, err = start(path).communicate(timeout=30)
        assert err == ""
        answers.append(out.strip())
    assert answers == ["True", "False"]


def test_processes_that_start_at_once_do_not_collide(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    processes = [start(path) for _ in range(4)]
    outcomes = [process.communicate(timeout=30) for process in processes]
    assert [err for _, err in outcomes] == [""] * 4
    assert [process.returncode for process in processes] == [0] * 4
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(SHIPPED.head,)]


async def test_a_new_file_that_another_process_is_making_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(Database.open(str(path)))
        done, _ = await asyncio.wait({opening}, timeout=0.5)
        assert not done
        other.execute("COMMIT")
        await (await opening).close()


async def test_two_databases_can_be_made_in_one_loop(tmp_path: Path) -> None:
    first, second = await asyncio.gather(*(Database.open(str(tmp_path / name)) for name in ("one", "two")))
    await first.close()
    await second.close()
    assert tables(tmp_path / "one") == tables(tmp_path / "two")


async def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    await (await Database.open(str(path))).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = tables(path)
    with pytest.raises(NewerDatabase, match="newer version") as caught:
        await Database.open(str(path))
    assert str(path) in caught.value.where
    assert caught.value.advice
    assert (tables(path), copies(path)) == (before, [])


async def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(StoreError, match="another program") as caught:
        await Database.open(str(path))
    assert not isinstance(caught.value, NewerDatabase)
    assert tables(path) == {"bookmarks"}


async def test_a_copy_is_made_before_a_migration(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    async with await Database.open(str(path)) as database:
        async with database.write() as connection:
            await connection.execute(
                insert(schema.activity).values(at=utc_now(), who="maria", action="sync", text="before")
            )
        await bring_up_to_date(database.engine, path, longer_history(tmp_path / "later"))
        async with database.read() as connection:
            assert (await connection.execute(text("SELECT text, mood FROM activity"))).one() == ("before", None)
    (copy,) = copies(path)
    assert copy.name.startswith(f"bema.sqlite3.backup-{SHIPPED.head}-")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection_:
        assert connection_.execute("SELECT text FROM activity").fetchall() == [("before",)]
        assert connection_.execute("SELECT version_num FROM alembic_version").fetchall() == [(SHIPPED.head,)]


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


DIES_COPYING = """
import asyncio, os, sys
from bema_tui.store.control_requests import ControlRequests, read_requests
from bema_tui.store.database import Database
os.chown = lambda *_: os._exit(9)  # the copy is made, and not yet called one
asyncio.run(Database.open(sys.argv[1]))
"""


@pytest.mark.fault("E3")
async def test_a_process_that_ends_while_it_copies_leaves_no_half_backup(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    await bring_up_to_date(engine, path, History(SHIPPED.folder, SHIPPED.revisions[:-1]))
    await engine.dispose()
    died = await asyncio.create_subprocess_exec(sys.executable, "-c", DIES_COPYING, str(path))
    assert await died.wait() == 9
    assert copies(path) == []
    await (await Database.open(str(path))).close()
    (copy,) = copies(path)
    assert names_in(tmp_path) == {path.name, copy.name}


@pytest.mark.fault("B3")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o666])
async def test_an_existing_file_keeps_its_mode_and_gives_it_to_all_that_stands_beside_it(
    mode: int, database_file: Path, tmp_path: Path
) -> None:
    os.chmod(database_file, mode)
    async with await Database.open(str(database_file)) as database:
        await bring_up_to_date(database.engine, database_file, longer_history(tmp_path / "later"))
        (copy,) = copies(database_file)
        names = (database_file, copy, *(Path(f"{database_file}{ending}") for ending in ("-wal", "-shm")))
        assert [stat.S_IMODE(path.stat().st_mode) for path in names] == [mode] * 4
        assert len({path.stat().st_gid for path in names}) == 1


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    async with await Database.open(str(path)) as database:
        with pytest.raises(StoreError), plain_words(str(path), "migrate"):
            await bring_up_to_date(database.engine, path, longer_history(tmp_path / "later", BROKEN_STEP))
    with closing(sqlite3.connect(path)) as connection:
        assert "mood" not in {row[1] for row in connection.execute("PRAGMA table_info(activity)")}
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(SHIPPED.head,)]


async def test_no_migration_without_its_copy(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    async with await Database.open(str(path)) as database:
        with pytest.raises(StoreError, match="no copy") as caught:
            await bring_up_to_date(database.engine, tmp_path / "gone" / path.name, longer_history(tmp_path / "later"))
        assert "nothing was changed" in caught.value.advice
        async with database.read() as connection:
            assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar() == SHIPPED.head


async def test_the_migrations_build_what_the_schema_says(tmp_path: Path) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, schema.metadata))

    async with await Database.open(str(tmp_path / "bema.sqlite3")) as database, database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_rebuilt_table_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    await bring_up_to_date(engine, path, History(SHIPPED.folder, SHIPPED.revisions[:3]))
    await engine.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = "code, album, state, created_at, created_by"
        connection.execute(f"INSERT INTO campaigns ({columns}) VALUES ('2024_A_B', 'B', 'active', '2024', 'maria')")
        connection.execute("INSERT INTO campaign_products (product_id, code) VALUES ('11', '2024_A_B')")
    await (await Database.open(str(path))).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT code, product_id FROM campaign_products").fetchall() == [("2024_A_B", "11")]


@pytest.mark.fault("A3")
async def test_e_mails_that_are_there_get_their_key(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    await bring_up_to_date(engine, path, History(SHIPPED.folder, SHIPPED.revisions[:4]))
    await engine.dispose()
    typed = [f"ana{number}@example.org" for number in range(1500)]
    typed += ["mia@käse.example", "zo\u200be@example.org", "ZOE\u0308@example.org"]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO orders (key, number, email, address, status, mode, date_utc, total, first_seen, last_seen,"
            " read_id) VALUES (?, '1', ?, ?, 'complete', 'live', '2026', '1', '2026', '2026', 1)",
            [(f"k{place:05}", email, email.lower()) for place, email in enumerate(typed)],
        )
        connection.executemany(
            "INSERT INTO members (campaign, subscriber_id, email, address, name, last_name, source, status, tiers,"
            " read_run, read_at, ever_member) VALUES (?, ?, ?, ?, '', '', '', 'active', 1, 1, '2026', 1)",
            [(code, str(n), email, email.lower()) for code in ("A", "B") for n, email in enumerate(typed)],
        )
        connection.executemany(
            "INSERT INTO findings (campaign, rule, severity, severity_rank, subject, state, message, advice,"
            " first_seen, last_seen, count) VALUES ('A', ?, 'info', 2, ?, 'accepted', '', '', '2026', '2026', 1)",
            [("buyer_unknown", email.lower()) for email in typed]
            + [("drift", "zoe@x.org"), ("drift", "zo\u200be@x.org"), ("code_collision", "Käse")],
        )
    await (await Database.open(str(path))).close()
    wanted = [*typed[:1500], "mia@xn--kse-qla.example", "zoe@example.org", "zoë@example.org"]
    with closing(sqlite3.connect(path)) as connection:
        assert [key for (key,) in connection.execute("SELECT email_key FROM orders ORDER BY key")] == wanted
        for code in ("A", "B"):
            rows = connection.execute(
                "SELECT email_key FROM members WHERE campaign = ? ORDER BY CAST(subscriber_id AS INTEGER)", (code,)
            )
            assert [key for (key,) in rows] == wanted
        subjects = [subject for (subject,) in connection.execute("SELECT subject FROM findings ORDER BY id")]
        assert subjects == [*wanted, "zoe@x.org", "zo\u200be@x.org", "Käse"]


async def test_what_was_asked_of_runs_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    await bring_up_to_date(engine, path, History(SHIPPED.folder, SHIPPED.revisions[: SHIPPED.revisions.index("0013")]))
    await engine.dispose()
    at = "2026-11-26T14:00:00.000000+00:00"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO campaigns (code, album, state, created_at, created_by)"
            f" VALUES ('2024_A_B', 'B', 'active', '{at}', 'maria')"
        )
        counts = ("people", "moves", "members", "left_out", "read_forecast", "write_forecast", "seconds_forecast")
        spent = ("active_seconds", "requests_read", "requests_write", "requests_retried", "shop_requests")
        columns = ("id", "pid", *counts, *spent)
        connection.execute(
            "INSERT INTO runs (kind, campaign, state, phase, by_user, host, started_at, options, phases, automations,"
            f" checks, note, {', '.join(columns)}) VALUES ('sync', '2024_A_B', 'applying', 'apply', 'maria', 'studio',"
            f" '{at}', '{{}}', '[]', '[]', '[]', '', 7{', 0' * (len(columns) - 1)})"
        )
        connection.execute(
            "INSERT INTO requests (run, verb, by_user, reason, asked_at, seen_at)"
            f" VALUES (7, 'pause', 'jon', 'news', '{at}', '{at}'), (7, 'stop', 'jon', '', '{at}', NULL)"
        )
    async with await Database.open(str(path)) as database:
        (unseen,) = await ControlRequests(database).unseen(7)
        async with database.read() as read:
            both = (await read_requests(read, [7]))[7]
    assert (unseen.id, unseen.verb, unseen.by_user, unseen.done_at) == (2, ControlVerb.STOP, "jon", None)
    assert [(one.verb, one.reason) for one in both] == [(ControlVerb.PAUSE, "news"), (ControlVerb.STOP, "")]
    assert "requests" not in tables(path)


async def test_services_keep_how_they_are_and_the_count_of_the_quota_stays(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    await bring_up_to_date(engine, path, History(SHIPPED.folder, SHIPPED.revisions[: SHIPPED.revisions.index("0015")]))
    await engine.dispose()
    at, ends = "2026-11-26T14:00:00.000000+00:00", "2026-11-26T14:01:00.000000+00:00"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO services (name, state, detail, latency_ms, quota_limit, quota_left, quota_resets_at, at)"
            f" VALUES ('mailerlite', 'slow', 'busy', 180.0, 120, 97, '{ends}', '{at}'),"
            f" ('shop', 'ok', '', NULL, NULL, NULL, NULL, '{at}')"
        )
        connection.execute(
            "INSERT INTO quota_windows (account, quota, used, pending, started_at, ends_at, answered)"
            f" VALUES ('https://mail.example/api', 120, 31, 0, '{at}', '{ends}', 1)"
        )
    async with await Database.open(str(path)) as database, database.read() as read:
        shown = await read_services(read, datetime(2026, 11, 26, 14, 0, 30, tzinfo=UTC))
    mail = shown[ServiceName.MAILERLITE]
    assert (mail.state, mail.detail, mail.latency_ms) == ("slow", "busy", 180.0)
    assert (mail.quota_limit, mail.quota_left) == (120, 89)
    assert (shown[ServiceName.SHOP].state, shown[ServiceName.SHOP].quota_left) == ("ok", None)


@pytest.mark.fault("D2")
async def test_orders_that_are_there_keep_their_items_and_answers(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    await bring_up_to_date(engine, path, History(SHIPPED.folder, SHIPPED.revisions[:5]))
    await engine.dispose()
    first, second, third = (f"2026-0{month}-01T00:00:00.000000+00:00" for month in (1, 2, 3))
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = "key, number, date_utc, first_seen, last_seen, email, email_key, status, mode, total, read_id"
        connection.executemany(
            f"INSERT INTO orders ({columns}) VALUES (?, ?, ?, ?, ?, 'A@x.org', 'a@x.org', 'complete', 'live', '9', 3)",
            [("k1", "10391", first, second, third), ("k0", "10392", second, second, third)],
        )
        connection.executemany(
            "INSERT INTO order_items (order_key, position, product_id, name, price) VALUES (?, ?, '12', ?, '4.50')",
            [("k1", 0, "A"), ("k0", 0, "B"), ("k1", 1, "C")],
        )
        connection.executemany(
            "INSERT INTO row_id_answers (row_id, order_key, asked_at) VALUES (?, ?, '2026')",
            [("7", "k1"), ("8", None), ("9", "gone")],
        )
    async with await Database.open(str(path)) as database:
        answers = await RowIds(database).answers(["7", "8", "9"])
        found = await Orders(database).for_campaign(["12"], "", 10)
    assert {value: order and order.key for value, order in answers.items()} == {"7": "k1", "8": None}
    assert [
        (one.order.key, one.order.number, one.order.email, [(item.name, str(item.price)) for item in one.order.items])
        for one in found
    ] == [("k1", "10391", "A@x.org", [("A", "4.50"), ("C", "4.50")]), ("k0", "10392", "A@x.org", [("B", "4.50")])]
    with closing(sqlite3.connect(path)) as connection:
        seen = connection.execute("SELECT first_seen, last_seen, read_id FROM orders").fetchall()
        assert seen == [(second, third, 3)] * 2
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_the_scripts_are_the_chain_that_the_program_names() -> None:
    scripts = ScriptDirectory(SHIPPED.folder)
    assert scripts.get_heads() == [SHIPPED.head]
    chain = [step.revision for step in scripts.iterate_revisions("heads", "base")]
    assert tuple(reversed(chain)) == SHIPPED.revisions


@pytest.mark.parametrize("kind", ["a folder", "inside a file", "inside /proc"])
def test_a_place_that_can_not_be_written_is_said_with_advice(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("a file, no folder")
    place = {"a folder": tmp_path, "inside a file": tmp_path / "file" / "x", "inside /proc": Path("/proc/bema/x")}[kind]
    mode = tmp_path.stat().st_mode
    with pytest.raises(StoreError) as caught:
        asyncio.run(Database.open(str(place)))
    assert caught.value.advice
    assert caught.value.where == str(place)
    assert tmp_path.stat().st_mode == mode


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 200)
    with pytest.raises(StoreError, match="no database") as caught:
        await Database.open(str(path))
    assert caught.value.advice
    assert path.read_text() == "Dear diary, " * 200


def engine_on_a_small_disk(path: Path, pages: int) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")

    @event.listens_for(engine.sync_engine, "connect")
    def shrink(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.cursor().execute(f"PRAGMA max_page_count={pages}")

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def test_a_full_disk_at_the_first_start_leaves_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "bema.sqlite3"
    engine = engine_on_a_small_disk(path, 10)
    with pytest.raises(StoreError, match="disk is full") as caught, plain_words(str(path), "open the database"):
        await bring_up_to_date(engine, path)
    await engine.dispose()
    assert "Free some space" in caught.value.advice
    assert tables(path) == set()


async def test_a_full_disk_at_work_loses_nothing_that_was_written(tmp_path: Path) -> None:
    async with await Database.open(str(tmp_path / "bema.sqlite3")) as database:
        row = {"at": utc_now(), "who": "maria", "action": "sync"}
        async with database.write() as connection:
            await connection.execute(insert(schema.activity).values(text="kept", **row))

        async def write_too_much() -> None:
            async with database.write() as connection:
                pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
                await connection.execute(text(f"PRAGMA max_page_count={pages + 2}"))
                await connection.execute(insert(schema.activity), [{"text": "x" * 4000, **row}] * 50)

        with pytest.raises(StoreError, match="disk is full"):
            await write_too_much()
        async with database.read() as connection:
            assert (await connection.execute(text("SELECT text FROM activity"))).all() == [("kept",)]
