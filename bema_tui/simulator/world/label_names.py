"""Which groups and fields belong to a campaign, by their names.

This is written apart from the program's rules on purpose: shared code would share misunderstandings.
"""

from __future__ import annotations

import re

import attrs

TIER_SUFFIXES = (
    "OPT-IN",
    "GOLD",
    "SILVER",
    "BRONZE",
    "WOOD",
    "GOLD_PURCHASE",
    "SILVER_PURCHASE",
    "BRONZE_PURCHASE",
)
PURCHASED_SUFFIXES = TIER_SUFFIXES[5:]

_CODE = r"(?P<year>[0-9]{4})[_\s-](?P<artist>[A-Z0-9]+)[_\s-](?P<album>[A-Z0-9]+)[_\s-]"
_GROUP = re.compile(_CODE + r"(?P<tier>OPT[_\s-]IN|WOOD|(?:GOLD|SILVER|BRONZE)(?:[_\s-]PURCHASED?)?)", re.ASCII)
_FIELD = re.compile(_CODE + r"PURCHASED?", re.ASCII)


@attrs.frozen
class TierName:
    """The tier that a group's name means."""

    campaign: str
    """The code of the campaign."""
    suffix: str
    """One of ``TIER_SUFFIXES``."""


def read_group_name(name: str) -> TierName | None:
    """Returns the tier that a group's name means; None: a foreign group (domain rules, section 2)."""
    match = _GROUP.fullmatch(name.strip().upper())
    if match is None:
        return None
    tier = re.sub(r"[_\s-]", "_", match["tier"])
    suffix = "OPT-IN" if tier == "OPT_IN" else tier.replace("PURCHASED", "PURCHASE")
    return TierName(_code(match), suffix)


def read_field_name(name: str) -> str | None:
    """Returns the code of the campaign whose purchase field has this name; None: another field."""
    match = _FIELD.fullmatch(name.strip().upper())
    return None if match is None else _code(match)


def field_key(name: str, rule: str) -> str:
    """Returns the key of a new field; nobody could confirm which rule is MailerLite's (contract, section 9)."""
    if rule == "lower":
        return re.sub(r"\W+", "_", name.strip().lower())
    joined = "".join(word[:1].upper() + word[1:] for word in name.split())
    return re.sub(r"(.)(?=[A-Z])", r"\1_", joined).lower()


def _code(match: re.Match[str]) -> str:
    return f"{match['year']}_{match['artist']}_{match['album']}"
