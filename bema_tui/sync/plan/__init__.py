"""Turns what was read into a plan: ledger rows, their cost, and whether they are safe to apply."""
