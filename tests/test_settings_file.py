"""The settings file as editors leave it, and paths that can be none: each is read, or refused by its true cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from bema_tui.errors import ConfigurationError
from bema_tui.settings import load

READ = {"a byte order mark": "café", "nothing": "", "nothing but the mark": ""}
"""The profile that is read, where it is not ``x``."""

KINDS = {
    "a byte order mark": (b"\xef\xbb\xbfprofile = 'caf\xc3\xa9'\n", ""),
    "CRLF": (b"# mine\r\nprofile = 'x'\r\n[rules]\r\nmax_moves = 5\r\n", ""),
    "both": (b"\xef\xbb\xbfprofile = 'x'\r\n", ""),
    "nothing": (b"", ""),
    "nothing but the mark": (b"\xef\xbb\xbf", ""),
    "UTF-16 with its mark": ("profile = 'x'\n".encode("utf-16"), "is UTF-16. Where: "),
    "UTF-16 without one": ("profile = 'x'\n".encode("utf-16-le"), "is UTF-16 or UTF-32."),
    "UTF-32": ("profile = 'x'\n".encode("utf-32"), "is UTF-32."),
    "latin-1": ("# a\nprofile = 'café'\n".encode("latin-1"), "is not UTF-8: its line 2 holds the byte 0xe9"),
    "line ends of old": (b"# mine\rprofile = 'x'\r", "Save it with other line ends (LF)"),
    "curled quotes": ("[edd]\nkey = “geheim-1234”\n".encode(), "line 2, column 7, edd.key). Where: "),
    "curled quotes, what to do": ("[edd]\nkey = “geheim-1234”\n".encode(), "Use straight quotes"),
    "a key without quotes": (
        b"[mailerlite]\n\nkey = geheim-1234\n",
        "Invalid value (line 3, column 7, mailerlite.key)",
    ),
    "a quote that never ends": (b"[edd]\ntoken = 'geheim-1234\nkey = 'x'\n", "(line 2, column 21, edd.token)"),
    "a key set twice": (
        b"[edd]\nkey = 'a'\nkey = 'geheim-1234'\n",
        "Something is set twice (line 3, column 20, edd.key)",
    ),
    "a key in a table in a line": (
        b"edd = {'geheim-1234' = 1, 'geheim-1234' = 2}",
        "Something is set twice (line 1,",
    ),
    "a key where a name belongs": (b"[edd]\ngeheim1234 = \n", "Invalid value (line 2, column 14)."),
    "a number without end": (b"profile = " + b"9" * 5000, "a number that is too long"),
    "lists without end": (b"profile = " + b"[" * 20_000, "nested too deeply"),
    "more than any settings": (b"#" * (1 << 21), "larger than 1 MiB"),
    "a NUL in a path": (b'log_file = "/tmp/a\\u0000b"\n', "log_file: must not hold a NUL"),
    "a NUL in an address": (b'database_url = "sqlite:////tmp/a\\u0000b"\n', "database_url: must not hold a NUL"),
    "a NUL in a key": (b'[edd]\nkey = "geheim-1234\\u0000"\n', "edd.key: must not hold a NUL"),
}


@pytest.mark.fault("B5", "E11")
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_an_editor_saved_its_own_way(kind: str, tmp_path: Path) -> None:
    content, told = KINDS[kind]
    file = tmp_path / "c.toml"
    file.write_bytes(content)
    file.chmod(0o600)
    if not told:
        assert load(file, environment={}).profile == READ.get(kind, "x")
        return
    with pytest.raises(ConfigurationError) as raised:
        load(file, environment={})
    assert told in str(raised.value)
    assert str(file) in str(raised.value)
    assert "geheim" not in str(raised.value)


IMPOSSIBLE = {
    "a folder for the log": ("BEMA_LOG_FILE", "{folder}", "BEMA_LOG_FILE"),
    "a folder for the database": ("BEMA_DATABASE_URL", "sqlite:///{folder}", "BEMA_DATABASE_URL"),
    "a folder for the settings": ("BEMA_CONFIG", "{folder}", "Is a directory"),
    "a name too long for the log": ("BEMA_LOG_FILE", "{folder}/" + "x" * 300, "BEMA_LOG_FILE"),
    "a name too long for the database": ("BEMA_DATABASE_URL", "{folder}/" + "x" * 300, "BEMA_DATABASE_URL"),
    "a name too long for the settings": ("BEMA_CONFIG", "{folder}/" + "x" * 300, "File name too long"),
    "a variable that is not set, for the log": ("BEMA_LOG_FILE", "$NOWHERE/x", "BEMA_LOG_FILE"),
    "one for the database": ("BEMA_DATABASE_URL", "sqlite:///$NOWHERE/x", "BEMA_DATABASE_URL"),
    "one for the settings": ("BEMA_CONFIG", "${NOWHERE}/x", "BEMA_CONFIG"),
    "no text for the log": ("BEMA_LOG_FILE", "{folder}/\udcff", "BEMA_LOG_FILE: must be text in UTF-8"),
    "no text for the database": ("BEMA_DATABASE_URL", "{folder}/\udcff", "BEMA_DATABASE_URL: must be text in UTF-8"),
    "no text for the settings": ("BEMA_CONFIG", "{folder}/\udcff", "BEMA_CONFIG"),
    "no text for a key": ("BEMA_EDD_KEY", "geheim-1234\udcff", "BEMA_EDD_KEY: must be text in UTF-8"),
}


@pytest.mark.fault("E11", "B4")
@pytest.mark.parametrize("kind", IMPOSSIBLE)
def test_a_path_that_can_be_none(kind: str, tmp_path: Path) -> None:
    variable, value, told = IMPOSSIBLE[kind]
    with pytest.raises(ConfigurationError) as raised:
        load(environment={"HOME": str(tmp_path), variable: value.replace("{folder}", str(tmp_path))})
    assert told in str(raised.value)
    assert "geheim" not in str(raised.value)
