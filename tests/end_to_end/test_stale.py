"""A plan that waited too long is held against the people as they are now; a younger one is sent as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bema_tui.clock import utc_now
from bema_tui.model import RunState
from bema_tui.rules.wording.changes import outcome_text
from bema_tui.store.ledger_rows import ledger_row
from bema_tui.store.schema import findings, ledger
from tests.end_to_end.engine import Engine, engine_on
from tests.support.clock import SetClock
from tests.support.fixtures import StartSimulator

MOVED = "moved meanwhile: stands in Silver now"


async def every_row(engine: Engine, subscriber_id: str) -> list[tuple[str, str, str | None]]:
    """Kind, state and error of somebody's rows, in their order."""
    async with engine.db.read() as connection:
        found = await connection.execute(
            select(ledger).where(ledger.c.subscriber_id == subscriber_id).order_by(ledger.c.seq)
        )
        return [(row.kind, row.state, outcome_text(ledger_row(row)) or None) for row in found]


async def rows_of(engine: Engine, subscriber_id: str) -> dict[str, tuple[str, str | None]]:
    """State and error of somebody's rows, by kind: the first of each."""
    return {kind: (state, error) for kind, state, error in reversed(await every_row(engine, subscriber_id))}


async def findings_about(engine: Engine, rule: str, subject: str) -> list[str]:
    """What the open findings of a rule say about somebody, and advise."""
    about = (findings.c.rule == rule, findings.c.subject == subject, findings.c.state == "open")
    async with engine.db.read() as connection:
        return [f"{row.message} {row.advice}" for row in await connection.execute(select(findings).where(*about))]


def movers(state: dict[str, Any], code: str, planned: set[str]) -> list[dict[str, Any]]:
    """People in Gold whom the plan moves."""
    return [row for row in state["subscribers"] if row["id"] in planned and row["groups"] == [f"{code}_GOLD"]]


@pytest.mark.fault("E1")
@pytest.mark.parametrize(
    ("minutes", "again"),
    [
        (9, False),
        (11, True),
        (-5, True),  # the clock was set back: nobody knows how old the reads are
    ],
)
async def test_a_plan_that_waited(minutes: int, again: bool, simulators: StartSimulator, tmp_path: Path) -> None:
    simulated = simulators(seed=7, subscribers=300, orders=250, campaigns=1)
    clock = SetClock(utc_now())
    async with engine_on(simulated, tmp_path, clock=clock) as engine:
        code = (await engine.discover())[0].code
        run = await engine.plan(code)
        async with engine.db.read() as connection:
            adds = select(ledger.c.subscriber_id).where(ledger.c.kind == "add_group")
            planned = set((await connection.execute(adds)).scalars())
        demoted, deleted, left_alone, *_ = movers(simulated.state(), code, planned)
        simulated.ask("change", {"move": {"email": demoted["email"], "from": f"{code}_GOLD", "to": f"{code}_SILVER"}})
        simulated.ask("change", {"delete_subscriber": deleted["id"]})
        clock.forward(minutes=minutes)
        assert await engine.apply(run) is RunState.DONE

        states = {kind: state for kind, (state, _) in (await rows_of(engine, left_alone["id"])).items()}
        assert states == {"set_field": "applied", "add_group": "applied", "remove_group": "applied"}
        rows = await rows_of(engine, demoted["id"])
        assert rows["set_field"][0] == "applied"
        assert rows["add_group"] == (("skipped", MOVED) if again else ("applied", None))
        off = [state for kind, state, _ in await every_row(engine, demoted["id"]) if kind == "remove_group"]
        assert off == (["skipped"] if again else ["skipped", "applied"]), "Gold was left by others, Silver by us"
        drift = await findings_about(engine, "drift", demoted["email"])
        assert [text for text in drift if "is in Silver now" in text and "next sync moves them on" in text] == (
            drift if again else []
        )
        assert len(drift) == again
        gone = await rows_of(engine, deleted["id"])
        assert {state for state, _ in gone.values()} == ({"skipped"} if again else {"failed", "skipped"})
        async with engine.db.read() as connection:
            found = await connection.execute(select(findings.c.subject).where(findings.c.rule == "subscriber_gone"))
            assert set(found.scalars()) == {deleted["email"]}
    now = {row["id"]: row["groups"] for row in simulated.state()["subscribers"]}
    kept = [f"{code}_SILVER"] if again else [f"{code}_GOLD_PURCHASE"]
    assert sorted(now[demoted["id"]]) == kept
    assert simulated.ask("violations") == []
