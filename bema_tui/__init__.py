"""The Bema operator's console and the sync engine behind it."""

__version__ = "0.1.0"
