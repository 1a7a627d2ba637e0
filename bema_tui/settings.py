"""Settings: defaults, then a TOML file, then the environment, then flags; secrets wrapped so that they never print."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import cattrs
from attrs import asdict, evolve, field, fields, frozen, resolve_types
from cattrs.errors import ClassValidationError
from cattrs.gen import make_dict_structure_fn, override

from bema_tui import settings_file
from bema_tui.bounds import NEEDED_MEMORY, SETTINGS, Bounds
from bema_tui.environment import (
    database_address,
    default_config_file,
    default_database_url,
    default_log_file,
    expand,
    file_path,
    is_text,
)
from bema_tui.errors import ConfigurationError
from bema_tui.secrets import UNSET, Secret


@frozen
class MailerLiteSettings:
    """The mailing service: base address, key, and its quota (requests per window) until its answers say otherwise."""

    url: str = "https://connect.mailerlite.com/api"
    key: Secret = UNSET
    quota: int = 120
    window_seconds: float = 60.0
    reserve: int = 10


@frozen
class EddSettings:
    """The shop: its base address, and the key and token of a user who may see reports (shop_accountant)."""

    url: str = ""
    key: Secret = UNSET
    token: Secret = UNSET
    page_size: int = 200
    parallel: int = 4
    full_read_seconds: float = 21600.0


@frozen
class RuleSettings:
    """The label's choices that an operator can change. Domain rules, sections 3 to 6."""

    place_unassigned_buyers: bool = True
    add_new_buyers: bool = False
    count_free_orders: bool = False
    partial_refund_counts: bool = True
    on_refund: Literal["flag", "revert"] = "flag"
    move_inactive: bool = False
    blocked_emails: tuple[str, ...] = ()
    blocked_domains: tuple[str, ...] = ()
    moves_per_day: int = 3
    stale_after_seconds: float = 600.0
    shrink_percent: float = 20.0
    max_moves: int = 50
    max_moves_percent: float = 10.0
    failure_percent: float = 20.0
    failure_minimum: int = 20


@frozen
class LockSettings:
    """Ages in seconds. Domain rules, section 7."""

    heartbeat: float = 30.0
    live: float = 90.0
    lease: float = 900.0
    stale: float = 3600.0


@frozen
class HealthSettings:
    """How often to look, in seconds, and when memory warns, in bytes and per cent."""

    check_every: float = 300.0
    gauges_every: float = 5.0
    memory_limit: int = 256 * 1024 * 1024
    memory_warning_percent: float = 80.0
    memory_pause_percent: float = 90.0
    machine_reserve: int = 200 * 1024 * 1024


@frozen
class Settings:
    """Everything a run or a console needs to know."""

    database_url: str = ""
    profile: str = ""
    timezone: str = ""
    read_only: bool = False
    edd_credentials_in_url: bool = False
    mailerlite: MailerLiteSettings = MailerLiteSettings()
    edd: EddSettings = EddSettings()
    rules: RuleSettings = RuleSettings()
    locks: LockSettings = LockSettings()
    health: HealthSettings = HealthSettings()
    log_file: str = ""
    source: str = field(default="", eq=False)


# Environment names are stable: scripts and timers rely on them.
ENVIRONMENT: Mapping[str, tuple[str, str]] = {
    "BEMA_DATABASE_URL": ("", "database_url"),
    "BEMA_PROFILE": ("", "profile"),
    "BEMA_LOG_FILE": ("", "log_file"),
    "BEMA_MAILERLITE_URL": ("mailerlite", "url"),
    "BEMA_MAILERLITE_KEY": ("mailerlite", "key"),
    "BEMA_MAILERLITE_QUOTA": ("mailerlite", "quota"),
    "BEMA_MAILERLITE_WINDOW_SECONDS": ("mailerlite", "window_seconds"),
    "BEMA_EDD_URL": ("edd", "url"),
    "BEMA_EDD_KEY": ("edd", "key"),
    "BEMA_EDD_TOKEN": ("edd", "token"),
    "BEMA_MEMORY_LIMIT": ("health", "memory_limit"),
}
_CONFIG_WHERE = "--config or BEMA_CONFIG"
_DATABASE_WHERE = "BEMA_DATABASE_URL or database_url"
_LOG_WHERE = "BEMA_LOG_FILE or log_file"
_SECTIONS = {
    "mailerlite": MailerLiteSettings,
    "edd": EddSettings,
    "rules": RuleSettings,
    "locks": LockSettings,
    "health": HealthSettings,
}
_SECRETS = frozenset({("mailerlite", "key"), ("edd", "key"), ("edd", "token")})


def default_settings() -> Settings:
    """The settings where nothing is set, with the paths of this user as far as there are any."""
    try:
        return Settings(database_url=default_database_url(), log_file=str(default_log_file()))
    except ConfigurationError:
        return Settings()


