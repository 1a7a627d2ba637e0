"""What docs/domain.md says is so in the program, and whoever is sent there finds what they are sent to."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import bema_tui.model
import bema_tui.waits
from bema_tui.bounds import MAINTENANCE_SECONDS, MEMORY_PATIENCE, PATIENCE, PAUSED_AT_MOST, RETRY_AFTER, SHOWN_FROM
from bema_tui.cli.app import cli
from bema_tui.logs import KEEP_DAYS, MAX_BYTES
from bema_tui.model import Cause, FindingRule, LockState, Tier
from bema_tui.operations.shop import NEEDED
from bema_tui.providers.edd.full_read import MOST_UNREADABLE, MOST_UNREADABLE_PERCENT
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.mailerlite.batch import MOST_ITEMS
from bema_tui.rules.findings import SEVERITY
from bema_tui.rules.groups_and_field import MAX_FIELDS, MAX_GROUPS, NEARLY_FULL_PERCENT
from bema_tui.rules.moves import MOVES
from bema_tui.rules.naming import FIRST_YEAR, YEARS_AHEAD
from bema_tui.rules.tiers import LABEL, ORDER, SUFFIX
from bema_tui.settings import Settings, by_name
from bema_tui.sync.apply.creator import LOOK_UP_HOLDS
from bema_tui.sync.plan.forecast import CANARY_SUBSCRIBERS, SAMPLE
from bema_tui.sync.plan.planner import UNIT
from bema_tui.sync.read.subscribers import MOST_SET_ASIDE
from bema_tui.tui.keys import KEYS
from bema_tui.validators.campaign import MAX_A_YEAR, MAX_ALBUM, MIN_DAYS_BETWEEN
from bema_tui.validators.subscriber import MAX_CAMPAIGN, MAX_EMAIL, MAX_NAME, MAX_SOURCE

ROOT = Path(__file__).parent.parent
TOPS = ("bema_tui", "tests")
PAGE = (ROOT / "docs" / "domain.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\d+)\. (.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
SENT_THERE = re.compile(r"domain (?:rules,? )?sections? (\d+(?:(?:,| and| to) \d+)*)", re.IGNORECASE)
NAMED = re.compile(r'section (\d), (?:"([^"]+)"|(?!and |last )([a-z]+))')
SETTING = re.compile(r"`((?:rules|locks|health|mailerlite|edd)\.\w+)(?: = ([^`]+))?`")
POLICY = HttpPolicy()
IN_WORDS: dict[float, str] = {5: "five", 60: "a minute", 600: "ten minutes", 3600: "an hour"}


def rows(section: str, *, first: str) -> list[list[str]]:
    """The cells of a section's tables, of the rows whose first cell looks so."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in cells if re.fullmatch(first, row[0])]


