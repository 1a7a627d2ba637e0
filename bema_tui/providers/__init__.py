"""The two services the program talks to, and the one way it talks: EDD (read) and MailerLite (read and write)."""
