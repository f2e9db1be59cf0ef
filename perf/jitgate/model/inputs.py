"""The arguments of one call."""

from __future__ import annotations

from typing import Any

Inputs = tuple[Any, ...]
"""Positional arguments of one call: tensors, and plain values that stay what they are."""
