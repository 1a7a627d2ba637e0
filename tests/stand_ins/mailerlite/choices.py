"""What MailerLite's documentation and recordings leave open, as switches; the defaults are what they make likely."""

from __future__ import annotations

from typing import Any, Literal

import attrs

Excess = Literal["clamp", "refuse"]


@attrs.frozen
class Choices:
    """One MailerLite among those that the contract allows, and a few that it doesn't."""

    # Paging
    account_page: int = 100
    """Rows that ``GET /subscribers`` gives at most."""
    group_page: int = 1000
    list_page: int = 250
    """Rows that the groups, fields and automations give at most."""
    excess: Excess = "clamp"
    """What more than the most rows is answered with: the most rows, or 422."""
    page_as_text: bool = False
    numbered_groups: bool = False
    """The members of a group in numbered pages, as in 2022."""
    numbered_account: bool = False
    """The account's people in numbered pages."""
    restless: Literal["no", "leaves one out", "changes its total"] = "no"
    """What each listing of people does anew: leave out another of a group's, or, in numbered pages, count otherwise."""
    ends_early: bool = False
    """The account's list has one page, whatever the account counts."""
    cursor_at_end: bool = False
    """The last page has a cursor, to a page with nobody on it."""
    list_order: Literal["name", "newest"] = "name"
    filtered_count: Literal["filtered", "whole"] = "filtered"

    # Paths
    batch_path: Literal["decoded", "as written", "encoded alone", "plus as space", "no email"] = "decoded"
    """What the path of a batch's item is to be: ``encoded alone`` takes no ``@``, ``plus as space`` decodes twice."""
    single_path: Literal["decoded", "no email"] = "decoded"

    # Quota
    quota: int = 1_000_000
    period: float = 60.0
    """Seconds."""
    periods: Literal["first request", "clock", "sliding"] = "first request"
    """When a period begins: with the first request after the last one, with the clock's, or at any moment anew."""
    batch_cost: Literal["items", "one", "two", "nothing"] = "items"
    batch_headers: bool = True
    """Whether a batch's answer tells the quota."""
    quota_headers: Literal["lower", "mixed", "limit only", "none"] = "lower"
    retry_after: Literal["rest", "none", "one", "date"] = "rest"
    reset_header: bool = False
    most_items: int = 50

    # Rows
    ids: Literal["text", "mixed"] = "text"
    """``mixed``: every other id is a number."""
    numbers: Literal["number", "text", "decimals", "float"] = "number"
    """How the value of a number field comes back."""
    groups_key: Literal["full", "brief", "null for none", "missing for none"] = "full"
    unset_fields: Literal["null", "absent"] = "null"
    """``absent``: fields hold what is set alone, and nothing at all is ``[]``."""
    extra_keys: bool = False
    times: bool = True
    counters: Literal["exact", "zero", "one too many", "as before", "absent"] = "exact"
    account_header: bool = True

    # Writing
    keys: Literal["lower", "snake"] = "lower"
    unknown_field: Literal["ignore", "refuse"] = "ignore"
    created: int = 201
    name_taken: Literal["taken", "plain", "invalid", "conflict"] = "taken"
    missing_text: Literal["model", "resource", "empty", "no body"] = "model"
    bad_group: int = 404
    inactive_assign: int = 200
    assign_again: int = 200
    put_answer: Literal["whole", "without groups", "empty"] = "whole"
    no_content: Literal["null", "absent", "text", "list"] = "null"
    """The body of a batch's item that is answered 204."""
    double_opt_in: bool = False

    # Automations
    triggers: Literal["both", "ids", "groups", "one object"] = "both"

    # What no contract allows: one person's row, wherever it is shown
    spoiled: str = ""
    """Whose row, by id."""
    spoil: dict[str, Any] | None = None
    """Keys and values that the row gets; ``{"": x}`` makes the row x itself."""
