"""What tests and the demo may see and change besides the two systems: the paths below ``/_simulator``."""
