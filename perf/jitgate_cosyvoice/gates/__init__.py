"""Kinds of gates that the claims of the device analysis need, one file a kind."""
