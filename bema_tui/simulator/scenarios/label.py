"""The label of the data set: its artists, albums and other products, with the codes they must have."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

import attrs

from bema_tui.simulator.world.label_names import PURCHASED_SUFFIXES, TIER_SUFFIXES
from bema_tui.simulator.world.records import Automation, Campaign, Product, Term
from bema_tui.simulator.world.world import World

TODAY = datetime(2026, 11, 15, 12, 0, 0)  # noqa: DTZ001 - UTC, written without a zone
"""The day on which every data set ends, so that a seed always gives the same one."""

_ALBUMS = (
    ("Eko The Beat", "eko-the-beat", "ETB", "No Better Love", "NBL"),
    ("Divine", "divine", "DIVINE", "Elements of Earth", "EOE"),
    ("Zoë Núñez", "zoe-nunez", "ZN", 'Love & Gravity: Zoë’s "Live" Songs', "LGZLS"),
    ("Søren Ægir", "soren-aegir", "SA", "Blå Time", "BT"),
    ("The Quiet Hours", "the-quiet-hours", "TQH", "Night Bus", "NB"),
    ("Ada Rivers", "ada-rivers", "AR", "Tidewater", "TIDEWATER"),
    ("Łódź Ensemble", "lodz-ensemble", "LE", "Half-Light Songs", "HLS"),
    ("Mara-Jo", "mara-jo", "MJ", "Ink", "INK"),
    ("Straße", "strasse", "STRASSE", "Zwölf", "ZWOLF"),
    ("Kite 9", "kite-9", "K9", "Static Bloom", "SB"),
)
_NAMESAKES = ("Rosa Vale", "rosa-vale")
FOREIGN_GROUPS = ("Newsletter", "VIP guest list", "2019 Mixtape fans", "Press & radio", "Gold", "Wood workshop 2024")
LEGACY_GROUPS = ("ETB-2019-FIRSTLIGHT GOLD", "ETB-2019-FIRSTLIGHT SILVER")
FOREIGN_FIELD = "Favourite record"
WITHDRAWN_PRODUCT = 90
"""A product that was deleted; old sales still name it."""


@attrs.define(eq=False)
class CampaignPlan:
    """A campaign while the data set is made."""

    code: str
    """The campaign's code."""
    product: Product
    """The album."""
    start: datetime
    """When the first order may come, in UTC without a zone."""
    groups: dict[str, int]
    """Group ids by the suffix of the tier, without the groups that are missing."""
    field_key: str | None
    """The key of its purchase field; None: it has none."""
    old_title: str | None
    """The title of the album until `renamed`; None: it has had one title only."""
    renamed: datetime
    """When the album gets its present title, in UTC without a zone."""

    @property
    def end(self) -> datetime:
        return min(self.start + timedelta(days=70), TODAY)

    def title_at(self, moment: datetime) -> str:
        """Returns the title under which the album was sold at that time."""
        return self.old_title if self.old_title is not None and moment < self.renamed else self.product.title


@attrs.frozen
class Label:
    """What the label has before its first subscriber."""

    plans: list[CampaignPlan]
    """The campaigns, the oldest first."""
    shirt: Product
    """A product without any album."""
    bundle: Product | None
    """The first three albums together; None: there is no campaign."""
    split: Product
    """A single of two artists."""
    foreign_groups: list[int]
    """The ids of the groups that are no tiers."""
    foreign_field_key: str
    """The key of the field that is no purchase field."""


