"""What a person may have to look at."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """It holds something back."""
    WARNING = "warning"
    """It needs a look, and holds nothing back."""
    INFO = "info"
    """It is a fact."""


class FindingState(StrEnum):
    """Whether a finding still wants somebody."""

    OPEN = "open"
    """Somebody should look at it."""
    ACCEPTED = "accepted"
    """Somebody looked and leaves it as it is; it stays so when it is seen again."""
    RESOLVED = "resolved"
    """It is no longer so; it opens again when it is seen again."""


class FindingRule(StrEnum):
    """Everything a person may have to look at. Domain rules, sections 2 to 6."""

    UNREADABLE_ORDER = "unreadable_order"
    """An order of the shop can't be read, so it counts for nobody."""
    TWO_TIERS = "two_tiers"
    """Somebody is in tiers that no rule can put in order; nobody is moved."""
    TWIN_FIELD = "twin_field"
    """A second field means the same as the purchase field."""
    TWIN_GROUP = "twin_group"
    """A second group means the same tier."""
    CODE_COLLISION = "code_collision"
    """Several products, or years, claim one campaign code."""
    FIELD_TYPE_MISMATCH = "field_type_mismatch"
    """The purchase field is of a type that can't hold order numbers; the campaign is blocked."""
    ORDER_NUMBER_UNFIT = "order_number_unfit"
    """The number of one buyer's order can't stand in the purchase field; nothing is planned for them."""
    READ_SHRANK = "read_shrank"
    """Far fewer orders or members were read than the last time."""
    GROUP_MISSING = "group_missing"
    """The account has no group for a tier, so nobody is moved into it."""
    FIELD_MISSING = "field_missing"
    """The account has no purchase field, so the campaign can't be synced."""
    BLOCKED_RECORD = "blocked_record"
    """A record has an error or can't be read, so nothing is planned for it."""
    UNREADABLE_RECORD = "unreadable_record"
    """A group, field or automation of the account can't be read."""
    REFUSED_WRITE = "refused_write"
    """MailerLite refused a change, or did not do it."""
    WOOD_PURCHASE = "wood_purchase"
    """Somebody in wood bought: the field is set, nobody is moved."""
    REFUNDED_PURCHASE = "refunded_purchase"
    """Somebody is marked as a buyer, and the order was refunded in full."""
    ORDER_GONE = "order_gone"
    """Somebody is marked as a buyer, and the shop lists the order no more."""
    PURCHASE_UNPROVEN = "purchase_unproven"
    """Somebody is marked as a buyer, and no order of theirs proves it."""
    ORDER_NOT_SETTLED = "order_not_settled"
    """An order is revoked or on hold, and does not count."""
    SUBSCRIBER_GONE = "subscriber_gone"
    """MailerLite no longer knows somebody whom it knew."""
    DRIFT = "drift"
    """Somebody stands elsewhere than the ledger says, or lost every tier."""
    RECORD_WARNING = "record_warning"
    """A record looks wrong, which blocks nothing; or not all members of a group are certain."""
    LEGACY_NAME = "legacy_name"
    """Groups of an older naming look like a campaign; they are never written to."""
    PRODUCT_UNCLAIMED = "product_unclaimed"
    """No campaign lists a product, and none can be proposed for it: unlisted, unreadable, or of no usable year."""
    ARTIST_UNCLEAR = "artist_unclear"
    """A product has no artist, several, or one that no code can be made of."""
    BUNDLE_UNCLAIMED = "bundle_unclaimed"
    """A product may be a bundle, which campaigns have to list themselves."""
    ACCOUNT_NEARLY_FULL = "account_nearly_full"
    """The account holds nearly as many groups or fields as it may."""
    BUYER_UNKNOWN = "buyer_unknown"
    """MailerLite does not know a buyer, who is not created."""
    PARTIAL_REFUND = "partial_refund"
    """A part of an order's money went back."""
    MOVE_WAITS = "move_waits"
    """Somebody was moved often enough today; the next move waits until tomorrow."""


class SubjectKind(StrEnum):
    """What a finding is about."""

    SUBSCRIBER = "subscriber"
    """A subscriber, or a buyer whom MailerLite may not know."""
    OTHER = "other"
    """A campaign, a group, a field, an order or a product."""


@frozen
class Finding:
    """Something that needs a person. It has no id yet: the store counts and ages it by campaign, rule and subject."""

    rule: FindingRule
    """What kind of thing it is."""
    severity: Severity
    """How much it matters; its rule decides that."""
    campaign: str
    """The campaign's code; empty where it concerns the shop or the whole account."""
    subject: str
    """Whom or what it is about: an e-mail, a name, an order."""
    message: str
    """What is so, in one sentence with its facts."""
    advice: str
    """What to do about it."""
    subscriber_id: str | None = None
    """MailerLite's id of the subscriber it is about, if it is about one who has one."""
    about: SubjectKind = SubjectKind.OTHER
    """Of which kind the subject is."""
