"""How much Hypothesis tries: the usual amount, and ``HYPOTHESIS_PROFILE=nightly`` for a night's work."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# The parsers of foreign JSON take a hundred times this; see tests/providers/test_parsing.py.
settings.register_profile(
    "nightly", max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
if profile := os.environ.get("HYPOTHESIS_PROFILE"):
    settings.load_profile(profile)
