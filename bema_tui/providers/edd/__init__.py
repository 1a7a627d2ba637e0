"""Easy Digital Downloads, the shop: reads only."""
