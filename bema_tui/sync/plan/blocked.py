"""Whether a campaign is blocked: without a field that can hold an order's number nothing of it is written. Pure."""

from __future__ import annotations

from bema_tui.errors import BemaError, NeedsNewSync
from bema_tui.model import CustomField, FindingRule
from bema_tui.rules.groups_and_field import CampaignCheck
from bema_tui.rules.records import WRITABLE_TYPES


def refuse_blocked(code: str, field: CustomField | None, check: CampaignCheck) -> None:
    """Raise if the campaign is blocked.

    Args:
        code: the campaign's.
        field: its purchase field, be it one that the plan creates.
        check: what the account has of the campaign.

    Raises:
        NeedsNewSync: it has no field; a sync that creates what is missing helps.
        BemaError: its field can't be used, or may be one that can't be read.
    """
    if field is not None and field.type in WRITABLE_TYPES:
        return
    if check.hidden_field:
        row = check.hidden_field[0]
        raise BemaError(
            f"{code} is blocked: its purchase field may be a row that can't be read ({row.path}: {row.problem}).",
            tried="sync the campaign",
            where="MailerLite",
            advice="Look at this field in MailerLite; nothing is created as long as it may be there.",
        )
    wrong = next((one for one in check.findings if one.rule is FindingRule.FIELD_TYPE_MISMATCH), None)
    if field is not None and wrong is not None:
        raise BemaError(
            f"{code} is blocked: the account has a purchase field of type {field.type}, {field.name!r}, which cannot "
            "hold an order number.",
            tried="sync the campaign",
            where="MailerLite",
            advice=wrong.advice,
        )
    raise NeedsNewSync(
        f"{code} is blocked: the account has no purchase field.",
        tried="sync the campaign",
        where="MailerLite",
        advice=f"`bema-tui sync {code} --create-missing` creates what is missing; `bema-tui findings` says more.",
    )
