"""Finds campaigns in the shop and the account, and says what stays unclear. Domain rules, section 2, discovery."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from bema_tui.errors import RuleError
from bema_tui.listing import UnreadRow
from bema_tui.model import Campaign, CustomField, Finding, FindingRule, Group, Product
from bema_tui.rules.findings import NO_CAMPAIGN, finding
from bema_tui.rules.groups_and_field import account_findings
from bema_tui.rules.naming import abbreviate, legacy_groups, make_code, read_group_name, years_of_codes

ARTIST_SLUG: Final = "-artist"
_BUNDLE: Final = re.compile(r"\bbundles?\b", re.IGNORECASE)  # the shop's answers tell it by nothing but its name
_NAMED: Final = 5
_LIST_IT: Final = (
    "add its product id to each campaign whose album it holds: bema-tui campaigns add CODE --album NAME --product ID."
)
_PIN: Final = "Add the campaign by hand with a code of your own: bema-tui campaigns add CODE --album NAME --product ID."


@frozen
class Discovery:
    """The campaigns that are clear, and a finding for each thing that is not."""

    proposals: tuple[Campaign, ...]
    """The campaigns that are clear, in the order of their codes."""
    findings: tuple[Finding, ...]
    """What is not clear."""
    without_artist: tuple[Product, ...] = ()
    """The products that one finding counts together: merchandise, most of them."""


def discover(
    products: Sequence[Product],
    groups: Sequence[Group],
    fields: Sequence[CustomField],
    orders_by_product: Mapping[str, datetime],
    sold_product_ids: Collection[str],
    existing: Sequence[Campaign],
    today: date,
    unread: Sequence[UnreadRow] = (),
    names_in_sales: Mapping[str, str] = MappingProxyType({}),
    *,
    unread_groups: Sequence[UnreadRow] = (),
    unread_fields: Sequence[UnreadRow] = (),
) -> Discovery:
    """Propose campaigns for the products that no campaign claims.

    Args:
        products: the shop's product list.
        groups: all groups of the account; a matching code there gives the year.
        fields: all custom fields of the account.
        orders_by_product: product id → the date of its earliest valid order, the campaign's start.
        sold_product_ids: every product id that an order names, also of deleted products.
        existing: the campaigns there are; their products are skipped, their codes are taken.
        today: the local day; years too far ahead make no code.
        unread: the rows of the product list that can't be read.
        names_in_sales: product id → the name that orders call it by; for what the list does not show.
        unread_groups: the groups that can't be read; they fill the account as well.
        unread_fields: the fields that can't be read.
    """
    claimed = {product_id for campaign in existing for product_id in campaign.product_ids}
    years = _years_in_account(groups)
    drafts: dict[str, list[tuple[Product, Campaign]]] = defaultdict(list)
    findings: list[Finding] = []
    without_artist: list[Product] = []
    for product in sorted(products, key=_by_id):
        if product.id in claimed:
            continue
        if not _artists(product) and not _BUNDLE.search(product.title):
            without_artist.append(product)
            continue
        drafted = _draft(product, years, today)
        if isinstance(drafted, Campaign):
            campaign = evolve(drafted, start=orders_by_product.get(product.id))
            drafts[campaign.code].append((product, campaign))
        else:
            findings.append(drafted)
    if without_artist:
        findings.append(_no_artist(without_artist, sold_product_ids))
    taken = {campaign.code: campaign for campaign in existing}
    proposals, collisions = _without_collisions(drafts, taken)
    findings += [_unread(row) for row in unread if row.id not in claimed]
    listed = {product.id for product in products} | {row.id for row in unread}
    findings += _perhaps_bundles((drafts[one.code][0][0] for one in proposals), proposals, years)
    findings += collisions
    findings += _unclaimed(set(sold_product_ids) - claimed - listed, names_in_sales)
    findings += _legacy(groups)
    findings += account_findings(groups, fields, unread_groups, unread_fields)
    return Discovery(tuple(proposals), tuple(findings), tuple(without_artist))


def _by_id(product: Product) -> tuple[int, str]:
    return len(product.id), product.id


def _subject(product_id: str) -> str:
    return f"product {product_id}"


def _years_in_account(groups: Iterable[Group]) -> Mapping[str, frozenset[int]]:
    """``ARTIST_ALBUM`` → the years that the account's groups have it with."""
    years: dict[str, set[int]] = defaultdict(set)
    for group in groups:
        read = read_group_name(group.name)
        if read is not None:
            year, _, rest = read[0].partition("_")
            years[rest].add(int(year))
    return {rest: frozenset(found) for rest, found in years.items()}


def _artists(product: Product) -> list[str]:
    return sorted({name for slug, name in product.categories if slug.endswith(ARTIST_SLUG)})


def _draft(product: Product, years: Mapping[str, frozenset[int]], today: date) -> Campaign | Finding:
    """A campaign for one product, or why there is none."""
    artists = _artists(product)
    if not artists:
        return _about(
            FindingRule.BUNDLE_UNCLAIMED,
            product,
            "is named like a bundle, has no artist, and no campaign lists it",
            f"If it is one: {_LIST_IT}",
        )
    if len(artists) != 1:
        what = f"has {len(artists)} artists ({', '.join(artists)})"
        advice = "Give the product exactly one category whose slug ends in -artist, or leave it if it is no album."
        return _about(FindingRule.ARTIST_UNCLEAR, product, what, advice)
    return _with_artist(product, artists[0], years, today)


