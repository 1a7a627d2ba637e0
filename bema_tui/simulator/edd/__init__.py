"""The simulated shop with Easy Digital Downloads."""
