"""The truth of a simulation: what both systems hold, and the only ways to change it."""
