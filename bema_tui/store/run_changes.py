"""What a run may say of itself while it works, each column with its type: a column misspelt is a type error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from bema_tui.model import AutomationEffect, Check, MailerLiteReadResult, RunState, ShopReadResult
from bema_tui.store.run_documents import document_of, documents_of


class RequestCounts(TypedDict, total=False):
    """What a run's requests came to so far."""

    requests_read: int
    """Requests that read at MailerLite."""
    requests_write: int
    """Requests that write there."""
    requests_retried: int
    """Those of all requests that were sent again."""
    shop_requests: int
    """Requests to the shop."""


class RunFacts(TypedDict, total=False):
    """What a run finds out, and how far it is."""

    state: RunState
    """What it is doing."""
    note: str
    """How it stands, in words."""
    planned_at: datetime
    """When its plan was whole."""
    yes_at: datetime
    """When somebody said yes to the plan, or the plan needed nobody to."""
    apply_started_at: datetime
    """When its first write could leave."""
    canary_done: bool
    """Its first subscribers were read back, and the rest may follow."""
    shop_read: ShopReadResult
    """What its read of the shop came to."""
    mailerlite_read: MailerLiteReadResult
    """What its read of MailerLite came to."""
    subscribers: int
    """Subscribers with rows in its plan."""
    moves: int
    """Subscribers whom the plan moves."""
    members: int
    """Members of the campaign that were read so far."""
    left_out: int
    """Subscribers with something to look at and nothing to change."""
    read_forecast: int
    """Requests that all reads are foretold to take."""
    write_forecast: int
    """Requests that all writes are foretold to take."""
    seconds_forecast: float
    """Seconds that applying is foretold to take."""
    automations: tuple[AutomationEffect, ...]
    """The automations that the plan sets off."""
    checks: tuple[Check, ...]
    """The checks of the plan."""


class RunChanges(RunFacts, RequestCounts, total=False):
    """Everything that a run may say of itself."""


def columns_of(changes: RunChanges) -> Mapping[str, Any]:
    """Return the columns of a run that change, records as their documents."""
    columns: dict[str, Any] = dict(changes)
    for name in ("shop_read", "mailerlite_read"):
        if name in columns:
            columns[name] = document_of(columns[name])
    for name in ("automations", "checks"):
        if name in columns:
            columns[name] = documents_of(columns[name])
    return columns
