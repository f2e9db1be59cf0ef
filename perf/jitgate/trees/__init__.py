"""Checkouts of another commit next to the head, and the environment that their workers run in."""
