"""The engine: reads both sides, plans, applies, resumes, within the budget; knows no screen."""
