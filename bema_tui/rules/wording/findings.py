"""The words that people read for the kinds of findings. They are made last, and decide nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bema_tui.model import FindingRule

FINDING_TEXT: Final[Mapping[FindingRule, str]] = MappingProxyType(
    {
        FindingRule.UNREADABLE_ORDER: "an order can't be read",
        FindingRule.TWO_TIERS: "in tiers that no rule can order",
        FindingRule.TWIN_FIELD: "two fields mean the same",
        FindingRule.TWIN_GROUP: "two groups mean the same",
        FindingRule.CODE_COLLISION: "several products, one code",
        FindingRule.FIELD_TYPE_MISMATCH: "field can't hold order numbers",
        FindingRule.ORDER_NUMBER_UNFIT: "order number does not fit field",
        FindingRule.READ_SHRANK: "far fewer were read than before",
        FindingRule.GROUP_MISSING: "a tier has no group",
        FindingRule.FIELD_MISSING: "there is no purchase field",
        FindingRule.BLOCKED_RECORD: "a record is wrong or unreadable",
        FindingRule.UNREADABLE_RECORD: "group or field can't be read",
        FindingRule.REFUSED_WRITE: "MailerLite refused a change",
        FindingRule.WOOD_PURCHASE: "bought while in Wood",
        FindingRule.REFUNDED_PURCHASE: "buyer's order was refunded",
        FindingRule.ORDER_GONE: "buyer's order has left the list",
        FindingRule.PURCHASE_UNPROVEN: "no order proves the purchase",
        FindingRule.ORDER_NOT_SETTLED: "order is revoked or on hold",
        FindingRule.SUBSCRIBER_GONE: "gone from MailerLite",
        FindingRule.DRIFT: "not where the program put them",
        FindingRule.RECORD_WARNING: "a record looks wrong",
        FindingRule.LEGACY_NAME: "groups with older names",
        FindingRule.PRODUCT_UNCLAIMED: "a product has no campaign",
        FindingRule.ARTIST_UNCLEAR: "no artist, or several",
        FindingRule.BUNDLE_UNCLAIMED: "a product may be a bundle",
        FindingRule.ACCOUNT_NEARLY_FULL: "the account is nearly full",
        FindingRule.BUYER_UNKNOWN: "MailerLite does not know buyer",
        FindingRule.PARTIAL_REFUND: "order was partly refunded",
        FindingRule.MOVE_WAITS: "moved enough today, waits",
    }
)
"""What is so, in at most 31 cells: a list of findings has no room for more."""
