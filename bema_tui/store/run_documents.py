"""The JSON columns of a run, as records on the way in and out: nobody else reads or writes them by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from bema_tui.model import (
    DOCUMENT_KEYS,
    AutomationEffect,
    Check,
    CheckName,
    CreatedCheck,
    MailerLiteReadResult,
    MembersCheck,
    MovesCheck,
    OlderCheck,
    PhaseEntry,
    RunError,
    RunOptions,
    ShopCheck,
    ShopReadResult,
    ShrunkCheck,
    TakenBackCheck,
    TiersCheck,
)

_CHECKS: Final[Mapping[CheckName, type[Check]]] = MappingProxyType(
    {
        CheckName.SHOP_READ: ShopCheck,
        CheckName.MEMBERS_READ: MembersCheck,
        CheckName.TIERS_KEPT: TiersCheck,
        CheckName.NOBODY_CREATED: CreatedCheck,
        CheckName.NOTHING_TAKEN_BACK: TakenBackCheck,
        CheckName.NO_READ_SHRANK: ShrunkCheck,
        CheckName.FEW_MOVES: MovesCheck,
        CheckName.OLDER: OlderCheck,
    }
)
T = TypeVar("T")


def _converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    for kind, keys in DOCUMENT_KEYS.items():
        renamed: dict[str, Any] = {name: override(rename=key) for name, key in keys.items()}
        converter.register_structure_hook(kind, make_dict_structure_fn(kind, converter, **renamed))
        converter.register_unstructure_hook(kind, make_dict_unstructure_fn(kind, converter, **renamed))
    return converter


_CONVERTER: Final = _converter()


def document_of(record: object) -> dict[str, Any]:
    """Return a record as the document of its column."""
    found: dict[str, Any] = _CONVERTER.unstructure(record)
    return found


def documents_of(records: Iterable[object]) -> list[dict[str, Any]]:
    """Return records as the documents of their column; each check says which one it is."""
    return [_named(record) for record in records]


def options_of(document: Mapping[str, Any] | None) -> RunOptions:
    """Return what a run was asked for."""
    return _CONVERTER.structure(document or {}, RunOptions)


def shop_read_of(document: Mapping[str, Any] | None) -> ShopReadResult | None:
    """Return what a run's read of the shop came to; None before there was one."""
    return _record(document, ShopReadResult)


def mailerlite_read_of(document: Mapping[str, Any] | None) -> MailerLiteReadResult | None:
    """Return what a run's read of MailerLite came to; None before it began."""
    return _record(document, MailerLiteReadResult)


def error_of(document: Mapping[str, Any] | None) -> RunError | None:
    """Return the error that ended a run; None if none did."""
    return _record(document, RunError)


def phases_of(documents: Sequence[Mapping[str, Any]] | None) -> tuple[PhaseEntry, ...]:
    """Return the steps that a run has gone through, the last one open while it is at work."""
    return tuple(_CONVERTER.structure(document, PhaseEntry) for document in documents or ())


def automations_of(documents: Sequence[Mapping[str, Any]] | None) -> tuple[AutomationEffect, ...]:
    """Return the automations that a plan sets off."""
    return tuple(_CONVERTER.structure(document, AutomationEffect) for document in documents or ())


def checks_of(documents: Sequence[Mapping[str, Any]] | None) -> tuple[Check, ...]:
    """Return a plan's checks."""
    return tuple(_check(document) for document in documents or ())


def _check(document: Mapping[str, Any]) -> Check:
    found: Check = _CONVERTER.structure(document, _CHECKS[CheckName(document["name"])])
    return found


def _named(record: object) -> dict[str, Any]:
    name = {"name": record.name} if isinstance(record, Check) else {}
    return {**name, **document_of(record)}


def _record(document: Mapping[str, Any] | None, kind: type[T]) -> T | None:
    return _CONVERTER.structure(document, kind) if document else None
