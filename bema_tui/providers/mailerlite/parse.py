"""MailerLite's rows as the program's records; a row that can't be used is reported with its path, never dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import Factory, frozen

from bema_tui.listing import UnreadRow
from bema_tui.model import (
    Automation,
    BrokenRow,
    CustomField,
    Group,
    Subscriber,
    SubscriberPage,
    SubscriberStatus,
)
from bema_tui.providers.parsing import (
    Count,
    DigitId,
    Email,
    FaultError,
    Flag,
    Label,
    Scalars,
    Token,
    structure,
)

_JOINS_GROUP: Final = "subscriber_joins_group"
_EMPTY: Final = Label("")
_NO: Final = Flag(False)
_INACTIVE: Final = tuple(status.value for status in SubscriberStatus if status is not SubscriberStatus.ACTIVE)


def refused_for_status(code: int, words: str) -> bool:
    """Whether a refusal is about the subscriber's status; MailerLite says so in its words alone."""
    return code == 422 and any(status in words for status in _INACTIVE)


@frozen
class _RawReference:
    id: DigitId


@frozen
class _RawEmail:
    email: Email


@frozen
class _RawName:
    name: Label


@frozen
class _RawEnabled:
    enabled: Flag


@frozen
class _RawTriggers:
    triggers: list[_RawTrigger] = Factory(list)


@frozen
class _RawSubscriber:
    id: DigitId
    email: Email
    status: Token
    fields: Scalars
    source: Label = _EMPTY


@frozen
class _RawMemberships:
    groups: list[_RawReference]


@frozen
class _RawGroup:
    id: DigitId
    name: Label
    active_count: Count | None = None
    unsubscribed_count: Count | None = None
    unconfirmed_count: Count | None = None
    bounced_count: Count | None = None
    junk_count: Count | None = None


@frozen
class _RawField:
    id: DigitId
    name: Label
    key: Token
    type: Token


@frozen
class RawBatchAnswer:
    """One item's answer as it comes; a 204 has a body of null, of nothing, or none at all."""

    code: Count
    """The HTTP status."""
    body: Any = None
    """The body, if there is one."""


@frozen
class RawBatch:
    """A batch's answer as it comes."""

    responses: list[Any]
    """An answer for each item, in their order."""


@frozen
class RawTotal:
    """A count's answer as it comes."""

    total: Count
    """How many there are."""


@frozen
class _RawTrigger:
    type: Label = _EMPTY
    group_ids: list[DigitId] = Factory(list)
    groups: list[_RawReference] = Factory(list)


@frozen
class _RawAutomation:
    id: DigitId
    name: Label
    enabled: Flag = _NO
    triggers: list[_RawTrigger] = Factory(list)


def subscriber(raw: object) -> Subscriber:
    """One subscriber. ``group_ids`` is None when the row has no ``groups``.

    Raises:
        FaultError: a field can't be used.
    """
    row = structure(raw, _RawSubscriber)
    try:
        status = SubscriberStatus(row.status)
    except ValueError:
        status = None
    if status is None:
        raise FaultError((("status", f"{row.status!r} is none of MailerLite's five"),))
    if not row.email.strip():
        raise FaultError((("email", "is empty"),))
    has_groups = isinstance(raw, Mapping) and raw.get("groups") is not None
    groups = structure(raw, _RawMemberships).groups if has_groups else None
    return Subscriber(
        id=row.id,
        email=row.email,
        status=status,
        fields=row.fields,
        group_ids=None if groups is None else frozenset(group.id for group in groups),
        source=row.source,
    )


def _with_groups(raw: object) -> Subscriber:
    found = subscriber(raw)
    if found.group_ids is None:
        raise FaultError((("groups", "is missing, though it was asked for"),))
    return found


