"""Settings: defaults, a TOML file, the environment, flags. They are composed of the records of the layers below."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import asdict, evolve, field, frozen

from bema_tui import settings_file
from bema_tui.bounds import NEEDED_MEMORY
from bema_tui.clock import label_zone
from bema_tui.emails import can_be_blocked, domain_can_be_blocked
from bema_tui.environment import (
    database_address,
    default_config_file,
    default_database_url,
    default_log_file,
    expand,
    file_path,
)
from bema_tui.errors import ConfigurationError
from bema_tui.monitor.settings import MonitorSettings
from bema_tui.providers.edd.paging import Paging
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.quota.settings import QuotaSettings
from bema_tui.rules.choices import BlockLists, PlanLimits, Rules, WriteLimits
from bema_tui.secrets import UNSET, Secret
from bema_tui.settings_values import WrongValues, structure
from bema_tui.store.lock_ages import LockAges


@frozen
class MailerLiteSettings:
    """The mailing service."""

    url: str = "https://connect.mailerlite.com/api"
    """Its base URL."""
    key: Secret = UNSET
    """A key of its API."""


@frozen
class EddSettings:
    """The shop."""

    url: str = ""
    """Its base URL."""
    key: Secret = UNSET
    """The public key of a user who may see reports (shop_accountant)."""
    token: Secret = UNSET
    """The token that goes with the key."""
    full_read_seconds: float = 21600.0
    """Age from which on a sync reads the shop's whole list again, and not only its newest orders."""


@frozen
class Settings:
    """Everything a run or a console needs to know."""

    database_url: str = ""
    """URL or file of the database."""
    profile: str = ""
    """A name for these settings, shown on every screen."""
    timezone: str = ""
    """The label's time zone; empty means UTC."""
    read_only: bool = False
    """Whether everything is forbidden but to read and to plan."""
    edd_credentials_in_url: bool = False
    """Whether the shop's key and token go in the URL, for a shop that gets no POST body."""
    log_file: str = ""
    """Where the log goes; empty means the usual place."""
    mailerlite: MailerLiteSettings = field(factory=MailerLiteSettings)
    """The mailing service: ``[mailerlite]``."""
    quota: QuotaSettings = field(factory=QuotaSettings)
    """Its quota, until its answers say otherwise: ``[mailerlite]``."""
    edd: EddSettings = field(factory=EddSettings)
    """The shop: ``[edd]``."""
    paging: Paging = field(factory=Paging)
    """How its lists are asked for: ``[edd]``."""
    rules: Rules = field(factory=Rules)
    """Which orders count, and who is moved because of one: ``[rules]``."""
    plan_limits: PlanLimits = field(factory=PlanLimits)
    """From when on a plan waits for a yes: ``[rules]``."""
    write_limits: WriteLimits = field(factory=WriteLimits)
    """What holds while a plan is applied: ``[rules]``."""
    block_lists: BlockLists = field(factory=BlockLists)
    """Who is never written to: ``[rules]``."""
    locks: LockAges = field(factory=LockAges)
    """By what ages a lock's holder is judged: ``[locks]``."""
    health: MonitorSettings = field(factory=MonitorSettings)
    """What the health monitor goes by: ``[health]``."""
    http: HttpPolicy = field(factory=HttpPolicy)
    """The policy of every HTTP request; no setting changes it."""
    source: str = field(default="", eq=False)
    """The settings file that was read, if there was one."""


TABLES: Final[Mapping[str, Mapping[str, type]]] = {
    "mailerlite": {"mailerlite": MailerLiteSettings, "quota": QuotaSettings},
    "edd": {"edd": EddSettings, "paging": Paging},
    "rules": {"rules": Rules, "plan_limits": PlanLimits, "write_limits": WriteLimits, "block_lists": BlockLists},
    "locks": {"locks": LockAges},
    "health": {"health": MonitorSettings},
}
"""The tables of the settings file, and the records that each is made of."""
_PLAIN: Final = frozenset(
    {"database_url", "profile", "timezone", "read_only", "edd_credentials_in_url", "log_file"},
)
_SECRETS: Final = (("mailerlite", "key"), ("edd", "key"), ("edd", "token"))

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


def require_services(settings: Settings, *, shop_keys_alone: bool = False) -> None:
    """Raise where a URL or a key that a sync needs is missing; of the shop's keys alone, where these will do.

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
    found = settings_file.read(file, by_name(Settings()))
    values = found.values
    for section in TABLES:
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


def _structure(values: dict[str, Any], source: str, variables: Mapping[str, str]) -> Settings:
    """The settings from what file, environment and flags hold; `variables` names those that the environment gave."""
    try:
        return evolve(structure(values, Settings, _PLAIN, TABLES), source=source)
    except WrongValues as error:
        mistakes = error.mistakes
        outside = all(mistake.name in variables for mistake in mistakes)
        raise ConfigurationError(
            "The configuration has mistakes: "
            + "; ".join(f"{variables.get(mistake.name, mistake.name)}{mistake.words}" for mistake in mistakes)
            + ".",
            where="environment" if outside or not source else source,
            advice="The README lists every setting.",
        ) from None


def _check_together(settings: Settings) -> None:
    """Values that are good as they are written, and would make a run hang, crawl or lose its lock, or block nobody."""
    wrong = []
    locks = settings.locks
    if not locks.heartbeat < locks.live < locks.lease < locks.stale:
        wrong.append("locks: heartbeat, live, lease and stale must grow in this order")
    health = settings.health
    if health.allowed(None) < NEEDED_MEMORY:
        wrong.append(
            f"health: {health.memory_pause_percent:g} per cent (memory_pause_percent) of {health.memory_limit:,} bytes "
            f"(memory_limit) must be at least {NEEDED_MEMORY:,} bytes: a run needs {NEEDED_MEMORY >> 20} MiB"
        )
    if settings.quota.reserve >= settings.quota.quota:
        wrong.append("mailerlite: reserve must be less than quota, or nothing is left for a run")
    blocked = settings.block_lists
    for name, what, entries, blocks in (
        ("blocked_emails", "an e-mail", blocked.blocked_emails, can_be_blocked),
        ("blocked_domains", "a domain such as example.org", blocked.blocked_domains, domain_can_be_blocked),
    ):
        wrong += [
            f"rules.{name}: entry {number} must be {what}, or it blocks nobody"
            for number, entry in enumerate(entries, 1)
            if not blocks(entry)
        ]
    if wrong:
        raise ConfigurationError(
            "The configuration has mistakes: " + "; ".join(wrong) + ".",
            where=settings.source or "environment",
            advice="The README lists every setting.",
        )


def by_name(settings: Settings) -> dict[str, object]:
    """Return every setting by the name that an operator writes, each secret only as set or not set."""
    named: dict[str, object] = {name: getattr(settings, name) for name in sorted(_PLAIN)}
    for table, records in TABLES.items():
        for attribute in records:
            for name, value in asdict(getattr(settings, attribute), recurse=False).items():
                shown = ("set" if value else "not set") if isinstance(value, Secret) else value
                named[f"{table}.{name}"] = shown
    return named