def load(
    path: str | Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings: defaults < TOML file < environment < flags.

    ``path`` names the file; without it ``BEMA_CONFIG`` does, else the platform's config folder is looked in.

    Raises:
        ConfigurationError: a named file is missing, unreadable or not TOML, holds secrets that other users can read,
            or a value or name in it is wrong.
    """
    surroundings = os.environ if environment is None else environment
    named = path or surroundings.get("BEMA_CONFIG")
    file = Path(expand(str(named), _CONFIG_WHERE, surroundings)) if named else default_config_file()
    values: dict[str, Any] = {}
    source = ""
    if file is not None and (named or _there(file)):
        values, source = _read_file(file), str(file)
    variables: dict[str, str] = {}
    for name, (section, key) in ENVIRONMENT.items():
        if surroundings.get(name):
            _put(values, section, key, surroundings[name])
            variables[f"{section}.{key}" if section else key] = name
    for dotted, value in (flags or {}).items():
        if value is not None:
            section, _, key = dotted.rpartition(".")
            _put(values, section, key, value)
            variables.pop(dotted, None)
    settings = _structure(values, source, variables)
    label_zone(settings.timezone)
    _check_together(settings)
    return _with_paths(settings, surroundings)


def _there(file: Path) -> bool:
    """Whether the file is there; one that can't be looked at is, so that reading it says why."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _with_paths(settings: Settings, surroundings: Mapping[str, str]) -> Settings:
    """The settings with every path in them expanded."""
    database, log_file = settings.database_url, settings.log_file
    return evolve(
        settings,
        database_url=database_address(database, _DATABASE_WHERE, surroundings) if database else default_database_url(),
        log_file=file_path(log_file, _LOG_WHERE, surroundings) if log_file else "",
    )


def label_zone(name: str) -> tzinfo:
    """The label's time zone by its name; nothing means UTC.

    Raises:
        ConfigurationError: there is no such zone on this machine.
    """
    if name in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"There is no time zone {name!r} on this machine.", advice="Use a name like Europe/Berlin."
        ) from error


def require_services(settings: Settings, *, shop_keys_alone: bool = False) -> None:
    """Raise where an address or a key that a sync needs is missing; of the shop's keys alone, where these will do.

    Raises:
        ConfigurationError: naming every missing setting at once.
    """
    needed = {
        "BEMA_MAILERLITE_KEY": bool(settings.mailerlite.key),
        "BEMA_MAILERLITE_URL": bool(settings.mailerlite.url),
        "BEMA_EDD_URL": bool(settings.edd.url),
        "BEMA_EDD_KEY": bool(settings.edd.key),
        "BEMA_EDD_TOKEN": bool(settings.edd.token),
    }
    if shop_keys_alone:
        needed = {name: there for name, there in needed.items() if name in ("BEMA_EDD_KEY", "BEMA_EDD_TOKEN")}
    missing = [name for name, there in needed.items() if not there]
    if missing:
        raise ConfigurationError(
            f"Missing settings: {', '.join(missing)}.",
            where=settings.source or "environment",
            advice=f"Set them in the environment or in {default_config_file() or 'a file named by BEMA_CONFIG'}; "
            "`bema-tui demo` needs none of them.",
        )


def _put(values: dict[str, Any], section: str, key: str, value: Any) -> None:
    (values.setdefault(section, {}) if section else values)[key] = value


def _read_file(file: Path) -> dict[str, Any]:
    found = settings_file.read(file, _names())
    values = found.values
    for section in _SECTIONS:
        if not isinstance(values.get(section, {}), dict):
            raise ConfigurationError(f"{section} must be a table ([{section}]).", where=str(file))
    holds_secret = any(values.get(section, {}).get(key) for section, key in _SECRETS)
    if holds_secret and found.mode & 0o077:
        raise ConfigurationError(
            f"The configuration file holds keys and is readable by others (mode {found.mode:04o}).",
            where=str(file),
            advice=f"Run: chmod 600 {file}",
        )
    return values


def _names() -> set[str]:
    """Every setting, as ``section.name``."""
    sections = asdict(Settings())
    return set(sections) | {f"{section}.{name}" for section in _SECTIONS for name in sections[section]}


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook(Secret, _secret)
    converter.register_structure_hook_func(_is(tuple), _texts)
    converter.register_structure_hook_func(_is(Literal), _choice)
    for kind in (bool, str):
        converter.register_structure_hook(kind, _strict(kind))
    for section, record in _SECTIONS.items():
        numbers: dict[str, Any] = {
            entry.name: override(struct_hook=_number(SETTINGS[f"{section}.{entry.name}"], whole=entry.type is int))
            for entry in fields(resolve_types(record))
            if entry.type in (int, float)
        }
        converter.register_structure_hook(
            record, make_dict_structure_fn(record, converter, _cattrs_forbid_extra_keys=True, **numbers)
        )
    return converter


