"""Checks a subscriber's record: who is written to, and whether it may be. Domain rules, section 5."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from attrs import frozen
from email_validator import EmailNotValidError, validate_email

from bema_tui.emails import domain_key, email_key
from bema_tui.interfaces import Validator
from bema_tui.model import Tier
from bema_tui.rules.naming import is_code
from bema_tui.text import on_screen
from bema_tui.validators.base import CollectingValidator

MAX_EMAIL: Final = 254
MAX_CAMPAIGN: Final = 50
MAX_NAME: Final = 100
MAX_SOURCE: Final = 100
_PUNCTUATION: Final = frozenset("'.,-&()")
_KINDS: Final = frozenset({"L", "M"})
_KIND_CODES: Final = frozenset({"Nd", "Zs"})


@frozen
class SubscriberRecord:
    """Somebody to whom something would be written."""

    email: str
    """As MailerLite or the shop has it."""
    tier: str | None
    """A ``Tier`` or its value: where they stand, or will stand."""
    campaign: str
    """The campaign's code."""
    name: str = ""
    """The first name."""
    last_name: str = ""
    """The last name."""
    source: str = ""
    """How they came to the list."""
    creating: bool = False
    """Whether they would be created: then the e-mail must be valid exactly as it is written."""


class SubscriberValidator(CollectingValidator[SubscriberRecord]):
    """Checks everything that a ``SubscriberRecord`` holds.

    Args:
        blocked_emails: e-mails that are never written to.
        blocked_domains: domains that are never written to.
    """

    def __init__(self, *, blocked_emails: Iterable[str] = (), blocked_domains: Iterable[str] = ()) -> None:
        super().__init__()
        self._blocked_emails = frozenset(email_key(email) for email in blocked_emails)
        self._blocked_domains = frozenset(domain_key(domain) for domain in blocked_domains)

    def check(self, record: SubscriberRecord) -> None:
        """Note all that is wrong with one subscriber."""
        email = self.required_text("email", record.email)
        if email is not None:
            self._check_email(email, creating=record.creating)
        tier = self.required_text("tier", record.tier)
        if tier is not None and tier not in {known.value for known in Tier}:
            self.add_error("tier", f"{tier!r} is none of the eight")
        campaign = self.required_text("campaign", record.campaign)
        if campaign is not None:
            self._check_campaign(campaign)
        self._check_name("name", record.name)
        self._check_name("last_name", record.last_name)
        if len(record.source) > MAX_SOURCE:
            self.warn("source", f"has {len(record.source)} characters, at most {MAX_SOURCE} are expected")

    def _check_email(self, email: str, *, creating: bool) -> None:
        if len(email) > MAX_EMAIL:
            self.add_error("email", f"has {len(email)} characters, at most {MAX_EMAIL} fit", blocking=creating)
        try:
            validate_email(email, check_deliverability=False)
        except EmailNotValidError as error:
            self.add_error("email", f"is not valid: {str(error).rstrip('.')}", blocking=creating)
        key = email_key(email)
        domain = key.rpartition("@")[2]
        if key in self._blocked_emails:
            self.add_error("email", "is on the block list")
        if domain in self._blocked_domains:
            self.add_error("email", f"has a domain on the block list, {domain}")

    def _check_campaign(self, campaign: str) -> None:
        if not is_code(campaign):
            self.add_error("campaign", f"{campaign!r} is not of the form YYYY_ARTIST_ALBUM")
        if len(campaign) > MAX_CAMPAIGN:
            self.add_error("campaign", f"has {len(campaign)} characters, at most {MAX_CAMPAIGN} fit")

    def _check_name(self, part: str, value: str) -> None:
        if len(value) > MAX_NAME:
            self.warn(part, f"has {len(value)} characters, at most {MAX_NAME} are expected")
        control = [char for char in value if unicodedata.category(char) == "Cc"]
        if control:
            self.warn(part, f"has {len(control)} control characters")
        odd = sorted({char for char in value if char not in control and not _belongs_in_a_name(char)})
        if odd:
            self.warn(part, f"has unexpected characters: {' '.join(map(on_screen, odd))}")


def _belongs_in_a_name(char: str) -> bool:
    kind = unicodedata.category(char)
    return char in _PUNCTUATION or kind[0] in _KINDS or kind in _KIND_CODES


if TYPE_CHECKING:
    _implements: type[Validator[SubscriberRecord]] = SubscriberValidator
