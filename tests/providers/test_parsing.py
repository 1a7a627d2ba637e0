"""Whatever JSON comes, the parsers answer a record or one of our errors, with the path of the bad field."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bema_tui.bounds import AMOUNT, LIST_ROWS
from bema_tui.errors import BemaError
from bema_tui.model import Order, Subscriber
from bema_tui.providers.edd import parse as edd_parse
from bema_tui.providers.edd.lookups import By, SaleQuery
from bema_tui.providers.mailerlite import parse as mailerlite_parse
from bema_tui.providers.mailerlite.batch import BatchAnswer, BatchItem, batch_answers
from bema_tui.providers.parsing import FaultError, structure
from bema_tui.text import is_clean
from tests.providers.helpers import Script, edd, mailerlite, reply
from tests.providers.rows import custom_field, customer, group, product, sale, subscriber

TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT
KEYS = st.sampled_from(["id", "ID", "key", "data", "meta", "info", "groups", "fields", "status", "products"])
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | TEXT, inner, max_size=4), max_leaves=12
)

AUTOMATION = {"id": "1", "name": "x", "enabled": True, "triggers": [{"type": "subscriber_joins_group", "groups": []}]}
READERS: list[tuple[Callable[[object], object], dict[str, Any]]] = [
    (mailerlite_parse.subscriber, subscriber(1, groups=["7"])),
    (mailerlite_parse.group, group()),
    (mailerlite_parse.custom_field, custom_field()),
    (mailerlite_parse.automation, AUTOMATION),
    (edd_parse.order, sale(1)),
    (edd_parse.product, product()),
    (edd_parse.customer, customer(1)),
    (lambda raw: structure(raw, mailerlite_parse.RawTotal), {"total": 1004}),
    (lambda raw: structure(raw, mailerlite_parse.RawBatch), {"responses": [{"code": 204}]}),
]
READ = st.sampled_from(READERS)
CASES = 100_000 if settings.get_current_profile_name() == "nightly" else 2_000


def changed(value: Any, path: list[int], other: object) -> Any:
    """``value`` with the part that ``path`` leads to replaced by ``other``."""
    if not path or not isinstance(value, dict | list) or not value:
        return other
    if isinstance(value, list):
        spot = path[0] % len(value)
        return [changed(part, path[1:], other) if index == spot else part for index, part in enumerate(value)]
    key = sorted(value)[path[0] % len(value)]
    return {**value, key: changed(value[key], path[1:], other)}


def texts(record: object) -> list[str]:
    if isinstance(record, Subscriber):
        return [record.id, record.email, *record.fields, *(v for v in record.fields.values() if isinstance(v, str))]
    if isinstance(record, Order):
        return [record.key, record.number, record.email, record.status, *(line.name for line in record.items)]
    return []


def outcome(read: Callable[[object], object], raw: object) -> object:
    try:
        return read(raw)
    except FaultError as error:
        return error


REAL = st.builds(
    lambda reader, path, other: changed(reader[1], path, other),
    READ,
    st.lists(st.integers(0, 40), min_size=1, max_size=4),
    JSON,
)


@settings(max_examples=CASES, deadline=None)
@given(JSON | REAL)
def test_arbitrary_json_and_real_rows_with_a_part_replaced_are_records_or_faults(raw: object) -> None:
    """Every parser of both clients: a record of clean text, or a fault that names the bad fields in clean words."""
    for read, _ in READERS:
        got = outcome(read, raw)
        if isinstance(got, FaultError):
            assert got.faults
            assert all(is_clean(path) and is_clean(text) and text for path, text in got.faults)
        else:
            assert got is not None
            assert all(is_clean(text) for text in texts(got))
    rows = raw if isinstance(raw, list) else [raw]
    page = mailerlite_parse.subscriber_page(rows, "data.")
    assert len(page.subscribers) + len({row.path.split(".")[1] for row in page.broken}) == len(rows)
    answers = batch_answers(raw if isinstance(raw, dict) else {"responses": raw}, 1)
    assert isinstance(answers, str) or len(answers) == 1
    assert is_clean(BatchAnswer(422, raw).message)


@settings(max_examples=50, deadline=None)
@given(JSON, st.booleans())
def test_no_body_breaks_a_client(raw: object, wrap: bool) -> None:
    """The clients as a whole: whatever JSON the service answers, nothing but our errors come out."""
    body = {"data": raw, "meta": {"next_cursor": None, "last_page": 1}, "responses": raw, "sales": raw} if wrap else raw

    async def sink(orders: object, number: int) -> None:
        assert orders

    async def run() -> None:
        service, shop = mailerlite(Script([reply(body)])), edd(Script([reply(body)]))
        subscribers = service.get_subscribers(with_groups=True)
        calls: list[Callable[[], Any]] = [
            lambda: anext(subscribers, None),
            service.get_groups,
            service.get_fields,
            service.get_automations,
            service.count_subscribers,
            lambda: service.find_subscriber("a@b.example"),
            lambda: service.update_subscriber("1", {}),
            lambda: service.batch([BatchItem.read("1")]),
            lambda: service.ensure_group("A"),
            lambda: shop.ask_for_sale(SaleQuery(By.ROW_ID, "1")),
            shop.get_products,
            lambda: shop.read_sales(sink),
            lambda: anext(shop.get_subscribers(), None),
        ]
        for call in calls:
            try:
                await call()
            except BemaError as error:
                problem = error.message
            else:
                problem = "none"
            assert problem

    asyncio.run(run())


@given(JSON)
def test_the_answers_of_a_batch_are_matched_or_refused(raw: object) -> None:
    got = batch_answers({"responses": raw}, 1)
    assert isinstance(got, str) or (len(got) == 1 and isinstance(got[0].code, int))
    answer = BatchAnswer(200, raw)
    assert is_clean(answer.message)


@pytest.mark.parametrize(("read", "row"), READERS)
def test_unknown_keys_are_ignored(read: Callable[[object], object], row: dict[str, Any]) -> None:
    assert read({**row, "surprise": [1]}) == read(row)


@pytest.mark.parametrize("price", ["12", "12.000000000", 12, 12.0, "1.2e1", " 12 "])
def test_amounts_are_decimals_however_they_are_written(price: object) -> None:
    assert edd_parse.order(sale(1, [{"id": "1", "price": price}])).items[0].price == 12


@pytest.mark.parametrize("price", ["", "12,00", "NaN", "Infinity", "1_000", "١٢", True, None, [], "1e999"])
def test_what_is_no_amount_is_a_fault(price: object) -> None:
    with pytest.raises(FaultError) as caught:
        edd_parse.order(sale(1, [{"id": "1", "price": price}]))
    assert caught.value.path == "products.0.price"


@pytest.mark.parametrize("price", ["1e30", "-1e30", 10**13, 1e13, "1e12", -(10**12)])
def test_an_amount_has_bounds_and_one_beyond_them_is_a_fault(price: object) -> None:
    raw = sale(1, [{"id": "1", "price": price}])
    if Decimal(str(price)) in AMOUNT:
        assert edd_parse.order(raw).items[0].price == Decimal(str(price))
    else:
        with pytest.raises(FaultError, match=r"from -1,000,000,000,000 to 1,000,000,000,000 of any currency"):
            edd_parse.order(raw)


@pytest.mark.parametrize("count", [10**18, str(10**29), 1e17, -1, 1.5, "x", LIST_ROWS.most + 1])
def test_a_count_beyond_its_bounds_is_a_fault(count: object) -> None:
    with pytest.raises(FaultError, match="is not a count"):
        structure({"total": count}, mailerlite_parse.RawTotal)
    assert structure({"total": LIST_ROWS.most}, mailerlite_parse.RawTotal).total == LIST_ROWS.most


@pytest.mark.fault("A3", "D3")
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (" Ana@Example.org\t", "Ana@Example.org"),
        ("\u200eana@example.org", "ana@example.org"),
        ("an\u202aa@example.org", "ana@example.org"),
        ("an\u200ba@example.org", "an\u200ba@example.org"),
    ],
)
def test_an_address_is_kept_as_typed_without_what_is_invisible_around_it(sent: str, kept: str) -> None:
    assert edd_parse.order(sale(1, email=sent)).email == kept


def test_every_fault_of_a_row_is_told_with_its_path() -> None:
    with pytest.raises(FaultError) as caught:
        edd_parse.order({"ID": 1, "key": "k", "products": [{"id": "1"}, 5]})
    assert dict(caught.value.faults) == {
        "email": "is missing",
        "status": "is missing",
        "mode": "is missing",
        "date_utc": "is missing",
        "products.0.price": "is missing",
        "products.1": "5 is not an object",
    }


def test_a_sale_of_the_old_version_is_a_fault_and_no_order() -> None:
    old = {key: value for key, value in sale(1).items() if key not in {"status", "mode", "date_utc"}}
    with pytest.raises(FaultError):
        edd_parse.order(old)
