"""What the program takes from its surroundings: its user's name, and where a path leads."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from bema_tui.environment import database_address, default_database_url, expand, file_path, user_name
from bema_tui.errors import ConfigurationError
from bema_tui.store.database import normalise_url

ME = pwd.getpwuid(os.getuid())
SURROUNDINGS = {"HOME": "/home/maria", "LABEL": "studio", "EMPTY": "", "HERE": "~/here"}

PATHS = {
    "b.db": "b.db",
    "/srv/b.db": "/srv/b.db",
    "~": "/home/maria",
    "~/b.db": "/home/maria/b.db",
    "$HOME/b.db": "/home/maria/b.db",
    "${HOME}/b.db": "/home/maria/b.db",
    "/srv/$LABEL-1/${LABEL}2.db": "/srv/studio-1/studio2.db",
    "$HERE/b.db": "/home/maria/here/b.db",
    f"~{ME.pw_name}/b.db": ME.pw_dir.rstrip("/") + "/b.db",
    "/srv/a~b": "/srv/a~b",
    "/srv/cheap$": "/srv/cheap$",
    "/srv/100$$/$$LABEL": "/srv/100$/$LABEL",
}


@pytest.mark.fault("B4")
@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_expanded(path: str) -> None:
    assert expand(path, "log_file", SURROUNDINGS) == PATHS[path]
    assert file_path(path + "/x", "log_file", SURROUNDINGS) == PATHS[path] + "/x"
    assert database_address(path + "/x", "database_url", SURROUNDINGS) == PATHS[path] + "/x"
    for kind in ("sqlite", "sqlite+aiosqlite"):
        address = database_address(f"{kind}:///{path}/x?timeout=3", "database_url", SURROUNDINGS)
        assert normalise_url(address).database == PATHS[path] + "/x"
        assert normalise_url(address).query == {"timeout": "3"}


@pytest.mark.fault("B4")
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("$NOPE/b.db", "names $NOPE, and that variable is not set"),
        ("/srv/${EMPTY}/b.db", "names $EMPTY, and"),
        ("~nobody-here/b.db", "'nobody-here' is not known"),
    ],
)
def test_what_leads_nowhere_is_told(path: str, told: str) -> None:
    for text in (path, f"sqlite:///{path}"):
        with pytest.raises(ConfigurationError) as raised:
            database_address(text, "database_url", SURROUNDINGS)
        assert told in raised.value.message
        assert raised.value.where == "database_url"
        assert raised.value.advice


@pytest.mark.fault("B4")
@pytest.mark.parametrize("home", [{}, {"HOME": ""}, {"HOME": "not/absolute"}])
def test_without_a_usable_home_in_the_environment_the_account_says_it(home: dict[str, str]) -> None:
    assert expand("~/b.db", "log_file", home) == ME.pw_dir.rstrip("/") + "/b.db"


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "postgresql://h/$NOPE", ":memory:"])
def test_what_is_no_file_is_left_as_it_is(address: str) -> None:
    assert database_address(address, "database_url", SURROUNDINGS) == address


IMPOSSIBLE = {
    "a NUL": ("b\0.db", "holds a NUL"),
    "bytes that are no text": (b"b\xff.db".decode(errors="surrogateescape"), "not UTF-8"),
    "a name of 300 letters": ("x" * 300, "too long"),
    "a folder": ("/", "is a folder"),
    "a link to itself": ("loop", "leads to itself"),
    "a pipe": ("pipe", "no file that can be written"),
}


@pytest.mark.fault("E11")
@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_can_be_no_file_is_told(what: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    name, told = IMPOSSIBLE[what]
    path = f"{tmp_path}/{name}" if name != "/" else str(tmp_path)
    for use, text in ((file_path, path), (database_address, path), (database_address, f"sqlite:///{path}")):
        with pytest.raises(ConfigurationError) as raised:
            use(text, "log_file or BEMA_LOG_FILE", SURROUNDINGS)
        assert told in raised.value.message
        assert raised.value.where == "log_file or BEMA_LOG_FILE"


@pytest.mark.fault("E11")
def test_a_database_needs_room_in_its_name_for_what_stands_beside_it(tmp_path: Path) -> None:
    name = "x" * 252
    assert file_path(f"{tmp_path}/{name}", "log_file", {}) == f"{tmp_path}/{name}"
    with pytest.raises(ConfigurationError, match="too long"):
        database_address(f"{tmp_path}/{name}", "database_url", {})


@pytest.mark.fault("B2")
@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"LOGNAME": "maria", "USER": "jon"}, "maria"),
        ({"USER": "maria"}, "maria"),
        ({"USER": "eve\x1b[2J"}, "eve␛[2J"),
        ({"USER": b"zo\xff".decode(errors="surrogateescape")}, "zo‹dcff›"),
        ({"USER": "x" * 101}, "x" * 99 + "…"),
    ],
)
def test_the_user_s_name(given: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    assert user_name() == name


@pytest.mark.fault("B2")
def test_a_home_that_is_no_text_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", b"/home/\xff".decode(errors="surrogateescape"))
    with pytest.raises(ConfigurationError) as raised:
        default_database_url()
    assert raised.value.where == "HOME"
