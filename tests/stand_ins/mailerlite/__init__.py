"""The engine and the client against a second MailerLite, which chooses otherwise wherever the contract is open."""
