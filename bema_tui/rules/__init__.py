"""The label's rules as pure functions: names, tiers, purchases, moves, discovery. No I/O, no clock."""
