"""What the program takes from its surroundings, each in one place: who its user is, where a path leads,
and what its terminal shows."""

from __future__ import annotations

import errno
import getpass
import os
import pwd
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from platformdirs import user_config_path, user_data_path, user_log_path

from bema_tui.errors import ConfigurationError
from bema_tui.text import one_line

APP: Final = "bema-tui"
_LONGEST_NAME: Final = 100  # characters of a user's name
_VARIABLE: Final = re.compile(r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([^}]*)\})")
_SQLITE: Final = re.compile(r"(sqlite(?:\+\w+)?:///)([^?]*)(.*)", re.DOTALL)
_OTHER_ADDRESS: Final = re.compile(r"[A-Za-z][\w+.-]*://")
_LONGEST_SHOWN: Final = 200  # characters of a path
_NO_NAME: Final = {
    errno.ENAMETOOLONG: "is too long for the name of a file",
    errno.ELOOP: "is a link that leads to itself",
}
_LONGEST_SUFFIX: Final = "-journal"  # what SQLite may put behind a database's name


def user_name() -> str:
    """Who runs this process, as locks, runs and the console name them; ``uid 1234`` where nothing names that user."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user: no variable says a name, and no account has the number
        name = ""
    # A variable can hold what a terminal would obey, or what no database takes.
    return one_line(name, _LONGEST_NAME) or f"uid {os.getuid()}"


def shows_utf8(environment: Mapping[str, str]) -> bool:
    """Whether the terminal shows UTF-8: as its locale says, whatever Python's own streams are set to.

    Python turns the C locale into UTF-8 for itself, and ``PYTHONIOENCODING`` is meant for files and pipes.
    """
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if locale := environment.get(name, ""):
            return locale.lower().partition("@")[0].replace("-", "").endswith("utf8")
    return False


def can_draw(environment: Mapping[str, str]) -> bool:
    """Whether the terminal can move its cursor."""
    return environment.get("TERM", "") not in ("", "dumb")


def default_database_url() -> str:
    """The database of this user where none is named.

    Raises:
        ConfigurationError: this user has no home folder.
    """
    folder = _own_folder(lambda: user_data_path(APP), instead="name a database with BEMA_DATABASE_URL")
    return f"sqlite:///{folder / 'bema.sqlite3'}"


def default_log_file() -> Path:
    """The log file of this user where none is named.

    Raises:
        ConfigurationError: this user has no home folder.
    """
    return _own_folder(lambda: user_log_path(APP), instead="name a file with BEMA_LOG_FILE") / "bema-tui.log"


def default_config_file() -> Path | None:
    """The settings file of this user; None where this user has no home folder."""
    try:
        return _own_folder(lambda: user_config_path(APP), instead="name a file with BEMA_CONFIG") / "config.toml"
    except ConfigurationError:
        return None


def _own_folder(find: Callable[[], Path], *, instead: str) -> Path:
    """One of this user's own folders, as ``find`` (of platformdirs) gives it.

    Raises:
        ConfigurationError: nothing says where this user's home is; ``instead`` names the setting that does without.
    """
    try:
        folder = find()
    except RuntimeError:
        folder = Path("~")
    if not folder.is_absolute():
        raise ConfigurationError(
            "This user has no home folder: HOME is not set, and no account says one.",
            where=f"uid {os.getuid()}",
            advice=f"Set HOME, or {instead}.",
        )
    _refuse_no_text(str(folder), "HOME")
    return folder


def expand(text: str, setting: str, environment: Mapping[str, str]) -> str:
    """A path with ``~``, ``~user``, ``$NAME`` and ``${NAME}`` replaced; ``$$`` is one dollar.

    Raises:
        ConfigurationError: a variable is not set, a user has no home, or the path holds what no path can.
    """
    _refuse_no_text(text, setting)

    def value(found: re.Match[str]) -> str:
        if found[1]:
            return "$"
        name = found[2] or found[3]
        if not environment.get(name):
            raise ConfigurationError(
                f"The path names ${name}, and that variable is not set.",
                where=setting,
                advice="Set it, or write the path out; $$ stands for a dollar in a name.",
            )
        return environment[name]

    path = _VARIABLE.sub(value, text)
    _refuse_no_text(path, setting)
    return _with_home(path, setting, environment)  # last, since a variable may begin with ~


def _with_home(text: str, setting: str, environment: Mapping[str, str]) -> str:
    if not text.startswith("~"):
        return text
    user, slash, rest = text[1:].partition("/")
    home = environment.get("HOME", "") if not user else ""
    if not os.path.isabs(home):
        try:
            home = (pwd.getpwnam(user) if user else pwd.getpwuid(os.getuid())).pw_dir
        except KeyError:
            whose = f"The user {user!r} is not known here" if user else "HOME is not set, and this user has no account"
            raise ConfigurationError(
                f"{whose}: ~{user} leads nowhere.", where=setting, advice="Write the path out."
            ) from None
    return home.rstrip("/") + slash + rest or "/"


def _refuse_no_text(text: str, setting: str) -> None:
    """Raise for what can be no path, or none that can be stored and shown."""
    wrong = "a NUL" if "\0" in text else "" if is_text(text) else "bytes that are not UTF-8"
    if wrong:
        raise ConfigurationError(f"The path holds {wrong}.", where=setting, advice="Name another path.")


def is_text(text: str) -> bool:
    """Whether a text of the environment was text in its encoding, and can be stored."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def file_path(text: str, setting: str, environment: Mapping[str, str]) -> str:
    """The path of a file that a setting names, expanded; there need be no file yet.

    Raises:
        ConfigurationError: it can't be the path of a file.
    """
    path = expand(text, setting, environment)
    return _no_folder(path, setting, devices=True)


def database_address(text: str, setting: str, environment: Mapping[str, str]) -> str:
    """The URL of a database, or its bare path, with the path expanded.

    Raises:
        ConfigurationError: it can't be the path of a database. Other kinds of URLs are left as they are.
    """
    if found := _SQLITE.fullmatch(text):
        head, path, rest = found.groups()
        if path in ("", ":memory:") or path.startswith("file:"):
            _refuse_no_text(text, setting)
            return text
        return head + _database_file(path, setting, environment) + rest
    if _OTHER_ADDRESS.match(text) or text == ":memory:":
        _refuse_no_text(text, setting)
        return text
    return _database_file(text, setting, environment)


def _database_file(text: str, setting: str, environment: Mapping[str, str]) -> str:
    return _no_folder(expand(text, setting, environment), setting, devices=False, suffix=_LONGEST_SUFFIX)


def _no_folder(path: str, setting: str, *, devices: bool, suffix: str = "") -> str:
    """The path, if there is a file or nothing yet; what else can't be used there is found when it is opened."""
    wrong = _no_name(path + suffix) or _no_name(path)
    try:
        mode = os.stat(path).st_mode
    except OSError:
        mode = stat.S_IFREG
    if stat.S_ISDIR(mode):
        wrong = "is a folder, not a file"
    elif not stat.S_ISREG(mode) and not (devices and stat.S_ISCHR(mode)):
        wrong = "is no file that can be written"
    if wrong:
        shown = path if len(path) <= _LONGEST_SHOWN else path[: _LONGEST_SHOWN - 1] + "…"
        raise ConfigurationError(f"{shown} {wrong}.", where=setting, advice="Name another path.")
    return path


def _no_name(path: str) -> str:
    """Why the system takes this for no name of a file; empty where it does."""
    try:
        os.stat(path)
    except OSError as error:
        return _NO_NAME.get(error.errno or 0, "")
    return ""