def sources() -> Iterator[tuple[str, str]]:
    """Every source with its text on one line, comments and docstrings as one reads them."""
    for folder in ("bema_tui", "tests", "benchmarks"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = re.sub(r"[\s#]+", " ", file.read_text(encoding="utf-8"))
            yield str(file.relative_to(ROOT)), text


def test_the_page_has_its_seven_sections() -> None:
    assert list(SECTIONS) == list("1234567")


def test_whoever_is_sent_to_a_section_finds_it() -> None:
    sent = [(where, number) for where, text in sources() for found in SENT_THERE.findall(text) for number in found]
    sent = [(where, number) for where, number in sent if number.isdigit()]
    assert len(sent) > 60
    assert [(where, number) for where, number in sent if number not in SECTIONS] == []


def test_whoever_is_sent_to_a_rule_by_its_name_finds_it() -> None:
    named = []
    for where, text in sources():
        for found in re.finditer(r"domain rules,? ", text, re.IGNORECASE):
            sentence = text[found.end() : found.end() + 120].partition('"""')[0]
            named += [(where, number, quoted or word) for number, quoted, word in NAMED.findall(sentence)]
    assert {name for _, _, name in named} >= {"discovery", "refunds", "Applied means shown"}
    lost = [one for one in named if not re.search(rf"\*\*{one[2]}", SECTIONS[one[1]], re.IGNORECASE)]
    assert lost == []


def test_the_tiers_are_those_of_the_code() -> None:
    told = [tuple(row) for row in rows("3", first=rf"`({'|'.join(Tier)})`")]
    assert told == [(f"`{t}`", LABEL[t], f"`{SUFFIX[t]}`", "yes" if t.purchased else "") for t in ORDER]


@pytest.mark.parametrize("cause", sorted(MOVES.keys() - {Cause.LOWER_OFF, Cause.UNDO}))
def test_the_moves_are_those_of_the_code(cause: Cause) -> None:
    told = {tuple(re.search(r"`(\w+)`", cell)[1] for cell in row[1:3]) for row in rows("3", first=f"`{cause}`")}  # type: ignore[index]
    assert told == {tuple(tier or "unassigned" for tier in move) for move in MOVES[cause]}


def test_every_cause_has_a_row() -> None:
    assert {row[0].strip("`") for row in rows("3", first=r"`[a-z_]+`")} >= set(Cause)


def test_every_finding_stands_in_the_table_with_its_severity() -> None:
    found = [row for row in rows("5", first=r"`[a-z_]+`") if len(row) == 4]
    assert {row[0].strip("`"): row[1] for row in found} == {rule: SEVERITY[rule] for rule in FindingRule}
    assert len(found) == len(FindingRule)
    assert all(says.endswith(".") and do.endswith(".") for _, _, says, do in found)


def test_every_finding_that_a_rule_names_is_one() -> None:
    named = re.findall(r"findings? `(\w+)`(?: or `(\w+)`)?", " ".join(PAGE.split()))
    assert len(named) > 20
    assert {name for pair in named for name in pair if name} <= set(FindingRule)


def test_every_setting_is_one_and_has_the_default_that_is_told() -> None:
    defaults = {name: list(value) if isinstance(value, tuple) else value for name, value in by_name(Settings()).items()}
    told = SETTING.findall(PAGE)
    assert {name for name, _ in told} <= set(defaults)
    values = {name: tomllib.loads(f"value = {value}")["value"] for name, value in told if value}
    assert values == {name: defaults[name] for name in values}
    labels_own = {name for name in defaults if name.startswith(("rules.", "locks.", "health."))}
    assert labels_own <= set(values)


def test_every_state_of_a_lock_has_a_row() -> None:
    assert [row[0].strip("`") for row in rows("7", first=rf"`({'|'.join(LockState)})`")] == list(LockState)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("2", f"at most {MAX_CAMPAIGN} characters"),
        ("2", f"at most {MAX_GROUPS:,} groups ({MAX_GROUPS // len(Tier)} campaigns of eight) and {MAX_FIELDS} fields"),
        ("2", f"From {NEARLY_FULL_PERCENT} % of either on"),
        (
            "4",
            f"more than {MOST_UNREADABLE} such orders and they are more than {MOST_UNREADABLE_PERCENT} % of the list",
        ),
        ("5", f"over {MAX_EMAIL} characters"),
        ("5", f"over {MAX_NAME} characters; control characters"),
        ("5", f"| source | | over {MAX_SOURCE} characters |"),
        ("5", f"a year before {FIRST_YEAR}, or more than {YEARS_AHEAD} years ahead"),
        ("5", f"missing, over {MAX_ALBUM} characters"),
        ("5", f"over {MAX_A_YEAR} campaigns that start in one year; under {MIN_DAYS_BETWEEN} days"),
        ("6", f"the first {IN_WORDS[CANARY_SUBSCRIBERS]} people of a run"),
        ("6", f"up to {MOST_ITEMS} in one request, and no more than"),
        ("6", f"A look-up counts for {IN_WORDS[LOOK_UP_HOLDS]}"),
        ("6", f"a sample of up to {SAMPLE} people"),
        ("6", f"More than {MOST_SET_ASIDE} people who can't be read"),
        ("6", f"at least {NEEDED} of the known orders"),
        ("7", f"{UNIT:,} people at a time, and a batch carries at most {MOST_ITEMS} changes"),
        ("7", f"at which a run waits, {IN_WORDS[MEMORY_PATIENCE]} at most"),
        ("7", f"| {POLICY.timeout:g} s, for the connection"),
        ("7", f"| tries | {POLICY.tries}, for 408, 425, 429, 5xx"),
        ("7", f"up to {POLICY.base:g} s at first, then twice as much each time, at most {POLICY.cap:g} s"),
        ("7", f"whoever asks for more than {IN_WORDS[RETRY_AFTER.most]} is asked again"),
        ("7", f"asked again after {MAINTENANCE_SECONDS:g} s at most"),
        ("7", f"a wait over {SHOWN_FROM:g} s"),
        ("7", f"over {IN_WORDS[PATIENCE]} of waiting in one call"),
        ("7", f"after {PAUSED_AT_MOST / 3600:g} hours of pause"),
        ("7", f"at most {MAX_BYTES >> 20} MB; older files are kept for {KEEP_DAYS} days"),
    ],
)
def test_a_number_of_the_page_is_that_of_the_code(section: str, words: str) -> None:
    assert " ".join(words.split()) in " ".join(SECTIONS[section].split())


@pytest.mark.parametrize("page", ["README.md", "docs/design.md"])
def test_the_page_is_found_from(page: str) -> None:
    links = re.findall(r"\]\(([\w./]*domain\.md)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert links
    assert all(((ROOT / page).parent / link).is_file() for link in links)


@pytest.mark.parametrize("module", [bema_tui.model, bema_tui.waits], ids=lambda module: module.__name__)
def test_every_member_and_every_field_has_a_line_of_its_own(module: object) -> None:
    text = Path(str(getattr(module, "__file__"))).read_text(encoding="utf-8")  # noqa: B009
    bare = []
    for kind in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)):
        for entry, after in zip(kind.body, [*kind.body[1:], None], strict=True):
            if isinstance(entry, ast.Assign | ast.AnnAssign) and not _is_a_line(after):
                bare.append(f"{kind.name}: {ast.unparse(entry)}")
    assert bare == []


def _is_a_line(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def test_the_files_that_the_design_page_names_are_there() -> None:
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", page))
    there = {
        f"/{path.relative_to(ROOT).as_posix()}" for top in ("bema_tui", "tests") for path in (ROOT / top).rglob("*")
    }
    assert len(named) > 40
    assert {name for name in named if not any(path.endswith(f"/{name.rstrip('/')}") for path in there)} == set()


def test_the_design_page_has_a_place_for_every_part() -> None:
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    table = page.partition("## Where things are")[2].partition("A question has one file")[0]
    parts = {
        path.name if path.suffix else f"{path.name}/"
        for path in (ROOT / "bema_tui").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and not path.name.startswith("__")
    }
    assert {part for part in parts if f"`{part}`" not in table} == set()


def test_the_keys_of_the_readme_are_those_of_the_console() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    table = page.partition("## Keys")[2].partition("## Commands")[0]
    assert {key.name for key in KEYS if f"`{key.name.lower()}`" not in table.lower()} == set()


def test_the_commands_of_the_readme_are_those_of_the_program() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    table = page.partition("## Commands")[2].partition("Exit status")[0]
    assert {name for name in cli.commands if not re.search(rf"`{name}\b", table)} == set()
