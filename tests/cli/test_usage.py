"""Help, usage errors, and where settings come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from bema_tui import __version__
from bema_tui.cli.app import cli
from tests.support.label import Label
from tests.support.operator import Operator, Said
from tests.support.simulated import Simulated

COMMANDS: tuple[tuple[str, ...], ...] = (
    (),
    ("campaigns",),
    ("campaigns", "list"),
    ("campaigns", "add"),
    ("campaigns", "discover"),
    ("plan",),
    ("apply",),
    ("sync",),
    ("resume",),
    ("stop",),
    ("pause",),
    ("continue",),
    ("discard",),
    ("runs",),
    ("changes",),
    ("findings",),
    ("locks",),
    ("locks", "release"),
    ("stats",),
    ("health",),
    ("simulate",),
    ("demo",),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...], planned: Label) -> None:
    operator = planned.operator
    for form in ("--help", "-h"):
        said = operator.run(*words, form, expect=0)
        assert said.out.startswith("Usage: ")
        assert said.err == ""
    if words and words != ("campaigns",):
        assert "--json" in said.out


def test_no_line_of_a_list_of_commands_is_cut_off() -> None:
    groups = [cli, *(command for command in cli.commands.values() if isinstance(command, click.Group))]
    for group in groups:
        room = 78 - 6 - max(map(len, group.commands))  # as click reckons it on a terminal of 80 columns
        lines = {name: command.get_short_help_str(room) for name, command in group.commands.items()}
        assert {name: line for name, line in lines.items() if line.endswith("...")} == {}


def test_a_run_that_is_no_number_is_called_a_run(planned: Label) -> None:
    assert "'one' is not a valid run number" in planned.operator.run("runs", "one", expect=2).err


def test_findings_of_a_campaign_that_is_not_there(planned: Label) -> None:
    operator = planned.operator
    assert "There is no campaign 'NOBODY'" in operator.run("findings", "--campaign", "NOBODY", expect=2).complaint
    assert "No finding is like that." in operator.run("findings", "--rule", "account_nearly_full", expect=0).out


def test_the_version(operator: Operator) -> None:
    assert __version__ in operator.run("--version", expect=0).out


WRONG: tuple[tuple[str, ...], ...] = (
    ("nonsense",),
    ("runs", "--nonsense"),
    ("runs", "one"),
    ("runs", "99999999999999999999"),
    ("runs", "--limit", "0"),
    ("plan",),
    ("sync",),
    ("sync", "X", "--max-moves", "-1", "--yes"),
    ("apply", "x"),
    ("continue", "x"),
    ("pause", "1", "--go-on"),
    ("campaigns", "add", "2026_A_B"),
    ("campaigns", "add", "2026_A_B", "--album", "B"),
    ("locks", "release", "abcd"),
    ("simulate", "--port", "99999"),
)


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_ends_with_2(words: tuple[str, ...], planned: Label) -> None:
    simulated, operator = planned.simulated, planned.operator
    seen = len(simulated.requests())
    said = operator.run(*words, expect=2)
    assert said.out == ""
    assert "Error: " in said.err
    assert "Traceback" not in said.err
    assert len(simulated.requests()) == seen
    for asked in ((*words, "--json"), ("--json", *words)):
        error = operator.run(*asked, expect=2).document["error"]
        assert error["error"] == "UsageError"
        assert error["message"] in said.err


@pytest.mark.parametrize("words", [(), ("demo",)], ids=" ".join)
def test_what_needs_a_screen_says_so_where_there_is_none(words: tuple[str, ...], planned: Label) -> None:
    operator = planned.operator
    assert "Every action is also a command" in operator.run(*words, expect=2).complaint
    assert operator.run(*words, "--json", expect=2).document["error"]["error"] == "UsageError"


def test_an_argument_that_is_no_text(planned: Label) -> None:
    operator = planned.operator
    broken = b"2026_\xff".decode(errors="surrogateescape")
    for words in (("plan", broken), ("campaigns", "add", "2026_X_Y", "--album", "Y", "--product", broken)):
        said = operator.run(*words, "--json", expect=2)
        assert "is not text" in said.complaint
        assert said.document["error"]["error"] == "UsageError"


@pytest.mark.fault("B8")
def test_an_output_that_is_not_utf_8(planned: Label) -> None:
    operator = planned.operator
    operator.environment["PYTHONIOENCODING"] = "latin-1"
    try:
        shown = operator.process("changes", "1")
        told = operator.process("changes", "1", "--json")
    finally:
        operator.environment["PYTHONIOENCODING"] = "utf-8"
    assert (shown.status, shown.err) == (0, "")
    assert "Opt-In > Gold Purchased" in shown.out
    assert "\\u" not in shown.out
    assert told.out.isascii()
    assert told.document == operator.run("changes", "1", "--json").document


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_output_that_is_full(form: tuple[str, ...], planned: Label) -> None:
    operator = planned.operator
    with Path("/dev/full").open("w") as full:
        said = operator.process("runs", *form, stdout=full)
    assert said.status == 1
    assert said.complaint == "bema-tui: The system refuses: No space left on device."


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_sync_that_nobody_can_say_yes_to(form: tuple[str, ...], simulated: Simulated, operator: Operator) -> None:
    code = operator.discover()
    seen = len(simulated.requests())
    said = operator.run("sync", code, *form, expect=2)
    assert "Give --yes" in said.complaint
    assert f"bema-tui plan {code}" in said.complaint
    assert len(simulated.requests()) == seen
    assert operator.run("runs", "--json").document == []
    assert operator.run("locks", "--json").document == []
    if form:
        assert said.document["error"]["error"] == "UsageError"


def test_settings_come_from_file_environment_and_flags_in_this_order(operator: Operator) -> None:
    names = ("default", "file", "environment", "flag")
    paths = {name: operator.folder / f"{name}.sqlite3" for name in names}
    paths["default"] = Path(operator.environment["XDG_DATA_HOME"]) / "bema-tui" / "bema.sqlite3"
    del operator.environment["BEMA_DATABASE_URL"]

    def made_by(*words: str, ask: Callable[..., Said] = operator.run) -> list[str]:
        assert ask("runs", *words, "--json").status == 0
        made = [name for name in names if paths[name].exists()]
        for name in made:
            for file in paths[name].parent.glob(paths[name].name + "*"):
                file.unlink()
        return made

    assert made_by() == ["default"]
    operator.settings(f"database_url = '{paths['file']}'\n")
    assert made_by() == ["file"]
    operator.environment["BEMA_DATABASE_URL"] = f"sqlite:///{paths['environment']}"
    assert made_by() == ["environment"]
    assert made_by("--database", str(paths["flag"]), ask=operator.process) == ["flag"]


def test_a_flag_counts_before_and_behind_the_command(operator: Operator) -> None:
    del operator.environment["BEMA_DATABASE_URL"]
    before, behind = operator.folder / "before.sqlite3", operator.folder / "behind.sqlite3"
    assert operator.run("--database", str(before), "--json", "runs", expect=0).document == []
    assert before.exists()
    unused = operator.folder / "unused.sqlite3"
    operator.run("--database", str(unused), "runs", "--database", str(behind), "--json", expect=0)
    assert behind.exists()
    assert not unused.exists()


def test_the_config_flag_outranks_the_named_file(operator: Operator) -> None:
    operator.settings("this is no TOML")
    good = operator.folder / "good.toml"
    good.write_text("profile = 'studio'\n")
    assert operator.run("runs", "--json", expect=2).document["error"]["error"] == "ConfigurationError"
    assert operator.run("runs", "--config", str(good), "--json", expect=0).document == []
    assert operator.run("--config", str(good), "runs", "--json", expect=0).document == []


def test_the_log_goes_to_its_file_and_never_to_the_screen(operator: Operator) -> None:
    said = operator.run("campaigns", "discover", "--json", "--log-level", "debug", expect=0)
    assert said.err == ""
    assert said.document
    assert "DEBUG" in operator.log.read_text()
