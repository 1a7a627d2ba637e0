"""What a run's error tells of the service: one that only counts requests is not down."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bema_tui.errors import BadAnswer, BemaError, ConnectionFailed, NotAuthorized, RateLimited
from bema_tui.model import ServiceState
from bema_tui.store.database import Database
from bema_tui.store.schema import services
from bema_tui.sync.service_states import mailerlite_state_shown
from bema_tui.waits import Wait, WaitReason


def waits(reason: WaitReason) -> RateLimited:
    return RateLimited("Later.", seconds=900, wait=Wait(reason, "MailerLite"))


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (waits(WaitReason.QUOTA), ServiceState.SLOW),
        (waits(WaitReason.TOO_MANY), ServiceState.SLOW),
        (waits(WaitReason.UNAVAILABLE), ServiceState.DOWN),
        (ConnectionFailed("No answer."), ServiceState.DOWN),
        (BadAnswer("No JSON."), ServiceState.DOWN),
        (NotAuthorized("The key is refused."), ServiceState.REFUSED),
    ],
)
async def test_how_a_service_is_follows_from_what_a_run_failed_over(
    error: BemaError, state: ServiceState, database_file: Path
) -> None:
    async with await Database.open(str(database_file)) as db:
        with pytest.raises(type(error)):
            async with mailerlite_state_shown(db):
                raise error
        async with db.read() as connection:
            row = (await connection.execute(select(services).where(services.c.name == "mailerlite"))).one()
    assert (row.state, row.detail) == (state, error.message)
