"""Mistakes in the settings end with status 2 and one line, before anything is asked of a service or a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.operator import Operator
from tests.support.simulated import Simulated

MISTAKES = {
    "no TOML": ("database_url = ", "not valid TOML"),
    "an unknown setting": ("[rules]\nmax_move = 3\n", "unknown setting rules.max_move"),
    "an unknown section": ("[mailerlight]\nkey = 'x'\n", "unknown setting mailerlight"),
    "words for a number": ("[mailerlite]\nreserve = 'many'\n", "mailerlite.reserve: must be a whole number"),
    "a negative number": ("[rules]\nmax_moves = -1\n", "rules.max_moves: must be from 0 to"),
    "a number for words": ("profile = 3\n", "profile: must be text"),
    "a section that is none": ("mailerlite = 3\n", "mailerlite must be a table"),
    "words for yes or no": ("read_only = 'yes'\n", "read_only: must be true or false"),
    "an unknown choice": ("[rules]\non_refund = 'laugh'\n", "rules.on_refund"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_file(mistake: str, simulated: Simulated, operator: Operator) -> None:
    text, words = MISTAKES[mistake]
    operator.settings(text)
    said = operator.run("campaigns", "discover", "--json", expect=2)
    assert words in said.complaint
    assert said.document["error"]["error"] == "ConfigurationError"
    assert not operator.database.exists()
    assert simulated.requests() == []


@pytest.mark.fault("B5", "E11")
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("profile = 'x'\n".encode("utf-16"), "is UTF-16"),
        (b'log_file = "/tmp/a\\u0000b"\n', "log_file: must not hold a NUL"),
    ],
)
def test_a_file_that_is_no_text_or_holds_none(content: bytes, told: str, operator: Operator) -> None:
    operator.settings("")
    operator.config.write_bytes(content)
    del operator.environment["BEMA_LOG_FILE"]
    said = operator.run("runs", "--json", expect=2)
    assert told in said.complaint
    assert said.document["error"]["error"] == "ConfigurationError"


@pytest.mark.fault("B4")
def test_home_in_every_path(operator: Operator) -> None:
    home = Path(operator.environment["HOME"])
    operator.environment |= {"BEMA_CONFIG": "~/mine.toml", "BEMA_DATABASE_URL": "sqlite:///~/data/b.db"}
    del operator.environment["BEMA_LOG_FILE"]
    (home / "mine.toml").write_text('log_file = "$HOME/logs/b.log"\n')
    operator.run("runs", "--json", expect=0)
    assert (home / "data" / "b.db").exists()
    assert (home / "logs" / "b.log").exists()
    operator.run("runs", "--json", "--config", "~/mine.toml", "--database", "${HOME}/data/c.db", expect=0)
    assert (home / "data" / "c.db").exists()
    assert not list(home.glob("~*"))
    said = operator.run("simulate", "--faults", "~/none.toml", "--json", expect=2)
    assert f"{home}/none.toml is neither" in said.complaint


def test_every_mistake_is_named_at_once(operator: Operator) -> None:
    operator.settings("[rules]\nmax_moves = 'x'\nsillyness = 1\n[locks]\nlease = []\n")
    complaint = operator.run("runs", expect=2).complaint
    assert "rules.max_moves" in complaint
    assert "rules.sillyness" in complaint
    assert "locks.lease" in complaint


def test_a_settings_file_that_is_not_there(operator: Operator) -> None:
    said = operator.run("runs", "--config", str(operator.folder / "none.toml"), expect=2)
    assert "does not exist" in said.complaint
    assert str(operator.folder / "none.toml") in said.complaint


def test_a_settings_file_with_keys_that_others_can_read(operator: Operator) -> None:
    operator.settings("[mailerlite]\nkey = 'geheim-1234'\n")
    operator.config.chmod(0o644)
    said = operator.run("runs", "--json", expect=2)
    assert f"chmod 600 {operator.config}" in said.complaint
    assert "geheim-1234" not in said.out + said.err


def test_missing_keys_are_all_named(simulated: Simulated, operator: Operator) -> None:
    for name in ("BEMA_MAILERLITE_KEY", "BEMA_EDD_TOKEN"):
        del operator.environment[name]
    said = operator.run("sync", "2026_ETB_NBL", "--yes", "--json", expect=2)
    assert "Missing settings: BEMA_MAILERLITE_KEY, BEMA_EDD_TOKEN." in said.complaint
    assert simulated.requests() == []


ADDRESSES = {
    "no address": ("BEMA_MAILERLITE_URL", "mailerlite", "is not a complete URL"),
    "not encrypted": ("BEMA_MAILERLITE_URL", "http://mail.example/api", "is not encrypted"),
    "the shop with a query": ("BEMA_EDD_URL", "https://shop.example/?key=geheim-1234", "holds more than a URL"),
    "the shop with a password": ("BEMA_EDD_URL", "https://me:geheim-1234@shop.example", "holds more than a URL"),
    "the shop at a port that none has": ("BEMA_EDD_URL", "https://shop.example:99999", "names port 99999"),
    "a key with a line end": ("BEMA_MAILERLITE_KEY", "geheim-1234\nx", "holds a character that no key has"),
}


@pytest.mark.parametrize("mistake", ADDRESSES)
@pytest.mark.parametrize("command", ["discover", "sync"])
def test_an_address_or_key_that_can_not_be_one(
    command: str, mistake: str, simulated: Simulated, operator: Operator
) -> None:
    name, value, words = ADDRESSES[mistake]
    code = operator.discover()
    seen = len(simulated.requests())
    operator.environment[name] = value
    given = ("campaigns", "discover") if command == "discover" else ("sync", code, "--yes")
    said = operator.run(*given, "--json", expect=2)
    assert words in said.complaint
    assert "geheim-1234" not in said.out + said.err
    assert len(simulated.requests()) == seen
    # Nothing is left behind that a person would have to clean up.
    del operator.environment[name]
    assert operator.run("locks", "--json", expect=0).document == []
    assert operator.run("runs", "--json").document == []


ELSEWHERE = {"BEMA_MAILERLITE_URL": "https://mail.example/api", "BEMA_EDD_URL": "https://shop.example"}
ENVIRONMENT = {
    "a SOCKS proxy without its package": ({"ALL_PROXY": "socks5://127.0.0.1:9"}, "ALL_PROXY"),
    "a proxy that is none": ({"HTTPS_PROXY": "http://me:geheim-1234@proxy:port"}, "HTTPS_PROXY"),
    "certificates that are not there": ({"SSL_CERT_FILE": "/missing.pem"}, "SSL_CERT_FILE"),
    "keys that can't be written": ({"SSLKEYLOGFILE": "/missing/keys"}, "SSLKEYLOGFILE"),
}


@pytest.mark.fault("A6")
@pytest.mark.parametrize("mistake", ENVIRONMENT)
@pytest.mark.parametrize("command", [("campaigns", "discover"), ("sync", "2026_X_Y", "--yes")])
def test_a_mistake_in_the_environment_is_found_before_a_run_begins(
    command: tuple[str, ...], mistake: str, operator: Operator
) -> None:
    environment, variable = ENVIRONMENT[mistake]
    operator.run("campaigns", "add", "2026_X_Y", "--album", "Y", "--product", "7", expect=0)
    operator.environment.update(ELSEWHERE | environment)
    said = operator.run(*command, "--json", expect=2)
    assert variable in said.complaint
    assert said.document["error"]["where"] == variable
    assert "geheim-1234" not in said.out + said.err
    assert operator.run("locks", "--json", expect=0).document == []
    assert operator.run("runs", "--json").document == []


def test_an_unknown_log_level(operator: Operator) -> None:
    assert "Use debug, info, warning or error" in operator.run("runs", "--log-level", "loud", expect=2).complaint


def test_a_log_file_that_can_not_be_written(operator: Operator) -> None:
    operator.environment["BEMA_LOG_FILE"] = "/dev/null/bema.log"
    assert "Set BEMA_LOG_FILE to a file that you may write" in operator.run("runs", expect=2).complaint


def test_a_profile_that_is_read_only_applies_nothing(simulated: Simulated, operator: Operator) -> None:
    operator.settings("read_only = true\n")
    code = operator.discover()
    said = operator.run("sync", code, "--yes", "--json", expect=2)
    assert "read-only" in said.complaint
    run = operator.run("plan", code, "--json").document
    assert run["state"] == "planned"
    assert "read-only" in operator.run("apply", str(run["run"]), "--json", expect=2).complaint
    assert simulated.writes() == []


def test_the_settings_file_of_the_platform_is_found(operator: Operator) -> None:
    folder = Path(operator.environment["XDG_CONFIG_HOME"]) / "bema-tui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("profile = 7\n")
    assert "profile: must be text" in operator.run("runs", expect=2).complaint
