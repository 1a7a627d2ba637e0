"""Fault profiles: where they come from, what they refuse, and the command that takes one."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.cli.app import cli
from bema_tui.simulator import FaultProfile, SimulatorSettings, load_profile
from bema_tui.simulator.faults import profile
from bema_tui.simulator.faults.kinds import RESPONSE_FAULTS, WORLD_FAULTS
from bema_tui.simulator.settings import Switches
from tests.simulator.client import Client

SHARES = RESPONSE_FAULTS + WORLD_FAULTS


def example_of_the_module() -> dict[str, Any]:
    text = str(profile.__doc__).partition("::\n")[2].partition("Every draw")[0]
    return tomllib.loads("\n".join(line.strip() for line in text.splitlines()))


def test_the_documented_example_names_every_field() -> None:
    example = example_of_the_module()
    assert set(example) == {field.name for field in attrs.fields(FaultProfile)}
    assert load_profile(example, seed=1) == FaultProfile(**example)
    assert set(example["switches"]) == {field.name for field in attrs.fields(Switches)} - {"faults"}


def test_every_documented_switch_is_turned_to_another_value_than_the_usual_one() -> None:
    usual = Switches.starting_from(SimulatorSettings())
    turned = Switches.starting_from(SimulatorSettings(faults=load_profile(example_of_the_module(), seed=1)))
    same = [name for name, value in attrs.asdict(usual).items() if getattr(turned, name) == value]
    assert same == []


def test_the_help_shows_the_example() -> None:
    assert "truncate_after_page = 3 " in CliRunner().invoke(cli, ["simulate", "--help"]).output


@given(share=st.floats(0, 1), seed=st.integers(0, 1000))
def test_rough_spreads_its_share_and_passes(share: float, seed: int) -> None:
    made = FaultProfile.rough(share, seed)
    assert sum(getattr(made, kind) for kind in RESPONSE_FAULTS) == pytest.approx(share)
    assert (made.seed, made.expire_after, made.most_in_a_row, made.most_events) == (seed, None, 2, 3)
    assert (made.most_groups, made.most_fields) == (1000, 100)
    assert load_profile(f"rough:{share}", seed) == made


@given(table=st.dictionaries(st.sampled_from(SHARES), st.floats(0, 0.12), max_size=len(SHARES)))
def test_a_table_is_a_profile(table: dict[str, float]) -> None:
    profile = load_profile(table, seed=9)
    assert profile is not None
    assert {kind: getattr(profile, kind) for kind in SHARES} == {kind: table.get(kind, 0.0) for kind in SHARES}
    assert profile.seed == 9


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("rough:much", "share from 0 to 1"),
        ("rough:2", "share from 0 to 1"),
        ("rough:nan", "share from 0 to 1"),
        ({"server_eror": 0.1}, "no such fault: server_eror"),
        ({"slow": 1.5}, "slow is a share"),
        ({"slow": True}, "slow is a share"),
        ({"slow": "0.1"}, "slow is a share"),
        ({"slow": 0.6, "truncated": 0.6}, "more than 1"),
        ({"expire_after": -1}, "expire_after is a whole number"),
        ({"slow_seconds": "1"}, "slow_seconds is a number"),
        ({"side": "both"}, "side"),
        ({"switches": 1}, "switches"),
        (7, "a TOML file or a table"),
    ],
)
def test_what_is_no_profile(wanted: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        load_profile(wanted, seed=1)


def test_no_profile() -> None:
    assert load_profile(None, 1) is None
    assert load_profile("", 1) is None


def test_a_wrong_profile_is_refused_at_run_time(client: Client) -> None:
    response = client.http.post(client.control_url + "set", json={"faults": {"slow": 2}})
    assert (response.status_code, "slow is a share" in response.json()["error"]) == (400, True)
    shown = client.control("set", {"faults": "rough:0.5"})["faults"]
    assert (shown["seed"], shown["slow"]) == (7, pytest.approx(0.1))
    assert client.control("set", {"faults": None})["faults"] is None


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.toml", None, "neither"),
        ("bad.toml", "slow = ", "not TOML"),
        ("odd.toml", "wind = 1", "no such fault"),
        ("switch.toml", "[switches]\nlight = true", "no such switch: light"),
        ("value.toml", "[switches]\npage_cap = 0", "page_cap"),
    ],
)
def test_the_command_refuses_what_it_cannot_read(tmp_path: Path, name: str, content: str | None, told: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(cli, ["simulate", "--faults", str(path)])
    assert result.exit_code == 2
    assert told in result.stderr


def test_the_command_takes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "storm.toml"
    path.write_text('server_error = 1.0\nside = "mailerlite"\n[switches]\npage_cap = 1000\n', encoding="utf-8")
    arguments = ["simulate", "--subscribers", "10", "--orders", "5", "--seed", "4", "--faults", str(path)]
    with subprocess.Popen([sys.executable, "-m", "bema_tui", *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            where = json.loads(process.stdout.readline())
            headers = {"Authorization": f"Bearer {where['mailerlite']['key']}"}
            assert httpx.get(f"{where['mailerlite']['url']}/groups", headers=headers).status_code == 500
            shown = httpx.post(where["state_url"].replace("state", "set"), json={}).json()
            assert (shown["faults"]["seed"], shown["faults"]["server_error"]) == (4, 1.0)
            assert shown["page_cap"] == 1000
        finally:
            process.terminate()
