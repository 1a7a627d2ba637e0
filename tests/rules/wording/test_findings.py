"""The words for the kinds of findings: there is one for each, and it has room in every list."""

from __future__ import annotations

from bema_tui.model import FindingRule
from bema_tui.rules.wording.findings import FINDING_TEXT


def test_each_kind_has_words_of_its_own_that_fit() -> None:
    assert set(FINDING_TEXT) == set(FindingRule)
    assert len(set(FINDING_TEXT.values())) == len(FINDING_TEXT)
    assert max(map(len, FINDING_TEXT.values())) <= 31
