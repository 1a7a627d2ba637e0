"""What goes wrong on purpose, and how often."""