def create_label(world: World, rng: random.Random) -> Label:
    """Creates products, groups, fields and automations."""
    albums, merch = Term(2, "Albums", "albums"), Term(3, "Merch", "merch")
    foreign = [world.add_group(name, "2023-02-01 09:00:00").id for name in FOREIGN_GROUPS + LEGACY_GROUPS]
    field = world.add_field(FOREIGN_FIELD, "text")
    artists: dict[str, Term] = {}
    plans = [_campaign(world, number, artists, albums) for number in range(world.settings.campaigns)]
    _automations(world, plans)
    shirt = _product(world, 95, "Tour T-Shirt", "tour-t-shirt", [merch], {"": Decimal("25.00")})
    pair = [_artist(artists, *_ALBUMS[0][:2]), _artist(artists, *_ALBUMS[1][:2])]
    split = _product(world, 96, "Split Single", "split-single", [albums, *pair], {"": Decimal("3.00")})
    for number, title in ((91, "Slow Rain"), (92, "Some Roses"), (93, "Кино")):  # two of one code, one of none
        _product(world, number, title, f"rosa-{number}", [albums, _artist(artists, *_NAMESAKES)], {"": Decimal("5.00")})
    upcoming = _product(world, 97, "Untitled (2027)", "untitled-2027", [albums, pair[0]], {"": Decimal("9.99")})
    upcoming.status = "draft"
    bundle = None
    if plans:
        bundle = _product(world, 98, "The Complete Bundle", "complete-bundle", [albums], {"": Decimal("25.00")})
        bundle.bundle_of = [plan.product.id for plan in plans[:3]]
    for group in world.groups.values():
        group.sent_count = rng.randrange(0, 5000)
        group.opens_count = rng.randrange(0, group.sent_count + 1)
        group.clicks_count = rng.randrange(0, group.opens_count + 1)
    return Label(plans, shirt, bundle, split, foreign, field.key)


def _campaign(world: World, number: int, artists: dict[str, Term], albums: Term) -> CampaignPlan:
    """Creates a campaign. The second has hand-written names of groups, the third twins; the fourth has no group for
    one tier, the fifth no purchase field.

    A twin is a second field or group with the same meaning; it has no values or members.
    """
    count = world.settings.campaigns
    artist, slug, artist_code, title, album_code = _ALBUMS[number % len(_ALBUMS)]
    if number >= len(_ALBUMS):
        title = album_code = f"VOLUME{number + 1}"
    start = TODAY - timedelta(days=(count - number) * (75 if count <= 12 else 40) - 20, hours=number % 7)
    created = start - timedelta(days=14)
    code = f"{created.year}_{artist_code}_{album_code}"
    terms = [albums, _artist(artists, artist, slug)]
    prices = {"MP3": Decimal("8.00"), "Deluxe FLAC": Decimal("14.50")} if number % 5 == 2 else {"": Decimal("9.99")}
    product_slug = f"{slug}-{album_code.lower()}"
    product = _product(world, 100 + number, title, product_slug, terms, prices, created)
    made_at = created.strftime("%Y-%m-%d %H:%M:%S")
    missing = {"BRONZE_PURCHASE"} if number == 3 else set()
    names = {suffix: f"{code}_{suffix}" for suffix in TIER_SUFFIXES if suffix not in missing}
    if number == 1:
        names["SILVER"] = f"{code} silver".replace("_", " ").title()
        names["SILVER_PURCHASE"] = f"{code}-silver-purchased".replace("_", "-").lower()
    groups = {suffix: world.add_group(name, made_at).id for suffix, name in names.items()}
    key = None if number == 4 else world.add_field(f"{code}_PURCHASE", "number").key
    if number == 2:
        world.add_field(f"{code}_PURCHASED", "number")
        world.add_group(f"{code} Gold".replace("_", " "), made_at)
    world.campaigns.append(Campaign(code, artist, title, product.id, key))
    old_title = f"{title} (pre-order)" if number == 0 else None
    return CampaignPlan(code, product, start, groups, key, old_title, start + timedelta(days=20))


def _automations(world: World, plans: list[CampaignPlan]) -> None:
    """Creates an enabled automation on a purchased group, and a disabled one."""
    for plan, suffix, enabled in zip(plans[:1] * 2, PURCHASED_SUFFIXES, (True, False), strict=False):
        name = f"Thanks for buying ({suffix.split('_')[0].title()})"
        trigger = [plan.groups[suffix]]
        world.automations.append(
            Automation(world.new_id(), name, enabled, world.new_id(), trigger, "2024-02-02 14:58:43")
        )


def _artist(artists: dict[str, Term], name: str, slug: str) -> Term:
    if slug not in artists:
        artists[slug] = Term(10 + len(artists), name, f"{slug}-artist")
    return artists[slug]


def _product(
    world: World,
    number: int,
    title: str,
    slug: str,
    terms: list[Term],
    prices: dict[str, Decimal],
    created: datetime | None = None,
) -> Product:
    moment = created or TODAY - timedelta(days=900 - number)
    product = Product(number, title, slug, moment.strftime("%Y-%m-%d %H:%M:%S"), terms, prices)
    world.products[number] = product
    return product
