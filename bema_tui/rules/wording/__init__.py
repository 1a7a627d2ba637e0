"""The words that people read for what the engine knows as data: made here, last, and nothing is decided on them."""
