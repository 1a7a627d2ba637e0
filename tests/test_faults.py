"""Every line of docs/faults.md has a test that holds it, and every such test a line."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
LINE = re.compile(r"^\| ([A-E][0-9]+) \|", re.MULTILINE)
MARK = re.compile(r"mark\.fault\(([^)]*)\)")
NUMBER = re.compile(r'"([A-E][0-9]+)"')


def test_each_line_is_held_by_a_test() -> None:
    page = (TESTS.parent / "docs" / "faults.md").read_text(encoding="utf-8")
    lines = LINE.findall(page)
    marks = (mark for file in TESTS.rglob("test_*.py") for mark in MARK.findall(file.read_text(encoding="utf-8")))
    held = {line for mark in marks for line in NUMBER.findall(mark)}
    assert len(lines) == len(set(lines)) > 40
    assert held == set(lines)
