"""How the screen reaches the terminal, and everything that leans on what Textual keeps to itself."""