def _secret(value: object, _type: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise TypeError("must be text")
    return Secret(_text(value))


def _text(value: str) -> str:
    """A text without blanks around it."""
    if not is_text(value):
        raise ValueError("must be text in UTF-8")
    if "\0" in value:
        raise ValueError("must not hold a NUL")
    return value.strip()


def _is(origin: object) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _texts(value: object, _type: object) -> tuple[str, ...]:
    """A list of texts: one text alone would be taken for a list of its letters."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(entry, str) for entry in value):
        raise ValueError('must be a list of texts, such as ["one", "two"]')
    return tuple(_text(entry) for entry in value)


def _choice(value: object, kind: Any) -> object:
    """One of the words that a setting knows."""
    if value not in get_args(kind):
        raise ValueError(f"must be {' or '.join(map(repr, get_args(kind)))}")
    return value


def _strict(kind: type) -> Any:
    """Nothing is bent."""

    def structure(value: object, _type: object) -> object:
        if kind is bool:
            if isinstance(value, bool):
                return value
            raise ValueError("must be true or false")
        if isinstance(value, str):
            return _text(value)
        raise ValueError("must be text")

    return structure


def _number(bounds: Bounds, *, whole: bool) -> Any:
    """Numbers within their bounds. They may come as text: the environment has nothing else."""

    def structure(value: object, _type: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError("must be a number")  # noqa: TRY004 (cattrs collects both; the words are what counts)
        try:
            number = int(value) if isinstance(value, int) or (whole and isinstance(value, str)) else float(value)
        except ValueError:
            raise ValueError(f"must be a {'whole ' if whole else ''}number {bounds}") from None
        if number not in bounds:
            raise ValueError(f"must be {bounds}")
        if whole and number != int(number):
            raise ValueError(f"must be a whole number {bounds}")
        return int(number) if whole else float(number)

    return structure


def _structure(values: dict[str, Any], source: str, variables: Mapping[str, str]) -> Settings:
    """The settings from what file, environment and flags hold; `variables` names those that the environment gave."""
    if "source" in values:
        raise ConfigurationError("Unknown setting: source.", where=source)
    try:
        return _converter().structure({**values, "source": source}, Settings)
    except (ClassValidationError, cattrs.errors.ForbiddenExtraKeysError) as error:
        complaints = _complaints(error)
        outside = all(path in variables for path, _ in complaints)
        raise ConfigurationError(
            "The configuration has mistakes: "
            + "; ".join(f"{variables.get(path, path)}{words}" for path, words in complaints)
            + ".",
            where="environment" if outside or not source else source,
            advice="The README lists every setting.",
        ) from None


def _check_together(settings: Settings) -> None:
    """Numbers that are good each by itself, and would make a run hang, crawl or lose its lock together."""
    wrong = []
    locks = settings.locks
    if not locks.heartbeat < locks.live < locks.lease < locks.stale:
        wrong.append("locks: heartbeat, live, lease and stale must grow in this order")
    health = settings.health
    allowed = health.memory_limit * health.memory_pause_percent / 100
    if allowed < NEEDED_MEMORY:
        wrong.append(
            f"health: {health.memory_pause_percent:g} per cent (memory_pause_percent) of {health.memory_limit:,} bytes "
            f"(memory_limit) must be at least {NEEDED_MEMORY:,} bytes: a run needs {NEEDED_MEMORY >> 20} MiB"
        )
    if settings.mailerlite.reserve >= settings.mailerlite.quota:
        wrong.append("mailerlite: reserve must be less than quota, or nothing is left for a run")
    if wrong:
        raise ConfigurationError(
            "The configuration has mistakes: " + "; ".join(wrong) + ".",
            where=settings.source or "environment",
            advice="The README lists every setting.",
        )


def _complaints(error: BaseException, path: str = "") -> list[tuple[str, str]]:
    """Every mistake as ``section.name`` and ``: what``, never with a value: it may be a secret."""
    if isinstance(error, ClassValidationError):
        found: list[tuple[str, str]] = []
        with_notes, without = error.group_exceptions()
        for inner, note in with_notes:
            found += _complaints(inner, f"{path}.{note.name}" if path else note.name)
        for inner in without:
            found += _complaints(inner, path)
        return found
    if isinstance(error, cattrs.errors.ForbiddenExtraKeysError):
        return [("", f"unknown setting {path + '.' if path else ''}{name}") for name in sorted(error.extra_fields)]
    words = (
        str(error) if isinstance(error, (ValueError, TypeError)) and str(error).startswith("must ") else "wrong value"
    )
    return [(path, f": {words}")]


def describe(settings: Settings) -> dict[str, Any]:
    """The settings with every secret shown as set or not set, for people and for ``--json``."""
    shown = asdict(settings, recurse=True, value_serializer=lambda _owner, _field, value: value)
    for section, key in _SECRETS:
        shown[section][key] = "set" if shown[section][key] else "not set"
    return shown
