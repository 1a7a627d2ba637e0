"""Sends a plan to MailerLite in batches and records what became of each row."""
