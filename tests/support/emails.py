"""Records whose e-mail is another one."""

from __future__ import annotations

from typing import TypeVar

from attrs import evolve

from bema_tui.emails import email_key
from bema_tui.model import Order
from bema_tui.rules.records import Member

R = TypeVar("R", Order, Member)


def with_email(record: R, email: str) -> R:
    """The record with another e-mail, as if it had been read with it."""
    return evolve(record, email=email, email_key=email_key(email))
