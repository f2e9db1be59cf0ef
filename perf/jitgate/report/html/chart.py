"""Lines over an axis, as SVG paths. Colours and dashes are the style sheet's: a path carries the name of its role."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH, HEIGHT = 640, 230
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 16, 40
"""Pixels of the picture, and those around the axes for their labels."""

MOST_SIGNS = 40
"""Characters of a mark: half of the picture's width."""

NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Steps between ticks, times a power of ten: people divide by these."""


@dataclass(frozen=True)
class Curve:
    """role: `baseline`, `control`, `candidate`, or `other1` to `other5`. xs, ys: points; lows, highs: a band around."""

    name: str
    role: str
    xs: Sequence[float]
    ys: Sequence[float]
    lows: Sequence[float] = ()
    highs: Sequence[float] = ()


@dataclass(frozen=True)
class Chart:
    """limits: heights of level lines, with a text each. marks: places of upright lines, with a text each.

    doubling: equal steps along x are equal factors.
    """

    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    limits: tuple[tuple[float, str], ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    doubling: bool = False

    def drawn(self) -> Drawing:
        """Everything at its place."""
        xs = [x for curve in self.curves for x in curve.xs] + [x for x, _ in self.marks]
        ys = [y for curve in self.curves for part in (curve.ys, curve.lows, curve.highs) for y in part]
        across = Scale.over(xs, LEFT, WIDTH - RIGHT, factors=self.doubling)
        up = Scale.over([*ys, *(y for y, _ in self.limits)], HEIGHT - BOTTOM, TOP, room=0.06)
        return Drawing(
            bands=[(curve.role, _band(curve, across, up)) for curve in self.curves if curve.lows],
            lines=[(curve.role, _line(curve, across, up)) for curve in self.curves if curve.xs],
            across=[(across.at(x), f"{x:.6g}") for x in across.ticks()],
            up=[(up.at(y), f"{y:.6g}") for y in up.ticks()],
            limits=[(up.at(y), text) for y, text in self.limits],
            marks=[(across.at(x), _shortly(text)) for x, text in self.marks],
        )


class Drawing(NamedTuple):
    """Paths by role, and texts by their place in pixels."""

    bands: list[tuple[str, str]]
    lines: list[tuple[str, str]]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    limits: list[tuple[float, str]]
    marks: list[tuple[float, str]]


@dataclass(frozen=True)
class Scale:
    """From values low..high to pixels start..end."""

    low: float
    high: float
    start: float
    end: float
    factors: bool = False

    @classmethod
    def over(
        cls, values: Sequence[float], start: float, end: float, *, room: float = 0.0, factors: bool = False
    ) -> Scale:
        """The scale that holds all values; `room` of their range is left free on either side."""
        low, high = min(values, default=0.0), max(values, default=1.0)
        if low == high:
            low, high = low - (abs(low) or 1.0) / 20, high + (abs(high) or 1.0) / 20
        free = room * (high - low)
        return cls(low - free, high + free, start, end, factors and low > 0)

    def at(self, value: float) -> float:
        """The pixel of a value, to a tenth."""
        turn = math.log if self.factors else float
        share = (turn(value) - turn(self.low)) / (turn(self.high) - turn(self.low))
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, most: int = 6) -> list[float]:
        """Round values within the scale."""
        if self.factors:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            return [
                value
                for power in powers
                for digit in (1, 2, 5)
                if self.low <= (value := digit * 10.0**power) <= self.high
            ]
        coarse = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(coarse))
        step = next(nice * power for nice in NICE if nice * power >= coarse * 0.999)
        first = math.ceil(self.low / step)
        return [number * step for number in range(first, math.floor(self.high / step) + 1)]


def _shortly(text: str) -> str:
    """Of a mark, what fits beside its line; the table has all of it."""
    return text if len(text) <= MOST_SIGNS else f"{text[: MOST_SIGNS - 3]}..."


def _line(curve: Curve, across: Scale, up: Scale) -> str:
    points = [f"{across.at(x):g} {up.at(y):g}" for x, y in zip(curve.xs, curve.ys, strict=True)]
    return f"M{'L'.join(points)}h0"  # h0: one point alone is drawn as a dot


def _band(curve: Curve, across: Scale, up: Scale) -> str:
    there = [f"{across.at(x):g} {up.at(y):g}" for x, y in zip(curve.xs, curve.highs, strict=True)]
    back = [f"{across.at(x):g} {up.at(y):g}" for x, y in zip(curve.xs, curve.lows, strict=True)]
    return f"M{'L'.join([*there, *reversed(back)])}z"
