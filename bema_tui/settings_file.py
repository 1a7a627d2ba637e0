"""Reads the settings file, and says what is wrong with one that is no TOML: where, in which setting, and why."""

from __future__ import annotations

import codecs
import os
import re
import stat
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from bema_tui.errors import ConfigurationError

_LARGEST: Final = 1 << 20  # bytes; a device that never ends is no settings file
# UTF-32's mark begins with UTF-16's, so it is looked for first.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TABLE: Final = re.compile(r"\s*\[+\s*([A-Za-z0-9_-]+)\s*\]+")
_NAME: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_TWICE: Final = ("Cannot", "Duplicate")
"""How messages begin that repeat words of the file; what they all mean is that something stands there twice."""
_CURLED: Final = "“”„‟‘’‚«»\u00a0\u200b\ufeff"


@frozen
class SettingsFile:
    """A settings file."""

    values: dict[str, Any]
    """What it holds."""
    mode: int
    """Its permission bits."""


def read(file: Path, names: Collection[str]) -> SettingsFile:
    """Read a settings file: TOML in UTF-8, with or without a byte order mark, with any line ends that TOML has.

    ``names`` are those of the settings: only what is one of them is repeated from a line that is wrong, since
    anything else there may be a secret.

    Raises:
        ConfigurationError: it is missing, can't be read, or is no TOML.
    """
    try:
        with file.open("rb") as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            content = stream.read(_LARGEST + 1)
    except FileNotFoundError as error:
        raise ConfigurationError(
            "The configuration file does not exist.",
            where=str(file),
            advice="Make it, or name another with --config or BEMA_CONFIG.",
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"The configuration file can't be read: {error.strerror}.",
            where=str(file),
            advice="It must be a file that you may read.",
        ) from error
    if len(content) > _LARGEST:
        raise ConfigurationError(
            "The configuration file is larger than 1 MiB.", where=str(file), advice="Name a settings file."
        )
    return SettingsFile(_parse(_text(content, file), file, names), mode)


def _text(content: bytes, file: Path) -> str:
    for mark, name in _MARKS:
        if content.startswith(mark):
            raise _no_utf8(f"is {name}", file)
    if b"\0" in content[:4]:
        raise _no_utf8("is UTF-16 or UTF-32", file)
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _no_utf8(f"is not UTF-8: its line {line} holds the byte 0x{content[error.start]:02x}", file) from None


def _no_utf8(what: str, file: Path) -> ConfigurationError:
    return ConfigurationError(f"The configuration file {what}.", where=str(file), advice="Save it as UTF-8.")


def _parse(text: str, file: Path, names: Collection[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(str(error), text, file, names) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists without end
        raise ConfigurationError(
            "The configuration file is not valid TOML: it holds a number that is too long, or lists nested too deeply.",
            where=str(file),
            advice="Mend it; the README lists every setting.",
        ) from None


def _no_toml(said: str, text: str, file: Path, names: Collection[str]) -> ConfigurationError:
    """What is wrong, with its line and setting; never with the line itself, which may hold a key."""
    lines = text.replace("\r\n", "\n").split("\n")
    place = _PLACE.search(said)
    if place is not None and place[1]:
        number, column = int(place[1]), int(place[2])
    else:  # at the end of the document: the last line that holds something
        number = max((n for n, line in enumerate(lines, 1) if line.strip()), default=1)
        column = len(lines[number - 1]) + 1
    what = said[: place.start()] if place else said
    if what.startswith(_TWICE):
        what = "Something is set twice"
    setting = _setting(lines[:number], names)
    return ConfigurationError(
        f"The configuration file is not valid TOML: {what} (line {number}, column {column}{setting}).",
        where=str(file),
        advice=_advice(lines[number - 1][column - 1 : column]),
    )


def _advice(char: str) -> str:
    usual = "Mend that line; the README lists every setting."
    if char and char in _CURLED:
        return f"Use straight quotes and plain blanks, an editor changed them. {usual}"
    if char == "\r":
        return f"Save it with other line ends (LF). {usual}"
    return usual


def _setting(lines: list[str], names: Collection[str]) -> str:
    """The setting whose value stands at the end of these lines, for the message; nothing if it is none of ``names``."""
    section = setting = ""
    for line in lines:
        if table := _TABLE.match(line):
            section, setting = f"{table[1]}.", ""
        elif name := _NAME.match(line):
            setting = f"{section}{name[1]}"
    return f", {setting}" if setting in names else ""
