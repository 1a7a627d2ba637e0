"""Names of campaigns, groups and fields: read generously, written strictly. Domain rules, section 2."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

from attrs import frozen

from bema_tui.errors import RuleError
from bema_tui.model import CustomField, Group, Tier
from bema_tui.rules.records import WRITABLE_TYPES
from bema_tui.rules.tiers import ORDER, SUFFIX, parse_tier, words_of

FIRST_YEAR: Final = 1990
YEARS_AHEAD: Final = 2
_CODE: Final = re.compile(r"[0-9]{4}_[A-Z0-9]+_[A-Z0-9]+")
_NOT_OURS: Final = re.compile(r"[^A-Z0-9]")
_FOLDS: Final = str.maketrans(
    {"ß": "SS", "ẞ": "SS", "Æ": "AE", "Ø": "O", "Œ": "OE", "Đ": "D", "Ł": "L", "Þ": "TH"},
)
_FIELD_WORDS: Final = ("PURCHASE", "PURCHASED")
_CODE_WORDS: Final = 3
_ADVICE: Final = "Pin a code of the form YYYY_ARTIST_ALBUM, capital letters and digits only."

Named = TypeVar("Named", Group, CustomField)


@frozen
class GroupMatch:
    """A campaign's groups in the account, one per tier, and the further ones that mean the same."""

    by_tier: Mapping[Tier, Group]
    """The group that is used for each tier."""
    twins: Mapping[Tier, tuple[Group, ...]]
    """The further groups that mean the same tier."""


@frozen
class FieldMatch:
    """A campaign's purchase field in the account, and the further ones that mean the same."""

    field: CustomField | None
    """The field that is used, if there is one."""
    twins: tuple[CustomField, ...]
    """The further fields that mean the same."""


def abbreviate(name: str) -> str:
    """The short form of an artist's or album's name: ``Eko The Beat`` → ``ETB``, ``Divine`` → ``DIVINE``.

    Empty when no letter or digit can be folded to ASCII; then the operator pins a code.
    """
    folded = unicodedata.normalize("NFKD", name.upper().translate(_FOLDS))
    spaced = "".join(" " if unicodedata.category(char) == "Pd" else char for char in folded)
    words = [word for part in spaced.split() if (word := _NOT_OURS.sub("", part))]
    if len(words) == 1:
        return words[0]
    return "".join(word[0] for word in words)


def is_code(text: str) -> bool:
    """Whether the whole text is a campaign code in its written form."""
    return _CODE.fullmatch(text) is not None


def years_of_codes(this_year: int) -> range:
    """Return the years that a campaign's code can have."""
    return range(FIRST_YEAR, this_year + YEARS_AHEAD + 1)


def make_code(year: int, artist: str, album: str) -> str:
    """The campaign code of an album.

    Raises:
        RuleError: the year has not four digits, or nothing of a name is left after folding.
    """
    parts = {"artist": abbreviate(artist), "album": abbreviate(album)}
    for what, short in parts.items():
        if not short:
            name = artist if what == "artist" else album
            raise RuleError(f"No code can be made from the {what} {name!r}.", tried="make a code", advice=_ADVICE)
    code = f"{year}_{parts['artist']}_{parts['album']}"
    if not is_code(code):
        raise RuleError(f"The year {year} has not four digits.", tried="make a code", advice=_ADVICE)
    return code


def _require_code(code: str) -> None:
    if not is_code(code):
        raise RuleError(f"{code!r} is not a campaign code.", tried="write a name", advice=_ADVICE)


def group_name(code: str, tier: Tier) -> str:
    """The one form in which a group's name is written.

    Raises:
        RuleError: ``code`` is not a campaign code.
    """
    _require_code(code)
    return f"{code}_{SUFFIX[tier]}"


def field_name(code: str) -> str:
    """The one form in which a purchase field's name is written.

    Raises:
        RuleError: ``code`` is not a campaign code.
    """
    _require_code(code)
    return f"{code}_PURCHASE"


def _code_of(words: Sequence[str]) -> str | None:
    code = "_".join(words)
    return code if len(words) == _CODE_WORDS and is_code(code) else None


def read_group_name(name: str) -> tuple[str, Tier] | None:
    """The campaign code and tier that a group's name says, or None when the group is not ours."""
    if not name.isascii():
        return None
    words = words_of(name)
    code, tier = _code_of(words[:_CODE_WORDS]), parse_tier("_".join(words[_CODE_WORDS:]))
    return (code, tier) if code and tier else None


def read_field_name(name: str) -> str | None:
    """The campaign code whose purchase field this name says, or None when the field is not ours."""
    if not name.isascii():
        return None
    *code_words, last = words_of(name)
    return _code_of(code_words) if last in _FIELD_WORDS else None


def legacy_groups(names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Groups of an older naming: prefix (capitals, ``_`` between words) → their names as the account has them.

    Legacy is a prefix that is no campaign code, and that at least two groups share which end in a tier.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if read_group_name(name) is None and (prefix := _legacy_prefix(name)):
            found[prefix].append(name)
    return MappingProxyType({prefix: tuple(found[prefix]) for prefix in sorted(found) if len(found[prefix]) > 1})


def _legacy_prefix(name: str) -> str | None:
    words = words_of(name)
    # The longest ending first: "X GOLD PURCHASE" is gold purchased of X.
    for size in (2, 1):
        prefix = words[:-size]
        if parse_tier("_".join(words[-size:])) is not None:
            text = "_".join(prefix)
            return text if any(prefix) and not is_code(text) else None
    return None


def _adopt(candidates: Sequence[Named], written: str) -> tuple[Named, tuple[Named, ...]]:
    """The one to use: the written form, else the oldest (ids grow); and the others."""
    ranked = sorted(candidates, key=lambda item: (item.name != written, len(item.id), item.id))
    return ranked[0], tuple(ranked[1:])


def match_groups(groups: Iterable[Group], code: str) -> GroupMatch:
    """The account's groups of one campaign. Of twins the written form is used, else the oldest."""
    found: dict[Tier, list[Group]] = defaultdict(list)
    for group in groups:
        read = read_group_name(group.name)
        if read is not None and read[0] == code:
            found[read[1]].append(group)
    adopted = {tier: _adopt(found[tier], group_name(code, tier)) for tier in ORDER if tier in found}
    return GroupMatch(
        by_tier=MappingProxyType({tier: one for tier, (one, _) in adopted.items()}),
        twins=MappingProxyType({tier: others for tier, (_, others) in adopted.items() if others}),
    )


def match_field(fields: Iterable[CustomField], code: str) -> FieldMatch:
    """The account's purchase field of one campaign. Of twins the written form is used, else the oldest.

    One whose type can't hold an order's ``ID`` counts only where there is no other, and is nobody's twin.
    """
    named = [custom for custom in fields if read_field_name(custom.name) == code]
    found = [custom for custom in named if custom.type in WRITABLE_TYPES]
    if not named:
        return FieldMatch(field=None, twins=())
    one, others = _adopt(found or named, field_name(code))
    return FieldMatch(field=one, twins=others if found else ())


def free_field_name(fields: Iterable[CustomField], code: str) -> str | None:
    """A name that a purchase field may have, too, and that no field has, in whatever spelling; None: all are taken."""
    taken = {words_of(custom.name)[-1] for custom in fields if read_field_name(custom.name) == code}
    return next((f"{code}_{word}" for word in _FIELD_WORDS if word not in taken), None)
