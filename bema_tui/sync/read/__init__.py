"""Reads the shop and MailerLite into the store, the cheapest safe way."""
