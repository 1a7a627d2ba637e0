"""MailerLite's requests a minute: how they are counted, and when the next request may leave."""
