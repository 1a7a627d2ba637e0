"""The names of all recordings of the real services: each is compared and played, or left out for a reason."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path


def _load() -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split():
        service, _, name = line.partition("/")
        found[service].add(name)
    return {service: frozenset(names) for service, names in found.items()}


RECORDED = _load()
"""``edd`` and ``mailerlite``, with the names of their recordings."""
