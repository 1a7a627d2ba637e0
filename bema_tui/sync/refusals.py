"""The findings about what MailerLite refused or no longer knows, made in the run that met it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve, frozen

from bema_tui.errors import WrongAccount
from bema_tui.model import ACCOUNT_CHANGES, ChangeKind, ChangeOutcome, Finding, FindingRule, PlannedChange, SubjectKind
from bema_tui.rules.findings import finding
from bema_tui.rules.groups_and_field import MAX_FIELDS, MAX_GROUPS
from bema_tui.rules.records import Outcome
from bema_tui.rules.wording.changes import outcome_text
from bema_tui.store.ledger_history import ChangeMark, mark_of
from bema_tui.store.ledger_rows import LedgerRow

Change = LedgerRow | PlannedChange


@frozen
class NotMade:
    """A change that MailerLite did not make, with the ledger row that tells why."""

    change: Change
    """What was asked for."""
    row: LedgerRow
    """The row that was sent for it, in this run or an earlier one."""

    @classmethod
    def of(cls, row: LedgerRow) -> NotMade:
        """Return a row of this run that was not done."""
        return cls(row, row)

    @property
    def subject(self) -> str:
        """Whom or what the finding is about."""
        return self.change.email or self.change.target_name

    @property
    def about(self) -> SubjectKind:
        """Of which kind that is."""
        return SubjectKind.OTHER if self.change.kind in ACCOUNT_CHANGES else SubjectKind.SUBSCRIBER

    @property
    def clause(self) -> str:
        """What was asked for and why it was not done, as a clause that follows "to"."""
        return f"{wanted(self.change)} ({outcome_text(self.row) or 'no reason given'})"


def refused(campaign: str, refusals: Iterable[NotMade], *, before: bool = False) -> tuple[Finding, ...]:
    """Return one finding for each subscriber, group or field of which MailerLite refused a change, with its words.

    ``before``: an earlier run met it, and it is not tried again.
    """
    ending = " before; it is not tried again." if before else "."
    return tuple(
        finding(
            FindingRule.REFUSED_WRITE,
            campaign,
            subject,
            f"MailerLite refused to {'; and to '.join(one.clause for one in of_one)}{ending}",
            _advice(campaign, of_one[0]),
            of_one[0].change.subscriber_id or None,
            about=of_one[0].about,
        )
        for subject, of_one in _by_subject(refusals).items()
    )


def without_refused(campaign: str, outcome: Outcome, refused_before: Mapping[ChangeMark, LedgerRow]) -> Outcome:
    """Return the outcome without what MailerLite refused in earlier runs, and with the findings of that.

    Nobody is moved without their field, and a move waits as a whole. Domain rules, sections 5 and 6.
    """
    dropped = [change for change in outcome.changes if mark_of(change) in refused_before]
    if not dropped:
        return outcome
    kept = [change for change in outcome.changes if change not in dropped]
    if any(change.kind is ChangeKind.SET_FIELD for change in dropped):
        kept = []
    elif any(change.kind is ChangeKind.ADD_GROUP or change.needs_add for change in dropped):
        kept = [change for change in kept if change.kind is ChangeKind.SET_FIELD]
    found = refused(campaign, [NotMade(change, refused_before[mark_of(change)]) for change in dropped], before=True)
    if len(kept) + len(dropped) < len(outcome.changes):
        found = tuple(evolve(one, message=f"{one.message} They are not moved meanwhile.") for one in found)
    return evolve(outcome, changes=tuple(kept), findings=(*outcome.findings, *found))


def not_done(campaign: str, failures: Iterable[NotMade]) -> tuple[Finding, ...]:
    """Return one finding for each subscriber of whom MailerLite neither did a change nor refused it."""
    return tuple(
        finding(
            FindingRule.REFUSED_WRITE,
            campaign,
            subject,
            f"MailerLite did not do what was asked: to {'; and to '.join(one.clause for one in of_one)}.",
            "The next sync asks again; if that fails as well, look at this subscriber in MailerLite.",
            of_one[0].change.subscriber_id or None,
            about=of_one[0].about,
        )
        for subject, of_one in _by_subject(failures).items()
    )


def _by_subject(changes: Iterable[NotMade]) -> dict[str, list[NotMade]]:
    found: dict[str, list[NotMade]] = {}
    for one in changes:
        found.setdefault(one.subject, []).append(one)
    return found


def findings_of_failed(campaign: str, rows: Sequence[LedgerRow]) -> tuple[Finding, ...]:
    """Return one finding for each subscriber, group or field of failed rows: what MailerLite refused, and what else it
    did not do."""
    refusals = [NotMade.of(row) for row in rows if row.refused_status is not None]
    found = {one.subject: one for one in refused(campaign, refusals)}
    for one in not_done(campaign, [NotMade.of(row) for row in rows if row.refused_status is None]):
        other = found.get(one.subject)
        found[one.subject] = one if other is None else evolve(other, message=f"{other.message} {one.message}")
    return tuple(found.values())


def gone(campaign: str, run: int, rows: Iterable[LedgerRow]) -> tuple[Finding, ...]:
    """Return one finding for each subscriber of these rows: they left MailerLite after the plan."""
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
    """Return the error of a write that another account answered: what it did there is not known."""
    return WrongAccount(
        f"{error.message} What became of the last changes is not known.",
        tried="send changes",
        where=error.where,
        advice="Check the key and the URL in the settings, then resume the run: it reads what became of those "
        "changes before anything else is sent.",
    )


def wanted(row: Change) -> str:
    """Return what a row asks of MailerLite, as a clause that follows "to"."""
    who, what = row.email, row.target_name
    return {
        ChangeKind.SET_FIELD: f"set {what} of {who} to {row.after}" if row.after else f"clear {what} of {who}",
        ChangeKind.ADD_GROUP: f"put {who} into {what}",
        ChangeKind.REMOVE_GROUP: f"take {who} out of {what}",
        ChangeKind.CREATE_SUBSCRIBER: f"create {who}",
        ChangeKind.CREATE_GROUP: f"create the group {what}",
        ChangeKind.CREATE_FIELD: f"create the field {what}",
    }[row.kind]


def _advice(campaign: str, change: NotMade) -> str:
    kind = change.change.kind
    if kind is ChangeKind.CREATE_GROUP:
        return (
            f"An account holds at most {MAX_GROUPS:,} groups: delete some that nobody needs in MailerLite, then "
            f"`bema-tui sync {campaign} --create-missing`. Until then nobody is moved into this one."
        )
    if kind is ChangeKind.CREATE_FIELD:
        return (
            f"An account holds at most {MAX_FIELDS:,} fields: delete some that nobody needs in MailerLite, then "
            f"`bema-tui sync {campaign} --create-missing`. Until then the campaign is blocked."
        )
    if change.row.outcome is ChangeOutcome.REFUSED_FOR_STATUS:
        return (
            "Their status forbade it. If they have subscribed again since, "
            f"`bema-tui plan {campaign} --retry-refused` plans it; else there is nothing to do."
        )
    return (
        "Look at this subscriber in MailerLite; the change is planned again when something about it differs, or "
        f"with `bema-tui plan {campaign} --retry-refused`."
    )
