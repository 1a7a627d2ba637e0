"""Tests of the providers and of the HTTP policy they share."""
