"""Is a figure within its limit? The one place where a figure that equals its limit is decided."""

from __future__ import annotations

SAME = 1e-9
"""Relative difference that is none: the same measurement in another unit differs by some 1e-16 after its arithmetic,
and no clock tells a billionth of a duration."""


def reaches(figure: float, limit: float) -> bool:
    """Whether `figure` is at least `limit`, equality included."""
    return figure >= limit - SAME * abs(limit)


def within(figure: float, limit: float) -> bool:
    """Whether `figure` is at most `limit`, equality included."""
    return figure <= limit + SAME * abs(limit)
