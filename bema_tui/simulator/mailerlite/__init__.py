"""The simulated MailerLite."""
