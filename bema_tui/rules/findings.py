"""How much each finding matters, and the one way to make a finding. Domain rules, section 5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from bema_tui.model import Finding, FindingRule, Severity, SubjectKind

_ERRORS: Final = (
    FindingRule.UNREADABLE_ORDER,
    FindingRule.TWO_TIERS,
    FindingRule.TWIN_FIELD,
    FindingRule.TWIN_GROUP,
    FindingRule.CODE_COLLISION,
    FindingRule.FIELD_TYPE_MISMATCH,
    FindingRule.ORDER_NUMBER_UNFIT,
    FindingRule.READ_SHRANK,
    FindingRule.GROUP_MISSING,
    FindingRule.FIELD_MISSING,
    FindingRule.BLOCKED_RECORD,
    FindingRule.REFUSED_WRITE,
)
_WARNINGS: Final = (
    FindingRule.WOOD_PURCHASE,
    FindingRule.REFUNDED_PURCHASE,
    FindingRule.ORDER_GONE,
    FindingRule.PURCHASE_UNPROVEN,
    FindingRule.ORDER_NOT_SETTLED,
    FindingRule.SUBSCRIBER_GONE,
    FindingRule.DRIFT,
    FindingRule.RECORD_WARNING,
    FindingRule.UNREADABLE_RECORD,
    FindingRule.PRODUCT_UNCLAIMED,
    FindingRule.ARTIST_UNCLEAR,
    FindingRule.BUNDLE_UNCLAIMED,
    FindingRule.ACCOUNT_NEARLY_FULL,
)
_INFOS: Final = (FindingRule.BUYER_UNKNOWN, FindingRule.PARTIAL_REFUND, FindingRule.LEGACY_NAME, FindingRule.MOVE_WAITS)

SEVERITY: Final[Mapping[FindingRule, Severity]] = MappingProxyType(
    dict.fromkeys(_ERRORS, Severity.ERROR)
    | dict.fromkeys(_WARNINGS, Severity.WARNING)
    | dict.fromkeys(_INFOS, Severity.INFO)
)
"""The severity of every finding."""

RANK: Final[Mapping[Severity, int]] = MappingProxyType({severity: rank for rank, severity in enumerate(Severity)})
"""The order of severities wherever findings are listed, the worst first."""

_OF_SUBSCRIBERS: Final = frozenset(
    {
        FindingRule.TWO_TIERS,
        FindingRule.ORDER_NUMBER_UNFIT,
        FindingRule.BLOCKED_RECORD,
        FindingRule.REFUSED_WRITE,
        FindingRule.WOOD_PURCHASE,
        FindingRule.REFUNDED_PURCHASE,
        FindingRule.ORDER_GONE,
        FindingRule.PURCHASE_UNPROVEN,
        FindingRule.ORDER_NOT_SETTLED,
        FindingRule.SUBSCRIBER_GONE,
        FindingRule.DRIFT,
        FindingRule.RECORD_WARNING,
        FindingRule.BUYER_UNKNOWN,
        FindingRule.PARTIAL_REFUND,
        FindingRule.MOVE_WAITS,
    }
)
"""What is found of subscribers, where nothing else is said."""

NO_CAMPAIGN: Final = ""
"""The campaign of a finding that concerns the whole account or the shop."""


def worst_first(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of their severities; those of one severity stay in the order they came in."""
    return tuple(sorted(found, key=lambda one: RANK[one.severity]))


def finding(
    rule: FindingRule,
    campaign: str,
    subject: str,
    message: str,
    advice: str,
    subscriber_id: str | None = None,
    *,
    about: SubjectKind | None = None,
) -> Finding:
    """A finding with the severity that its rule has, and ``about`` what its rule mostly is, unless that is given."""
    return Finding(
        rule=rule,
        severity=SEVERITY[rule],
        campaign=campaign,
        subject=subject,
        message=message,
        advice=advice,
        subscriber_id=subscriber_id,
        about=about or (SubjectKind.SUBSCRIBER if rule in _OF_SUBSCRIBERS else SubjectKind.OTHER),
    )