def _with_artist(product: Product, artist: str, years: Mapping[str, frozenset[int]], today: date) -> Campaign | Finding:
    known = years.get(f"{abbreviate(artist)}_{abbreviate(product.title)}", frozenset())
    if len(known) > 1:
        several = ", ".join(str(year) for year in sorted(known))
        return _about(FindingRule.CODE_COLLISION, product, f"fits groups of several years ({several})", _PIN)
    year = next(iter(known)) if known else (product.created.year if product.created else None)
    if year is None or year not in years_of_codes(today.year):
        what = f"has no usable year (found: {year if year is not None else 'none'})"
        return _about(FindingRule.PRODUCT_UNCLAIMED, product, what, _PIN)
    try:
        code = make_code(year, artist, product.title)
    except RuleError as error:
        what = f"by {artist} cannot be named ({error.message.rstrip('.')})"
        return _about(FindingRule.ARTIST_UNCLEAR, product, what, _PIN)
    return Campaign(code=code, album=product.title, product_ids=(product.id,))


def _about(rule: FindingRule, product: Product, what: str, advice: str) -> Finding:
    message = f"Product {product.id}, {product.title!r}, {what}."
    return finding(rule, NO_CAMPAIGN, _subject(product.id), message, advice)


def _perhaps_bundles(
    products: Iterable[Product], proposals: Sequence[Campaign], years: Mapping[str, frozenset[int]]
) -> list[Finding]:
    """A question about each proposal that a word gives rise to; the word alone holds nothing back."""
    what = (
        "is proposed as an album, and has the word bundle in its name: the shop does not say which products are bundles"
    )
    advice = f"Nothing to do if it is an album. If it is a bundle, add the albums by hand instead, and {_LIST_IT}"
    return [
        _about(FindingRule.BUNDLE_UNCLAIMED, product, what, advice)
        for product, campaign in zip(products, proposals, strict=True)
        if _BUNDLE.search(product.title) and campaign.code.partition("_")[2] not in years
    ]


def _no_artist(products: Sequence[Product], sold: Collection[str]) -> Finding:
    """One finding for all products that are by nobody."""
    bought = [product for product in products if product.id in sold]
    named = [f"{product.title!r} ({product.id})" for product in [*bought, *products][:_NAMED]]
    named = list(dict.fromkeys(named))
    more = len(products) - len(named)
    rest = f" and {more:,} more" if more > 0 else ""
    many = "1 product has" if len(products) == 1 else f"{len(products):,} products have"
    message = (
        f"{many} no artist (no category whose slug ends in {ARTIST_SLUG}), of which {len(bought):,} sold: "
        f"{', '.join(named)}{rest}."
    )
    advice = (
        "Nothing to do for what is no album; give an album its artist. `bema-tui campaigns discover --without-artist` "
        f"lists them. The shop does not say which products are bundles; for one: {_LIST_IT}"
    )
    return finding(FindingRule.ARTIST_UNCLEAR, NO_CAMPAIGN, "products without an artist", message, advice)


def _unread(row: UnreadRow) -> Finding:
    named = f"The product {row.id}".strip() + (f", {row.name!r}," if row.name else "")
    message = f"{named} can't be read: {row.path}: {row.problem}."
    advice = "Look at this product in the shop; no campaign is proposed for it until it can be read."
    subject = _subject(row.id) if row.id else f"product {row.name or row.path}"
    return finding(FindingRule.PRODUCT_UNCLAIMED, NO_CAMPAIGN, subject, message, advice)


def _without_collisions(
    drafts: Mapping[str, Sequence[tuple[Product, Campaign]]], taken: Mapping[str, Campaign]
) -> tuple[list[Campaign], list[Finding]]:
    """Keep the drafts whose code is theirs alone."""
    proposals, findings = [], []
    for code in sorted(drafts):
        rivals = drafts[code]
        if len(rivals) == 1 and code not in taken:
            proposals.append(rivals[0][1])
            continue
        owner = taken.get(code)
        for product, _ in rivals:
            others = [f"product {other.id}, {other.title!r}" for other, _ in rivals if other.id != product.id]
            if owner is not None:
                others.append(f"the campaign of {owner.album!r} (product {', '.join(owner.product_ids)})")
            what = f"gets the code {code}, and so does {' and '.join(others)}"
            advice = (
                f"If it is the same album: bema-tui campaigns add {code} --album NAME --product ID --product ID. "
                "If not, give it a code of its own: bema-tui campaigns add CODE --album NAME --product ID."
            )
            findings.append(_about(FindingRule.CODE_COLLISION, product, what, advice))
    return proposals, findings


def _unclaimed(product_ids: Iterable[str], names: Mapping[str, str]) -> list[Finding]:
    found = []
    for product_id in sorted(product_ids, key=lambda one: (len(one), one)):
        named = f", {names[product_id]!r} in its sales," if names.get(product_id) else ""
        message = (
            f"Product {product_id}{named} was sold, and neither a campaign nor the shop's product list has it: it is a "
            "draft, private, or deleted."
        )
        advice = "Add its product id to the campaign of its album, or leave this if it was none."
        found.append(
            finding(FindingRule.PRODUCT_UNCLAIMED, NO_CAMPAIGN, _subject(product_id), message, advice),
        )
    return found


def _legacy(groups: Iterable[Group]) -> list[Finding]:
    found = []
    for prefix, names in legacy_groups(group.name for group in groups).items():
        message = f"{len(names)} groups of an older naming begin with {prefix}: {', '.join(repr(n) for n in names)}."
        advice = "Nothing is written to them; rename them to YYYY_ARTIST_ALBUM_TIER if they belong to a campaign."
        found.append(finding(FindingRule.LEGACY_NAME, NO_CAMPAIGN, prefix, message, advice))
    return found
