"""The shop's rows as the program's records; a row that can't be used is reported with its path, never dropped."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from attrs import Factory, frozen

from bema_tui.emails import could_be_email
from bema_tui.listing import UnreadableSale, UnreadRow
from bema_tui.model import BrokenRow, Order, OrderItem, Product, Sample, Subscriber
from bema_tui.providers.parsing import (
    DigitId,
    Email,
    FaultError,
    Label,
    Money,
    MoneyIfAny,
    Remark,
    Token,
    excerpt,
    structure,
)
from bema_tui.text import clean

T = TypeVar("T")

_TIME: Final = "%Y-%m-%d %H:%M:%S"
_NO_DATES: Final = frozenset({"0000-00-00 00:00:00", "0000-00-00", "-0001-11-30 00:00:00"})
"""A date that the shop does not know: the database's zero, also as PHP counts it out."""
_EMPTY: Final = Label("")
_NO_NAME: Final = Remark("")
_NOTHING: Final = MoneyIfAny(Decimal(0))


@frozen
class _RawItem:
    id: DigitId
    price: Money
    name: Remark = _NO_NAME


@frozen
class _RawSale:
    ID: Token
    key: Token
    email: Email
    status: Token
    mode: Token
    date_utc: Token
    products: list[_RawItem]
    total: MoneyIfAny = _NOTHING


@frozen
class _RawNumber:
    ID: Token


@frozen
class _RawKey:
    key: Token


@frozen
class _RawEmail:
    email: Email


@frozen
class _RawTerm:
    slug: Label
    name: Label = _EMPTY


@frozen
class _RawProductInfo:
    id: DigitId
    title: Label
    create_date: Label = _EMPTY
    category: list[_RawTerm] = Factory(list)


@frozen
class _RawProduct:
    info: _RawProductInfo


@frozen
class _RawProductId:
    id: DigitId


@frozen
class _RawProductTitle:
    title: Label


@frozen
class _RawCustomerInfo:
    customer_id: DigitId
    email: Email
    first_name: Label = _EMPTY
    last_name: Label = _EMPTY


@frozen
class _RawCustomer:
    info: _RawCustomerInfo


def order(raw: object) -> Order:
    """One sale of v2. Names are as sold, without HTML entities; the e-mail is as typed; the date may be unknown.

    Raises:
        FaultError: a field can't be used.
    """
    row = structure(raw, _RawSale)
    date = _time(row.date_utc)
    faults = []
    if not could_be_email(row.email):
        faults.append(("email", f"{excerpt(row.email)} is not an e-mail address"))
    if date is None and row.date_utc not in _NO_DATES:
        faults.append(("date_utc", f"{excerpt(row.date_utc)} is not a time"))
    if faults:
        raise FaultError(tuple(faults))
    return Order(
        key=row.key,
        number=row.ID,
        email=row.email,
        status=row.status,
        mode=row.mode,
        date_utc=date,
        total=row.total,
        items=tuple(
            OrderItem(product_id=item.id, name=unescaped(item.name), price=item.price) for item in row.products
        ),
    )


def is_of_old_edd(raw: object) -> bool:
    """Whether a sale is of EDD before 3.1.0.4, which tells no date in UTC (and before 3.0 has statuses of its own)."""
    return isinstance(raw, Mapping) and ("date_utc" not in raw or raw.get("status") == "publish")


def sample(rows: Sequence[object]) -> Sample:
    """What a look at the newest sales shows: how many came, and what can't be used of them."""
    broken: list[BrokenRow] = []
    for raw in rows:
        try:
            order(raw)
        except FaultError as error:
            number = raw.get("ID") if isinstance(raw, Mapping) else None
            row = f"ID {clean(str(number), 60)}"
            broken += [BrokenRow(f"{row}: {path}", text, row=row) for path, text in error.faults]
    return Sample(len(rows), tuple(broken))


def unreadable(raw: object, error: FaultError, place: str) -> UnreadableSale:
    """What can be read of a sale that can't be used; ``place`` is where it stands in the answer."""
    email = _part(raw, _RawEmail, "email", "")
    return UnreadableSale(
        place=place,
        path=error.path,
        problem=str(error),
        number=_part(raw, _RawNumber, "ID", ""),
        key=_part(raw, _RawKey, "key", ""),
        email=email if could_be_email(email) else "",
    )


def is_phantom(raw: object) -> bool:
    """Whether this stands for an order that is not there: EDD 2 shows a sale without number and key then."""
    return isinstance(raw, Mapping) and not raw.get("ID") and not raw.get("key")


def product(raw: object) -> Product:
    """One product. ``created`` is the shop's local time labelled UTC: good for a year, and for no more.

    Raises:
        FaultError: a field can't be used.
    """
    info = structure(raw, _RawProduct).info
    categories = tuple((term.slug, unescaped(term.name)) for term in info.category)
    return Product(id=info.id, title=unescaped(info.title), created=_time(info.create_date), categories=categories)


def unread_product(raw: object, place: str, error: FaultError) -> UnreadRow:
    """What can be told of a product that does not parse."""
    info = raw.get("info") if isinstance(raw, Mapping) else None
    number, title = "", ""
    with contextlib.suppress(FaultError):
        number = structure(info, _RawProductId).id
    with contextlib.suppress(FaultError):
        title = unescaped(structure(info, _RawProductTitle).title)
    return UnreadRow(f"{place}.{error.path}".rstrip("."), error.faults[0][1], number, title)


def customer(raw: object) -> Subscriber:
    """One customer; the shop knows neither a status nor groups.

    Raises:
        FaultError: a field can't be used.
    """
    info = structure(raw, _RawCustomer).info
    fields = {"name": info.first_name, "last_name": info.last_name}
    return Subscriber(id=info.customer_id, email=info.email, status=None, fields=fields, group_ids=None)


def unescaped(text: str) -> str:
    """A WordPress title without HTML entities; cleaned again, since an entity can hold a control."""
    return clean(html.unescape(text))


def _part(raw: object, kind: type[Any], name: str, otherwise: T) -> T:
    """One field of a row by itself, or ``otherwise`` where it can't be read."""
    try:
        value: T = getattr(structure(raw, kind), name)
    except FaultError:
        return otherwise
    return value


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
