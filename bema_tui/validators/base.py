"""What all validators share: they collect every complaint, and each call starts afresh."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from attrs import frozen

from bema_tui.model import Finding, FindingRule, SubjectKind
from bema_tui.rules.findings import finding

R = TypeVar("R")


@frozen
class ValidationError:
    """One complaint about one field of a record."""

    field: str
    """The field's name."""
    message: str
    """What is wrong with it."""
    blocking: bool = True
    """Whether it holds the record back; if not, it is a warning."""


class CollectingValidator(ABC, Generic[R]):
    """Collects every error of a record; ``validate`` clears what the call before left. Domain rules, section 5."""

    def __init__(self) -> None:
        self._errors: list[ValidationError] = []

    def validate(self, record: R) -> bool:
        """Check one record; true when nothing blocks it (warnings do not)."""
        self.clear_errors()
        self.check(record)
        return not any(error.blocking for error in self._errors)

    def get_errors(self) -> tuple[ValidationError, ...]:
        """Everything found, errors and warnings, in the order of finding."""
        return tuple(self._errors)

    def clear_errors(self) -> None:
        """Forget everything found."""
        self._errors.clear()

    def add_error(self, field: str, message: str, *, blocking: bool = True) -> None:
        """Note one more complaint; not ``blocking`` makes it a warning."""
        self._errors.append(ValidationError(field, message, blocking))

    @abstractmethod
    def check(self, record: R) -> None:
        """Note all that is wrong with the record by ``add_error``."""

    def warn(self, field: str, message: str) -> None:
        """Note a complaint that does not block."""
        self.add_error(field, message, blocking=False)

    def required_text(self, field: str, text: str | None) -> str | None:
        """The field's text, trimmed; a blocking error and None when there is none."""
        if text is not None and text.strip():
            return text.strip()
        self.add_error(field, "is required")
        return None


def findings_of(
    validator: CollectingValidator[Any],
    campaign: str,
    subject: str,
    subscriber_id: str | None = None,
    *,
    about: SubjectKind = SubjectKind.SUBSCRIBER,
) -> tuple[Finding, ...]:
    """What the last ``validate`` found, as at most two findings: what blocks the record, and its warnings."""
    errors = validator.get_errors()
    parts = (
        (
            FindingRule.BLOCKED_RECORD,
            [error for error in errors if error.blocking],
            "Nothing is planned for {}",
            "Correct the record where it comes from, then sync again; nothing else is held back.",
        ),
        (
            FindingRule.RECORD_WARNING,
            [error for error in errors if not error.blocking],
            "{} looks wrong",
            "Correct the record where it comes from, or leave it as it is.",
        ),
    )
    return tuple(
        finding(
            rule, campaign, subject, f"{head.format(subject)}: {_joined(found)}.", advice, subscriber_id, about=about
        )
        for rule, found, head, advice in parts
        if found
    )


def _joined(errors: list[ValidationError]) -> str:
    return "; ".join(f"{error.field} {error.message}" for error in errors)
