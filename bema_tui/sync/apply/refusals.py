"""The findings about what MailerLite refused or no longer knows, made in the run that met it."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from bema_tui.changes import PlannedChange
from bema_tui.errors import WrongAccount
from bema_tui.model import ChangeKind, Finding, FindingRule
from bema_tui.rules.findings import finding
from bema_tui.store.ledger_rows import STATUS_WORDS, LedgerRow

Change = LedgerRow | PlannedChange


def refused(campaign: str, refusals: Iterable[tuple[Change, str]], *, before: bool = False) -> tuple[Finding, ...]:
    """One finding for each person, group or field of which MailerLite refused a change, with its words.

    ``before``: an earlier run met it, and it is not tried again.
    """
    by_subject: dict[str, list[tuple[Change, str]]] = {}
    ending = " before; it is not tried again." if before else "."
    for row, words in refusals:
        by_subject.setdefault(row.email or row.target_name, []).append((row, words))
    return tuple(
        finding(
            FindingRule.REFUSED_WRITE,
            campaign,
            subject,
            f"MailerLite refused to {'; and to '.join(f'{wanted(row)} ({words})' for row, words in of_one)}{ending}",
            _advice(campaign, *of_one[0]),
            of_one[0][0].subscriber_id or None,
        )
        for subject, of_one in by_subject.items()
    )


def not_done(campaign: str, failures: Iterable[tuple[Change, str]]) -> tuple[Finding, ...]:
    """One finding for each person of whom MailerLite neither did a change nor refused it, with what the run knows."""
    by_subject: dict[str, list[tuple[Change, str]]] = {}
    for row, why in failures:
        by_subject.setdefault(row.email or row.target_name, []).append((row, why))
    asked = {who: "; and to ".join(f"{wanted(row)} ({why})" for row, why in rows) for who, rows in by_subject.items()}
    return tuple(
        finding(
            FindingRule.REFUSED_WRITE,
            campaign,
            subject,
            f"MailerLite did not do what was asked: to {asked[subject]}.",
            "The next sync asks again; if that fails as well, look at this subscriber in MailerLite.",
            rows[0][0].subscriber_id or None,
        )
        for subject, rows in by_subject.items()
    )


def left_undone(
    campaign: str, refusals: Iterable[tuple[Change, str]], failures: Iterable[tuple[Change, str]]
) -> tuple[Finding, ...]:
    """One finding for each person, group or field: what of theirs MailerLite refused, and what else it did not do."""
    found = {one.subject: one for one in refused(campaign, refusals)}
    for one in not_done(campaign, failures):
        other = found.get(one.subject)
        found[one.subject] = one if other is None else evolve(other, message=f"{other.message} {one.message}")
    return tuple(found.values())


def gone(campaign: str, run: int, rows: Iterable[LedgerRow]) -> tuple[Finding, ...]:
    """One finding for each person of these rows: they left MailerLite after the plan."""
    return tuple(
        finding(
            FindingRule.SUBSCRIBER_GONE,
            campaign,
            row.email,
            f"{row.email} was in MailerLite when run {run} planned, and is gone now.",
            "Nothing to do if they were deleted on purpose; the next sync no longer plans for them.",
            row.subscriber_id,
        )
        for row in {row.subscriber_id: row for row in rows}.values()
    )


def other_account(error: WrongAccount) -> WrongAccount:
    """The error of a write that another account answered: what it did there is not known."""
    return WrongAccount(
        f"{error.message} What became of the last changes is not known.",
        tried="send changes",
        where=error.where,
        advice="Check the key and the address in the settings, then resume the run: it reads what became of those "
        "changes before anything else is sent.",
    )


def wanted(row: Change) -> str:
    """What a row asks of MailerLite, as a clause that follows "to"."""
    who, what = row.email, row.target_name
    return {
        ChangeKind.SET_FIELD: f"set {what} of {who} to {row.after}" if row.after else f"clear {what} of {who}",
        ChangeKind.ADD_GROUP: f"put {who} into {what}",
        ChangeKind.REMOVE_GROUP: f"take {who} out of {what}",
        ChangeKind.CREATE_SUBSCRIBER: f"create {who}",
        ChangeKind.CREATE_GROUP: f"create the group {what}",
        ChangeKind.CREATE_FIELD: f"create the field {what}",
    }[row.kind]


def _advice(campaign: str, row: Change, words: str) -> str:
    if row.kind is ChangeKind.CREATE_GROUP:
        return (
            "An account holds at most 1,000 groups: delete some that nobody needs in MailerLite, then "
            f"`bema-tui sync {campaign} --create-missing`. Until then nobody is moved into this one."
        )
    if row.kind is ChangeKind.CREATE_FIELD:
        return (
            "An account holds at most 100 fields: delete some that nobody needs in MailerLite, then "
            f"`bema-tui sync {campaign} --create-missing`. Until then the campaign is blocked."
        )
    if any(word in words for word in STATUS_WORDS):
        return "Their status forbids it: nothing to do unless they subscribe again."
    return (
        "Look at this subscriber in MailerLite; the change is planned again when something about it differs, or "
        f"with `bema-tui plan {campaign} --retry-refused`."
    )
