"""Do a worker's outputs tell a computed answer from a stored one? By sketches of them, and of eager's next to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jitgate.statistics.following import following, variation

if TYPE_CHECKING:
    from jitgate.pool.output_sample import Array, Sketch

LEAST_FOLLOWING = 0.5
"""Slope below which an output follows its inputs no more than half: a right one has 1."""

LEAST_VARIATION = 0.25
"""Times the tolerance: where right outputs vary less, rounding may hide all of it."""

Sketches = Sequence[tuple["Sketch", "Sketch"]]
"""Of calls with other inputs each: the worker's output, and eager's."""


def stale(sketches: Sketches, tolerance: float, *, exact: bool) -> str:
    """Why the outputs were not made of the inputs; "" where they were, or where that can't be told."""
    pairs = _alike(sketches)
    slope = _slope(pairs, tolerance, exact=exact)
    if slope is None or slope >= LEAST_FOLLOWING:
        return ""
    first = pairs[0][0]
    same = all((one.numbers == first.numbers).all() and (one.choices == first.choices).all() for one, _ in pairs)
    what = "the same in every timed call that was looked at (a stored answer)" if same else "not made of its inputs"
    return f"its output is {what}: in {len(pairs)} timed calls with other inputs each, eager's follows them"


def follows(sketches: Sketches, tolerance: float, *, exact: bool) -> bool:
    """Whether the outputs were seen to be made of the inputs."""
    slope = _slope(_alike(sketches), tolerance, exact=exact)
    return slope is not None and slope >= LEAST_FOLLOWING


def _alike(sketches: Sketches) -> Sketches:
    """Those of the most common size."""
    sizes = Counter(right.sizes for _, right in sketches)
    common = sizes.most_common(1)[0][0] if sizes else (0, 0)
    return [(one, right) for one, right in sketches if right.sizes == one.sizes == common and any(common)]


def varies(sketches: Sketches, tolerance: float, *, exact: bool) -> bool:
    """Whether eager's outputs vary more than rounding may hide."""
    return _varying(_alike(sketches), tolerance, exact=exact) is not None


def _slope(pairs: Sketches, tolerance: float, *, exact: bool) -> float | None:
    """See `following`; None where eager's outputs vary too little for it."""
    part = _varying(pairs, tolerance, exact=exact)
    return None if part is None else following([one for one, _ in part], [other for _, other in part])


def _varying(pairs: Sketches, tolerance: float, *, exact: bool) -> list[tuple[Array, Array]] | None:
    """The part of the outputs in which eager's vary enough; None where neither does.

    Their numbers where these vary: one choice between two equals that falls out otherwise (an index of up to some
    thousands) would outweigh them all.
    """
    least = tolerance / 10 if exact else LEAST_VARIATION * tolerance
    numbers = [(one.numbers, other.numbers) for one, other in pairs]
    choices = [(one.choices, other.choices) for one, other in pairs]
    return next((part for part in (numbers, choices) if part and variation([each for _, each in part]) >= least), None)
