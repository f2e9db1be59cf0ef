"""Rounds in, a Measurement out."""
