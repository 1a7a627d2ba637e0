"""Passes records through the validators: an error blocks that record's change, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import evolve

from bema_tui.model import Campaign, Cause, ChangeKind, Finding, FindingRule, PlannedChange, SubjectKind
from bema_tui.rules.choices import BlockLists
from bema_tui.rules.findings import finding
from bema_tui.rules.records import Member, Outcome
from bema_tui.rules.tiers import label, purchased_tier
from bema_tui.store.ledger_rows import LedgerRow
from bema_tui.validators.base import findings_of
from bema_tui.validators.campaign import CampaignRecord, CampaignValidator
from bema_tui.validators.subscriber import SubscriberRecord, SubscriberValidator
from bema_tui.validators.tier_move import MOVES_TODAY, MoveRecord, TierMoveValidator


def campaign_findings(campaign: Campaign, others: Sequence[Campaign], today: date) -> tuple[Finding, ...]:
    """Return what is wrong with the campaign's own record; a ``blocked_record`` among it keeps it from being made."""
    validator = CampaignValidator()
    starts = [other.start for other in others if other.code != campaign.code and other.start is not None]
    validator.validate(CampaignRecord(campaign.code, campaign.album, today, campaign.start, starts))
    return findings_of(validator, campaign.code, campaign.code, about=SubjectKind.OTHER)


def move_waits(campaign: str, add: PlannedChange | LedgerRow, moves: int) -> Finding:
    """Somebody had their moves of the day: the next one waits, which keeps them from a mail for each."""
    return finding(
        FindingRule.MOVE_WAITS,
        campaign,
        add.email,
        f"The move to {label(add.tier)} waits until tomorrow: {add.email} was moved "
        f"{'once' if moves == 1 else f'{moves} times'} today already, here or in other campaigns.",
        "Nothing to do: the first sync of the next day (in the label's time zone) moves them.",
        add.subscriber_id,
    )


class RecordCheck:
    """Validates the subscribers of one plan. ``moves_today`` counts each subscriber's moves of the label's day."""

    def __init__(
        self, campaign: str, blocks: BlockLists, *, moves_per_day: int, moves_today: Mapping[str, int]
    ) -> None:
        self._campaign = campaign
        self._moves_today = moves_today
        self._subscribers = SubscriberValidator(
            blocked_emails=blocks.blocked_emails, blocked_domains=blocks.blocked_domains
        )
        self._moves = TierMoveValidator(most_a_day=moves_per_day)

    def validate(self, member: Member, outcome: Outcome) -> Outcome:
        """Return the outcome without what the validators block, with what they found, of whoever is written to."""
        if not outcome.changes:
            return outcome
        add = next((change for change in outcome.changes if change.kind is ChangeKind.ADD_GROUP), None)
        added = add.tier if add is not None else None
        tier = added or next(iter(sorted(member.tiers)), None) or purchased_tier(None)
        valid = self._subscribers.validate(
            SubscriberRecord(
                email=member.email,
                tier=tier,
                campaign=self._campaign,
                name=member.name,
                last_name=member.last_name,
                source=member.source,
            )
        )
        found = findings_of(self._subscribers, self._campaign, member.email, member.subscriber_id)
        outcome = evolve(outcome, findings=(*outcome.findings, *found))
        if not valid:
            return evolve(outcome, changes=())
        return self._check_moves(member, outcome, add)

    def validate_new(self, email: str, outcome: Outcome) -> Outcome:
        """Return the same for somebody who would be created: the e-mail must be valid exactly as it is written."""
        valid = self._subscribers.validate(
            SubscriberRecord(email=email, tier=purchased_tier(None), campaign=self._campaign, creating=True)
        )
        found = findings_of(self._subscribers, self._campaign, email)
        for change in outcome.changes:
            move = MoveRecord(None, change.tier, has_purchase=bool(change.after), moves_today=0, reason=change.cause)
            valid = self._moves.validate(move) and valid
            found = (*found, *findings_of(self._moves, self._campaign, email))
        return evolve(outcome, changes=outcome.changes if valid else (), findings=(*outcome.findings, *found))

    def _check_moves(self, member: Member, outcome: Outcome, add: PlannedChange | None) -> Outcome:
        """Return the outcome without its moves if one of them is none of the rules, or one too many for the day."""
        if add is not None:
            return self._check_move(member, outcome, add)
        stays = next(iter(member.bought), None)
        for change in outcome.changes:
            if change.cause is not Cause.LOWER_OFF or change.kind is not ChangeKind.REMOVE_GROUP:
                continue
            # Nobody joins a group by it, so it is none of the moves of the day.
            shows = _shows_purchase(member, outcome)
            move = MoveRecord(change.tier, stays, has_purchase=shows, moves_today=0, reason=change.cause)
            if not self._moves.validate(move):
                found = findings_of(self._moves, self._campaign, member.email, member.subscriber_id)
                return evolve(_field_alone(outcome), findings=(*outcome.findings, *found))
        return outcome

    def _check_move(self, member: Member, outcome: Outcome, add: PlannedChange) -> Outcome:
        removed = (c for c in outcome.changes if c.kind is ChangeKind.REMOVE_GROUP and c.needs_add)
        source = next((change.tier for change in removed), None)
        moves = self._moves_today.get(member.subscriber_id, 0)
        valid = self._moves.validate(
            MoveRecord(
                from_tier=source,
                to_tier=add.tier,
                has_purchase=_shows_purchase(member, outcome),
                moves_today=moves,
                reason=add.cause,
            )
        )
        found = findings_of(self._moves, self._campaign, member.email, member.subscriber_id)
        if {error.field for error in self._moves.get_errors() if error.blocking} == {MOVES_TODAY}:
            waits = move_waits(self._campaign, add, moves)
            found = (waits, *(one for one in found if one.rule is not FindingRule.BLOCKED_RECORD))
        outcome = evolve(outcome, findings=(*outcome.findings, *found))
        if valid:
            return outcome
        return _field_alone(outcome)


def _field_alone(outcome: Outcome) -> Outcome:
    return evolve(outcome, changes=tuple(c for c in outcome.changes if c.kind is ChangeKind.SET_FIELD))


def _shows_purchase(member: Member, outcome: Outcome) -> bool:
    """Whether the purchase field will hold an order: one that the plan writes, else the one that is there."""
    field = next((change for change in outcome.changes if change.kind is ChangeKind.SET_FIELD), None)
    return bool(member.stored if field is None else field.after)
