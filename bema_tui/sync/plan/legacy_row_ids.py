"""Asks the shop about stored purchases that its list does not explain: row ids of the old plugin, orders that left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from attrs import define, field, frozen

from bema_tui.field_values import canonical
from bema_tui.model import OrderIdentity
from bema_tui.providers.edd.lookups import By, LookUps, SaleAnswer, SaleQuery
from bema_tui.rules.purchases import Aliases
from bema_tui.rules.records import Unproved
from bema_tui.rules.unreadable_sales import unreadable_findings
from bema_tui.store.legacy_row_ids import RowIds
from bema_tui.store.open_questions import OpenQuestions
from bema_tui.sync.run_context import RunContext

_ASK_AGAIN: Final = timedelta(days=1)
_ASK_AGAIN_UNANSWERED: Final = timedelta(days=7)
"""When a row id is asked for again after the shop failed over it: an old EDD does so for what is not there."""
_KEPT_AT_ONCE: Final = 400  # what a stop or a failure in the midst of many look-ups costs at most
_MAX_ROW_ID_DIGITS: Final = 15


@frozen
class Explanation:
    """What the shop said of what its list does not explain."""

    aliases: Aliases
    """Row ids of the old plugin: value → order."""
    unproved: Unproved
    """The buyers whom sales that can't be read may concern, the sales that were looked up here included."""


async def explain_stored_values(context: RunContext, unproved: Unproved, *, shrank: bool) -> Explanation:
    """Look up what the list does not explain, and remember the answers.

    A stored value that matches no order of its subscriber may be a row id of the old plugin: the shop is asked
    once by ``id``, and the answer counts only if e-mail and product match. An order that left the list is asked for by
    its key: only a positive ``refunded`` counts, with the right to see sales asked for again. Domain rules, section 4.
    After a read that shrank no order is: it would be half the shop, one by one, and nothing may be taken back.
    Nothing is asked for buyers without a proved absence. A sale that can't be read adds those whom it could concern.

    Raises:
        NotAuthorized: the right to see sales is gone.
        ProviderError: the shop does not answer.
    """
    questions = await _questions(context, unproved, shrank=shrank)
    values = sorted(questions.row_ids)
    now = context.db.now()
    answers = await RowIds(context.db).answers(values, unanswered_since=now - _ASK_AGAIN_UNANSWERED)
    asked = [SaleQuery(By.ROW_ID, value) for value in values if value not in answers]
    recent = await context.orders.looked_up_since(sorted(questions.keys), now - _ASK_AGAIN)
    asked += [SaleQuery(By.KEY, key) for key in sorted(questions.keys.keys() - recent)]
    if not asked:
        return Explanation(_known(answers), unproved)
    listed = await context.orders.some_listed()
    known = {
        By.KEY: [order.key for order in listed],
        By.ROW_ID: [*await RowIds(context.db).some_known(), *(order.number for order in listed)],
    }
    look_ups = LookUps(context.shop, context.interrupt, known, safe_point=context.safe_point)
    for start in range(0, len(asked), _KEPT_AT_ONCE):
        found = await look_ups.find(asked[start : start + _KEPT_AT_ONCE])
        await context.shop.require_right()
        await _remember(context, found, look_ups)
        unproved = await _with_unreadable(context, questions, found, unproved)
    return Explanation(_known(await RowIds(context.db).answers(values)), unproved)


@define
class _Questions:
    """What to ask the shop about, and about whom: row ids and keys → (e-mail key, number) of who is concerned."""

    row_ids: dict[str, list[tuple[str, str]]] = field(factory=lambda: defaultdict(list))
    keys: dict[str, list[tuple[str, str]]] = field(factory=lambda: defaultdict(list))


async def _questions(context: RunContext, unproved: Unproved, *, shrank: bool) -> _Questions:
    questions = _Questions()
    open_ = OpenQuestions(context.db, context.campaign.code, context.run, context.campaign.product_ids)
    for stored in await open_.unexplained():
        value = canonical(stored.value)
        if value is not None and _may_be_row_id(value) and not unproved.may_be(stored.email_key, value):
            questions.row_ids[value].append((stored.email_key, value))
    for order in [] if shrank else await open_.gone():
        if not unproved.concerns(order.email_key):
            questions.keys[order.key].append((order.email_key, order.number))
    return questions


def _may_be_row_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= _MAX_ROW_ID_DIGITS


async def _remember(context: RunContext, found: Mapping[SaleQuery, SaleAnswer], look_ups: LookUps) -> None:
    """Keep what the shop said. Whose order it is, and of which product, is judged when it is used.

    A sale that can't be read is asked for again by every run, until somebody has mended it.
    """
    for wanted, shown in found.items():
        if shown.order is not None:
            await context.orders.put_looked_up(shown.order)
        if shown.unreadable is not None:
            continue
        if wanted.by is By.ROW_ID:
            identity = shown.order.identity if shown.order is not None else None
            answered = not shown.failure and By.ROW_ID in look_ups.finds
            await RowIds(context.db).remember(wanted.value, identity, answered=answered)
        else:
            # Of several orders with one key the shop answers with the oldest; the others were asked for all the same.
            await context.orders.mark_looked_up(wanted.value)


async def _with_unreadable(
    context: RunContext, questions: _Questions, found: Mapping[SaleQuery, SaleAnswer], unproved: Unproved
) -> Unproved:
    """Record a finding of each sale that can't be read; it proves nothing against those who led to it."""
    sales = {wanted: shown.unreadable for wanted, shown in found.items() if shown.unreadable is not None}
    if not sales:
        return unproved
    await context.findings.record(unreadable_findings(list(sales.values())), context.run)
    concerned: list[Sequence[tuple[str, str]]] = [
        (questions.row_ids if wanted.by is By.ROW_ID else questions.keys)[wanted.value] for wanted in sales
    ]
    return unproved.with_also([one for group in concerned for one in group])


def _known(answers: Mapping[str, OrderIdentity | None]) -> Aliases:
    return {value: order for value, order in answers.items() if order is not None}
