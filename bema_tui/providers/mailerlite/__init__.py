"""MailerLite, the mailing service: reads, and the few writes that the rules allow."""