def subscriber_page(rows: Sequence[object], place: str, *, with_groups: bool = False) -> SubscriberPage:
    """A page of subscribers; ``place`` begins the path of each broken row. ``with_groups``: each must have them."""
    good: list[Subscriber] = []
    broken: list[BrokenRow] = []
    for number, raw in enumerate(rows):
        try:
            good.append(_with_groups(raw) if with_groups else subscriber(raw))
        except FaultError as error:
            who = _part(raw, _RawReference, "id"), _part(raw, _RawEmail, "email")
            row = f"{place}{number}"
            broken += [BrokenRow(f"{row}.{path}".rstrip("."), text, *who, row) for path, text in error.faults]
    silent = sum(isinstance(raw, Mapping) and raw.get("groups") is None for raw in rows) if with_groups else 0
    return SubscriberPage(tuple(good), tuple(broken), silent)


def _part(raw: object, kind: type[_RawReference | _RawEmail | _RawName], name: str) -> str:
    """One field of a row that can't be used as a whole; empty when that is not usable either."""
    try:
        return str(getattr(structure(raw, kind), name))
    except FaultError:
        return ""


def unread_row(raw: object, place: str, error: FaultError, *, usable: bool) -> UnreadRow:
    """What can be told of a row that does not parse."""
    path = f"{place}.{error.path}".rstrip(".")
    return UnreadRow(
        path, error.faults[0][1], _part(raw, _RawReference, "id"), _part(raw, _RawName, "name").strip(), usable
    )


def group(raw: object) -> Group:
    """One group, with those of the service's own counts that it tells.

    Raises:
        FaultError: a field can't be used.
    """
    row = structure(raw, _RawGroup)
    counts = {
        SubscriberStatus.ACTIVE: row.active_count,
        SubscriberStatus.UNSUBSCRIBED: row.unsubscribed_count,
        SubscriberStatus.UNCONFIRMED: row.unconfirmed_count,
        SubscriberStatus.BOUNCED: row.bounced_count,
        SubscriberStatus.JUNK: row.junk_count,
    }
    told = {status: count for status, count in counts.items() if count is not None}
    return Group(id=row.id, name=_named(row.name), counts=told)


def group_without_counts(raw: object) -> Group:
    """One group whose counts can't be read: it tells none, so that everybody in it is asked for.

    Raises:
        FaultError: its id or name can't be used either.
    """
    row = structure(raw, _RawReference)
    return Group(id=row.id, name=_named(structure(raw, _RawName).name))


def _named(name: str) -> str:
    if not name.strip():
        raise FaultError((("name", "is empty"),))
    return name


def custom_field(raw: object) -> CustomField:
    """One custom field.

    Raises:
        FaultError: a field can't be used.
    """
    row = structure(raw, _RawField)
    return CustomField(id=row.id, name=_named(row.name), key=row.key, type=row.type)


def automation(raw: object) -> Automation:
    """One automation, with the groups that set it off when somebody joins.

    Raises:
        FaultError: a field can't be used.
    """
    row = structure(raw, _RawAutomation)
    return Automation(id=row.id, name=row.name, enabled=row.enabled, group_ids=_joined(row.triggers))


def automation_in_part(raw: object) -> Automation:
    """What can be read of an automation that does not parse; what can't may mail people, so the worst is assumed."""
    try:
        enabled = bool(structure(raw, _RawEnabled).enabled)
    except FaultError:
        enabled = True
    try:
        groups = _joined(structure(raw, _RawTriggers).triggers)
    except FaultError:
        groups = None
    number, name = _part(raw, _RawReference, "id"), _part(raw, _RawName, "name")
    return Automation(
        id=number,
        name=name or f"without a readable name{f' ({number})' if number else ''}",
        enabled=enabled,
        group_ids=groups or frozenset(),
        groups_known=groups is not None,
    )


def _joined(triggers: Sequence[_RawTrigger]) -> frozenset[str]:
    """The groups that set an automation off when somebody joins."""
    joins = [trigger for trigger in triggers if trigger.type == _JOINS_GROUP]
    ids = {group_id for trigger in joins for group_id in trigger.group_ids}
    return frozenset(ids | {group.id for trigger in joins for group in trigger.groups})
