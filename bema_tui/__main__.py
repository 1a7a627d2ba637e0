"""``python -m bema_tui`` is the command ``bema-tui``."""

from bema_tui.cli import main

if __name__ == "__main__":
    main()
