"""Holds that the program decides on data, never on words: what people read is made last, and nothing looks into it.

It looks at the source: an attribute that holds words for people (``WORDS``) may not be compared, searched or taken
apart, nor may what the wording modules return. It sees attributes and calls only: words that were first put into a
variable get past it. Whoever reads foreign text must look into it, and is left out (``READERS``); so is who makes words
(``WRITERS``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import bema_tui

ROOT = Path(bema_tui.__file__).parent

WORDS = {"heading", "message", "error", "note", "reason", "detail", "advice", "text", "target_name"}
MADE_BY = {"heading", "outcome_text", "where_text", "check_text", "hold_text", "automation_text", "label"}
SAID = {"error", "wait", "cause", "problem"}
"""What is at hand as ``str(…)``: an exception, or a wait."""
LOOKS_INTO = {"startswith", "endswith", "find", "index", "search", "match", "fullmatch", "contains", "like", "ilike"}
READERS = ("providers/", "store/migrations/", "simulator/", "settings", "environment.py", "logs.py")
WRITERS = ("rules/wording/",)
# Where words are looked at so that people do not read them twice.
ALLOWED = {
    "store/snapshot/views/overview.py": 1,  # whom a message names already
    "cli/texts.py": 2,  # a run's note and phase that repeat its error
    "errors.py": 1,  # the place that a message names already
    "operations/doctor/lines.py": 1,  # the same
}
NAMES = {"read_group_name", "parse_tier"}
"""What reads a tier out of a name."""


READ_NAMES = ("rules/", "sync/read/", "store/migrations/", "simulator/")
"""The rules of names, the account, old databases; and a label that knows nothing of the program."""


def modules(others: tuple[str, ...]) -> list[Path]:
    """The program's modules but for these."""
    return sorted(path for path in ROOT.rglob("*.py") if not named(path).startswith(others))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def is_words(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name == "str" and any(isinstance(one, ast.Name) and one.id in SAID for one in node.args):
            return True
        # ``row.detail.lower()`` are the words still.
        return name in MADE_BY or (isinstance(function, ast.Attribute) and is_words(function.value))
    if isinstance(node, ast.BoolOp):
        return any(is_words(value) for value in node.values)
    return isinstance(node, ast.Attribute) and node.attr in WORDS


def is_member(node: ast.AST) -> bool:
    """Whether this is a member of an enum, or a collection of them: some of those stand in attributes named so too."""
    if isinstance(node, (ast.Set, ast.Tuple, ast.List)):
        return all(is_member(one) for one in node.elts)
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id[:1].isupper()


def decisions_on_words(source: str) -> Iterator[str]:
    """The places in a source that compare words, or look for something in them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            nothing = all(isinstance(side, ast.Constant) and side.value in (None, "") for side in sides[1:])
            if any(is_words(side) for side in sides) and not nothing and not any(map(is_member, sides)):
                yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            looked_at = [node.func.value, *node.args]  # ``text.startswith(…)`` and ``pattern.match(text)``
            if node.func.attr in LOOKS_INTO and any(is_words(one) for one in looked_at):
                yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Match) and is_words(node.subject):
            values = [pattern.value for pattern in ast.walk(node) if isinstance(pattern, ast.MatchValue)]
            if not all(map(is_member, values)):
                yield f"line {node.lineno}: match {ast.unparse(node.subject)}"


@pytest.mark.parametrize("path", modules(READERS + WRITERS), ids=named)
def test_nothing_is_decided_on_words(path: Path) -> None:
    found = list(decisions_on_words(path.read_text(encoding="utf-8")))
    assert len(found) == ALLOWED.get(named(path), 0), found


@pytest.mark.parametrize("path", modules(READ_NAMES), ids=named)
def test_a_tier_is_read_from_a_name_where_the_account_is_read(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & NAMES
    assert not {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & NAMES


@pytest.mark.parametrize(
    "source",
    [
        "if 'refund' in change.reason: pass",
        "if change.reason == 'gone': pass",
        "gone = GONE in result.error",
        "if row.error.startswith('404'): pass",
        "if row.message.lower().startswith('404'): pass",
        "if (row.error or '') == 'gone': pass",
        "found = re.search('refused', row.detail)",
        "query = ledger.c.error.contains('unsubscribed')",
        "if heading(change.purpose) == 'refund': pass",
        "if 'gone' in outcome_text(row): pass",
        "if 'locked' in str(error): pass",
        "if str(error).lower().startswith('locked'): pass",
        "detailed = ': ' in str(wait)",
        "match finding.message:\n    case 'gone': pass",
    ],
)
def test_such_decisions_are_found(source: str) -> None:
    assert list(decisions_on_words(source))


@pytest.mark.parametrize(
    "source",
    [
        "if change.outcome is ChangeOutcome.GONE: pass",
        "if row.detail: pass",
        "if row.error is not None: pass",
        "if wait.reason is WaitReason.QUOTA: pass",
        "if refused.reason in (Reason.ENDED, Reason.LOST): pass",
        "match wait.reason:\n    case WaitReason.QUOTA: pass",
        "line = f'{row.state}: {outcome_text(row)}'",
        "rows = sorted(rows, key=lambda row: row.seq)",
    ],
)
def test_what_only_shows_words_is_none(source: str) -> None:
    assert not list(decisions_on_words(source))
