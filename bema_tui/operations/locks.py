"""The locks: who holds which campaign, and the release of one by somebody who knows better."""

from __future__ import annotations

from bema_tui.model import Lock
from bema_tui.operations.possible import Operation, may_release, permit, require
from bema_tui.operations.workspace import Workspace


async def held(workspace: Workspace) -> tuple[Lock, ...]:
    """Every lock that is held, each with how alive its holder is, the oldest first."""
    return await workspace.locks.get_active_locks()


async def release(workspace: Workspace, lock_id: str, *, reason: str, force: bool) -> Lock:
    """Release a lock by its id; returns it as it was.

    Raises:
        UsageError: no reason is given, there is no such lock, its holder may be at work and ``force`` is not given, or
            bema-tui is in read-only mode.
    """
    wanted = lock_id.strip().lower()
    lock = next((lock for lock in await workspace.locks.get_active_locks() if lock.id == wanted), None)
    if lock is not None and reason.strip() and lock.holder != workspace.me:
        require(may_release(lock, workspace.db.now(), force=force, read_only=workspace.read_only))
    require(permit(Operation.FORCE if force else Operation.RELEASE, read_only=workspace.read_only))
    return await workspace.locks.release_lock(lock_id, reason=reason, force=force)
