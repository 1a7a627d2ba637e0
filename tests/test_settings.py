"""Settings: what outranks what, what is refused, and that no secret ever prints."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bema_tui.errors import ConfigurationError
from bema_tui.providers.quota.settings import QuotaSettings
from bema_tui.secrets import Secret
from bema_tui.settings import ENVIRONMENT, Settings, by_name, load, require_services

KEY = "a-very-secret-key-1234567890"


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_flags_outrank_environment_outranks_file_outranks_defaults(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", 'database_url = "file.db"\n[mailerlite]\nquota = 50\nwindow_seconds = 5\n')
    environment = {"BEMA_MAILERLITE_QUOTA": "60", "BEMA_DATABASE_URL": "environment.db"}
    settings = load(file, environment=environment, flags={"database_url": "flag.db"})
    assert settings.database_url == "flag.db"
    assert settings.quota == QuotaSettings(quota=60, window_seconds=5, reserve=10)


def test_the_environment_names_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", 'profile = "studio"\n')
    assert load(environment={"BEMA_CONFIG": str(file)}).profile == "studio"


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        load(tmp_path / "none.toml", environment={})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = ", "not valid TOML"),
        ("colour = 1", "unknown setting colour"),
        ('source = "x"', "unknown setting source"),
        ("[quota]\nquota = 1", "unknown setting quota"),
        ("[http]\ntries = 1", "unknown setting http"),
        ("[mailerlite]\nqouta = 1", "unknown setting mailerlite.qouta"),
        (
            '[mailerlite]\nquota = "many"',
            "mailerlite.quota: must be a whole number from 1 to 1,000,000",
        ),
        ("[mailerlite]\nquota = -1", "mailerlite.quota: must be from 1 to 1,000,000 requests a period"),
        ('[rules]\non_refund = "forget"', "rules.on_refund: must be 'flag' or 'revert'"),
        ('[rules]\nblocked_emails = "a@b.example"', "rules.blocked_emails: must be a list of texts"),
        ("[rules]\nblocked_domains = [1]", "rules.blocked_domains: must be a list of texts"),
        ('[rules]\nmove_inactive = "yes"', "rules.move_inactive: must be true or false"),
        ("rules = 3", "rules must be a table"),
        ("[mailerlite]\nkey = 5", "mailerlite.key: must be text"),
        ("[edd]\nparallel = 0", "edd.parallel: must be from 1 to 8 pages at once"),
        ("[edd]\npage_size = 0", "edd.page_size: must be from 1 to 500 sales in a page"),
        ("[rules]\nshrink_percent = nan", "rules.shrink_percent: must be from 0 to 100 per cent"),
        ("[rules]\nmax_moves_percent = inf", "rules.max_moves_percent: must be from 0 to 100 per cent"),
        ("[rules]\nshrink_percent = 101", "shrink_percent: must be from 0 to 100 per cent"),
        ("[rules]\nstale_after_seconds = 0", "rules.stale_after_seconds: must be from 60 to 86,400 seconds"),
        ("[locks]\nlease = 60", "lease and stale must grow"),
        *(
            (f'[rules]\nblocked_emails = ["mia@label.example", "{entry}"]', "rules.blocked_emails: entry 2 must be")
            for entry in ("", "label.example", "@label.example", "*@label.example", "mia@", "mia@*.label.example")
        ),
        *(
            (f'[rules]\nblocked_domains = ["{entry}"]', "rules.blocked_domains: entry 1 must be a domain")
            for entry in ("", "@", "mia@label.example", "*.label.example", ".label.example", "https://label.example")
        ),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = write(tmp_path / "c.toml", text)
    with pytest.raises(ConfigurationError) as raised:
        load(file, environment={})
    assert complaint in raised.value.message
    assert raised.value.where == str(file)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd"])
def test_an_unknown_time_zone_is_named(tmp_path: Path, zone: str) -> None:
    file = write(tmp_path / "c.toml", f'timezone = "{zone}"\n')
    with pytest.raises(ConfigurationError, match="There is no time zone"):
        load(file, environment={})


def test_a_mistake_in_the_environment_is_named_by_its_variable(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", "[edd]\nparallel = 4\n")
    with pytest.raises(ConfigurationError) as raised:
        load(file, environment={"BEMA_MAILERLITE_QUOTA": "many"})
    assert "mistakes: BEMA_MAILERLITE_QUOTA: must be a whole number" in raised.value.message
    assert raised.value.where == "environment"
    write(file, "[edd]\nparallel = 400\n")
    with pytest.raises(ConfigurationError) as raised:
        load(file, environment={"BEMA_MAILERLITE_QUOTA": "many"})
    assert "BEMA_MAILERLITE_QUOTA: " in raised.value.message
    assert "edd.parallel: " in raised.value.message
    assert raised.value.where == str(file)


def test_a_list_of_texts_is_taken_as_it_is(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", '[rules]\nblocked_domains = ["a.example", "b.example"]\n')
    assert load(file, environment={}).block_lists.blocked_domains == ("a.example", "b.example")


def test_what_can_be_blocked_is_taken_in_any_spelling(tmp_path: Path) -> None:
    text = '[rules]\nblocked_emails = [" Mia+x@Käse.example"]\nblocked_domains = ["@Käse.example", "localhost"]'
    blocked = load(write(tmp_path / "c.toml", text), environment={}).block_lists
    assert blocked.blocked_emails == ("Mia+x@Käse.example",)
    assert blocked.blocked_domains == ("@Käse.example", "localhost")


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", 'a = 1\n[rules]\nb = 2\n[mailerlite]\nquota = "x"\n')
    with pytest.raises(ConfigurationError) as raised:
        load(file, environment={})
    assert raised.value.message.count(";") == 2


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_with_secrets_is_private_or_refused(tmp_path: Path, mode: int) -> None:
    file = write(tmp_path / "c.toml", f'[mailerlite]\nkey = "{KEY}"\n', mode)
    with pytest.raises(ConfigurationError, match="readable by others") as raised:
        load(file, environment={})
    assert "chmod 600" in raised.value.advice
    file.chmod(0o600)
    assert load(file, environment={}).mailerlite.key.reveal() == KEY


def test_a_file_without_secrets_may_be_read_by_others(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", 'profile = "studio"\n', 0o644)
    assert load(file, environment={}).profile == "studio"


def test_no_secret_prints() -> None:
    settings = load(environment={"BEMA_MAILERLITE_KEY": KEY, "BEMA_EDD_TOKEN": KEY, "BEMA_EDD_KEY": KEY})
    shown = f"{settings} {settings!r} {json.dumps(by_name(settings), default=str)} {Secret(KEY)} {[Secret(KEY)]}"
    assert KEY not in shown
    assert by_name(settings)["mailerlite.key"] == "set"


def test_a_wrong_secret_is_not_quoted(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", f'[mailerlite]\nkey = ["{KEY}"]\n')
    with pytest.raises(ConfigurationError) as raised:
        load(file, environment={})
    assert KEY not in str(raised.value)


def test_what_is_missing_is_named_at_once() -> None:
    settings = load(environment={"BEMA_EDD_URL": "https://shop.example"})
    with pytest.raises(ConfigurationError) as raised:
        require_services(settings)
    for name in ("BEMA_MAILERLITE_KEY", "BEMA_EDD_KEY", "BEMA_EDD_TOKEN"):
        assert name in raised.value.message
    assert "BEMA_EDD_URL" not in raised.value.message


README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def told_in_the_readme() -> dict[str, list[str]]:
    """Each setting of the README's tables, and of its sentences in the form ```name` number``, with its row."""
    told = {name: [name, number] for name, number in re.findall(r"`(\w+)` ([0-9]+)", README)}
    for line in README.splitlines():
        cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) > 2:
            names, defaults = cells[0].split(", "), cells[-2].split(", ")
            for number, name in enumerate(names):
                told[name] = [*cells[:-2], defaults[number] if len(defaults) == len(names) else cells[-2]]
    return told


def in_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return str(list(value))
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def test_the_readme_names_every_setting_with_its_default() -> None:
    told = told_in_the_readme()
    for name, default in by_name(Settings()).items():
        row = told[name if name.startswith(("mailerlite.", "edd.")) else name.rpartition(".")[2]]
        if default not in ("", "not set"):  # a key, an address and a name have none to tell
            assert row[-1] == in_toml(default), name
    for variable, (section, key) in ENVIRONMENT.items():
        cells = told.get(f"{section}.{key}".strip("."))
        assert variable in (cells[1] if cells else README), variable
