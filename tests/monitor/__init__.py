"""Tests of the health monitor."""
