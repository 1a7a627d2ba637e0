"""Which keys records have in documents: those of a database's JSON columns, and those that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bema_tui.model.plan_checks import MembersCheck, TakenBackCheck
from bema_tui.model.runs import AutomationEffect, MailerLiteReadResult

DOCUMENT_KEYS: Final[Mapping[type, Mapping[str, str]]] = MappingProxyType(
    {
        AutomationEffect: {"subscribers": "people"},
        MailerLiteReadResult: {"members": "people"},
        MembersCheck: {"members": "people", "incomplete_groups": "unsettled"},
        TakenBackCheck: {"subscribers": "people"},
    }
)
"""By record, field → key, where the key is not the field's name: databases and scripts of operators hold the key."""
