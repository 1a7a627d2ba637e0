"""Chooses what the next batch carries: removes whose adds an earlier answer proved, then adds and fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from bema_tui.model import ChangeKind, ChangeState
from bema_tui.store.ledger_rows import LedgerRow


@frozen
class NextBatch:
    """What the next batch carries, and what no batch will carry."""

    send: tuple[LedgerRow, ...]
    """The rows to send now, in their order."""
    skip: tuple[LedgerRow, ...]
    """The removes that will never be sent, because their add was not applied."""
    looks: frozenset[str] = frozenset()
    """The ids of those who are read in the same batch right before their add: one item more for each."""


def items_for(rows: Sequence[LedgerRow]) -> int:
    """Return the items that a batch of all these rows would have, reads of subscribers before their add included."""
    shown = {row.subscriber_id for row in rows if row.kind is ChangeKind.SET_FIELD}
    added = {row.subscriber_id for row in rows if row.kind is ChangeKind.ADD_GROUP}
    return len(rows) + len(added - shown)


def pack(rows: Sequence[LedgerRow], of_subscribers: Mapping[str, Sequence[LedgerRow]], size: int) -> NextBatch:
    """Fill a batch of at most ``size`` items from planned rows in their order.

    A remove that needs an add goes only when that add is ``applied``, which an earlier answer proved: so batch *k*
    carries the adds of chunk *k* and the removes of chunk *k-1*. If the add failed or was skipped, so is the remove.
    Domain rules, section 6. A subscriber whose field is not written in the batch before the add is read there, unless
    the batch has room for one item alone.
    """
    send: list[LedgerRow] = []
    skip: list[LedgerRow] = []
    looks: set[str] = set()
    shown: set[str] = set()
    for row in rows:
        if len(send) + len(looks) >= size:
            break
        if row.kind is ChangeKind.REMOVE_GROUP and row.needs_add:
            adds = [other for other in of_subscribers.get(row.subscriber_id, ()) if other.kind is ChangeKind.ADD_GROUP]
            states = {add.state for add in adds}
            if states == {ChangeState.APPLIED}:
                send.append(row)
            elif not adds or states & {ChangeState.FAILED, ChangeState.SKIPPED, ChangeState.UNDONE}:
                skip.append(row)
            continue
        if row.kind is ChangeKind.SET_FIELD:
            shown.add(row.subscriber_id)
        elif row.kind is ChangeKind.ADD_GROUP and row.subscriber_id not in shown and size > 1:
            if len(send) + len(looks) + 2 > size:
                break
            looks.add(row.subscriber_id)
        send.append(row)
    return NextBatch(tuple(send), tuple(skip), frozenset(looks))
